"""Progress: items pass unchanged; lines and bars go to stderr only."""

from __future__ import annotations

import io

import pytest

from emovere.cli import progress as module
from emovere.cli.progress import progress

ITEMS = [("a", 0), ("a", 1), ("b", 0), ("c", 0)]


def source(item: tuple[str, int]) -> str:
    return item[0]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("quiet", [True, False])
def test_items_pass_unchanged(terminal, quiet, monkeypatch, capsys):
    err = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr("sys.stderr", err)
    assert list(progress(ITEMS, 3, source, quiet=quiet)) == ITEMS
    assert capsys.readouterr().out == ""
    assert bool(err.getvalue()) == (terminal and not quiet)


def test_one_photo_needs_no_bar(monkeypatch):
    monkeypatch.setattr("sys.stderr", Terminal())
    assert list(progress(ITEMS[:2], 1, source, quiet=False)) == ITEMS[:2]


def test_plain_lines_tell_the_time_left(monkeypatch, capsys):
    clock = iter(range(0, 1000, 60))
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    list(progress(ITEMS, 4, source, quiet=False))
    assert capsys.readouterr().err.splitlines() == [
        "emovere: 1 of 4 photos, 3 min left",
        "emovere: 1 of 4 photos, 6 min left",
        "emovere: 2 of 4 photos, 3 min left",
        "emovere: 3 of 4 photos, 1 min left",
    ]
