"""Progress: items pass unchanged; lines and bars go to stderr only."""

from __future__ import annotations

import io

import pytest

from emovere.cli import progress as module
from emovere.cli.progress import progress

ITEMS = [("a", 0.5), ("a", 1.0), ("b", 1.0), ("c", 1.0)]


def place(item: tuple[str, float]) -> tuple[str, float]:
    return item


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("quiet", [True, False])
def test_items_pass_unchanged(terminal, quiet, monkeypatch, capsys):
    err = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr("sys.stderr", err)
    assert list(progress(ITEMS, 3, place, noun="photo", quiet=quiet)) == ITEMS
    assert capsys.readouterr().out == ""
    assert bool(err.getvalue()) == (terminal and not quiet)


def test_the_bar_of_one_video_tells_its_share(monkeypatch):
    err = Terminal()
    monkeypatch.setattr("sys.stderr", err)
    for item in progress(ITEMS[:2], 1, place, noun="video", quiet=False):
        assert item in ITEMS
    assert "video" in err.getvalue()
    assert "100%" in err.getvalue()


def test_plain_lines_tell_the_time_left(monkeypatch, capsys):
    clock = iter(range(0, 1000, 60))
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    list(progress(ITEMS, 4, place, noun="photo", quiet=False))
    assert capsys.readouterr().err.splitlines() == [
        "emovere: 0.5 of 4 photos, 7 min left",
        "emovere: 1.0 of 4 photos, 6 min left",
        "emovere: 2.0 of 4 photos, 3 min left",
        "emovere: 3.0 of 4 photos, 1 min left",
    ]
