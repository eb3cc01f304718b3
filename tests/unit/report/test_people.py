"""What a person reads of a moving picture."""

from __future__ import annotations

import dataclasses
import io

from emovere.report.base import open_writer
from emovere.report.people import clock, event_line
from emovere.types import Event


def test_events_come_at_once_and_people_at_the_end(header, seen):
    file = io.StringIO()
    with open_writer("table", file, header) as writer:
        first = seen("clip.mp4", 1, time_s=0.0, tracked=True)
        writer.frame(dataclasses.replace(first, events=(Event("enter", "clip.mp4", 0.0, 7),)))
        assert file.getvalue() == "clip.mp4  0:00.00  #7  comes\n"
        writer.frame(seen("clip.mp4", 2, index=1, time_s=61.5, tracked=True))
        writer.frame(seen("photo.jpg", 1))
    assert file.getvalue().splitlines()[1:4] == [
        "clip.mp4  #7  0:00.00 to 1:01.50, mean: happy 93 %, neutral 5 %, surprise 1 %",
        "clip.mp4  #8  1:01.50 to 1:01.50, mean: sad 48 %, neutral 41 %, fear 5 %",
        "clip.mp4  2 frames, 61.5 s, 2 faces followed",
    ]
    assert file.getvalue().splitlines()[4].startswith("photo.jpg  1  happy")


def test_a_clip_without_a_face_says_so(header, seen):
    file = io.StringIO()
    with open_writer("table", file, header) as writer:
        for index in range(3):
            writer.frame(seen("empty.mp4", 0, index=index, time_s=index / 10, tracked=True))
    assert file.getvalue() == "empty.mp4  3 frames, 0.2 s, no face followed\n"


def test_events_in_words():
    told = [
        Event("onset", "a", 1.234, 1, "happy", 0.6),
        Event("apex", "a", 2.0, 1, "happy", 0.914),
        Event("offset", "a", 3.0, 1, "happy", 0.3),
        Event("leave", "a", 3725.5, 12),
    ]
    assert [event_line(event) for event in told] == [
        "0:01.23  #1  happy begins",
        "0:02.00  #1  happy is strongest, 91 %",
        "0:03.00  #1  happy ends",
        "1:02:05.50  #12  goes",
    ]


def test_the_clock_carries():
    assert [clock(s) for s in (0, 59.999, 60, 3599.996, 3600.01)] == [
        "0:00.00", "1:00.00", "1:00.00", "1:00:00.00", "1:00:00.01",
    ]  # fmt: skip
