"""What a person reads in a terminal."""

from __future__ import annotations

import dataclasses
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emovere.report.base import open_writer
from emovere.report.cells import bar, padded, printable, shortened, width
from emovere.report.words import percent
from emovere.types import Problem

BROKEN = Problem("broken.jpg", "UnreadableImage", "broken.jpg: the file is empty")


class Terminal(io.StringIO):
    def isatty(self):
        return True


class AsciiFile(io.StringIO):
    encoding = "ascii"


def shown(header, *items, file=None):
    file = file or io.StringIO()
    with open_writer("table", file, header) as writer:
        for item in items:
            writer.problem(item) if isinstance(item, Problem) else writer.frame(item)
    return file.getvalue()


def test_one_photo_is_one_line_a_face(header, seen):
    assert shown(header, seen("party.jpg", 2)) == (
        "party.jpg  1  happy     93 %  ███████▌  neutral    5 %  angry      1 %  60×80 at 10,20\n"
        "           2  sad       48 %  ███▉      neutral   41 %  fear       5 %  60×80 at 110,20         "
        "unsure: sad or neutral\n"
    )


def test_several_photos_end_in_a_summary(header, seen):
    text = shown(header, seen("a.jpg", 5), seen("写真/家族.png", 1), seen("empty.jpg", 0), BROKEN)
    lines = text.splitlines()
    assert [line[: line.index("  ")] for line in lines[5:8]] == ["写真/家族.png", "empty.jpg", "broken.jpg"]
    assert lines[6].endswith("  no face found")
    assert lines[7].endswith("  could not be read: the file is empty")
    assert lines[-1] == (
        "3 photos, 6 faces: 2 happy, 1 sad, 1 angry, 1 neutral, 1 surprise (1 unsure); 1 could not be read"
    )
    # columns stay aligned behind names of any script
    assert width(lines[5][: lines[5].index("1  happy")]) == lines[6].index("no face")


def test_nothing_at_all_is_an_empty_text(header):
    assert shown(header) == ""
    assert shown(header, BROKEN, BROKEN).splitlines()[-1] == "0 photos, 0 faces; 2 could not be read"


def test_as_many_labels_as_asked_for(header, seen):
    one = shown(dataclasses.replace(header, top_k=1), seen("a", 1))
    every = shown(dataclasses.replace(header, top_k=None), seen("a", 1))
    assert one.count("%") == 1
    assert every.count("%") == 7


def test_frames_of_a_moving_picture_carry_their_time(header, seen):
    text = shown(header, seen("clip.gif", 0, time_s=0.0), seen("clip.gif", 0, index=1, time_s=0.04))
    assert text.splitlines()[1].startswith("clip.gif 0.04 s  no face")
    assert text.splitlines()[-1].startswith("2 frames, 0 faces")
    assert "scan.tif page 2" in shown(header, seen("scan.tif", 0, index=1))


@pytest.mark.parametrize("columns", [60, 80, 100, 140, 200])
def test_a_line_fits_the_terminal(header, seen, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    name = "/home/anna/pictures/a/very/long/path/that/does/not/end/" * 2 + "last.jpg"
    text = shown(header, seen(name, 5), seen("写真" * 40, 2), file=Terminal())
    lines = text.splitlines()[:-1]
    least = 72 if columns == 60 else columns
    assert max(width(line) for line in lines) <= least
    assert "last.jpg" in lines[0]
    assert "unsure: sad or neutral" in lines[1]


def test_colour_is_for_terminals_that_want_it(header, seen, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert "\x1b" not in shown(header, seen("a", 1), file=Terminal())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in shown(header, seen("a", 1), file=Terminal())
    monkeypatch.setenv("TERM", "xterm")
    coloured = shown(header, seen("a", 2), file=Terminal())
    assert "\x1b[1m" in coloured
    assert "\x1b" not in shown(header, seen("a", 1))
    monkeypatch.setenv("NO_COLOR", "1")
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == shown(header, seen("a", 2), file=Terminal())


def test_on_a_terminal_stderr_tells_of_problems(header):
    assert shown(header, BROKEN, BROKEN, file=Terminal()) == "\n0 photos, 0 faces; 2 could not be read\n"


def test_plain_letters_where_no_others_can_be_shown(header, seen):
    assert shown(header, seen("x" * 99, 2), file=AsciiFile()).isascii()


def test_a_name_cannot_steer_the_terminal(header, seen):
    text = shown(header, seen("a\x1b[31m\nb\udce9\u202e.jpg", 0))
    assert text == "a\\x1b[31m\\nb\\udce9\\u202e.jpg  no face found\n"


@given(st.text(max_size=40), st.integers(1, 30))
def test_shortening_keeps_the_end_and_the_width(text, columns):
    text = printable(text)
    short = shortened(text, columns)
    assert width(short) <= max(columns, 1)
    assert text.endswith(short.removeprefix("…")) or short == text
    assert width(padded(short, 40)) == 40


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (0.001, "<1 %"), (0.014, "1 %"), (0.5, "50 %"), (0.994, "99 %"), (0.999, ">99 %"), (1.0, "100 %")],
)
def test_percents_claim_no_more_than_they_know(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(("share", "text"), [(0, ""), (0.001, "▏"), (0.5, "██"), (0.53125, "██▏"), (1, "████")])
def test_bars_are_exact_to_an_eighth(share, text):
    assert bar(share, 4) == text
