"""How far a collection is: plain lines where no terminal is."""

from __future__ import annotations

import time

import pytest

from emovere.cli.data.collect_progress import collect_progress
from emovere.datasets.collect.work import Standing


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize(
    ("minutes", "share", "left"),
    [
        (0, 0.25, ", 2 min left"),  # a quarter in 40 s
        (0, 0.50, ", 40 s left"),
        (1, 0.25, ", 20 s left"),  # no longer than the budget lasts
        (0, 0.00, ""),
    ],
)
def test_a_line_now_and_then_with_the_time_left(clock, capsys, minutes, share, left):
    with collect_progress(minutes, quiet=False) as tell:
        tell(Standing(1, 0.2, 0.0))
        clock[0] += 10
        tell(Standing(2, 0.3, 0.0))
        clock[0] += 30
        tell(Standing(1234, 5.67, share))
    assert capsys.readouterr().err == f"emovere: 1,234 pictures, 5.7 MB{left}\n"


def test_quiet_says_nothing(clock, capsys):
    with collect_progress(0, quiet=True) as tell:
        clock[0] += 100
        tell(Standing(1, 0.2, 0.5))
    assert capsys.readouterr() == ("", "")
