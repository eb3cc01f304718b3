"""The timeline as a PNG."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from emovere.errors import OutputError
from emovere.labels import FER7, FERPLUS8
from emovere.report import timeline_picture
from emovere.report.colours import COLOURS, rgb
from emovere.report.timeline_data import TimelineData
from emovere.report.timeline_picture import DPI, HEAD, LEFT, MARKS, RIGHT, TITLE, WIDTH, draw_timeline
from emovere.types import Event, Expressions, Faces, FrameResult


def frame(time_s, people, source="a.mp4", labels=FER7):
    probs = np.zeros((len(people), len(labels)), np.float32)
    for row, emotion in zip(probs, people.values(), strict=True):
        row[labels.index(emotion)] = 1
    boxes, numbers = np.zeros((len(people), 4), np.float32), np.array(list(people), np.int64)
    faces = Faces(boxes, np.ones(len(people), np.float32), track_ids=numbers)
    return FrameResult(source, 0, time_s, (48, 64), faces, Expressions(labels, probs))


def drawn(data, path):
    draw_timeline(data, path)
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB")).astype(int)


def near(image, label):
    return (np.abs(image - np.array(rgb(COLOURS[label]))) < 12).all(axis=-1)


def column(image, share):
    """The pixels of the picture's column at that share of the time axis."""
    left, right = LEFT * DPI, (WIDTH - RIGHT) * DPI
    return image[:, round(left + share * (right - left))]


def test_each_time_has_the_colour_of_its_expression_and_white_where_the_face_was_away(tmp_path):
    data = TimelineData(FER7)
    for i in range(100):
        data.frame(frame(0.1 * i, {} if 40 <= i < 60 else {1: "happy" if i < 40 else "sad"}))
    data.event(Event("onset", "a.mp4", 6.5, 1, "sad", 0.6))
    data.event(Event("apex", "a.mp4", 7.0, 1, "sad", 0.9))
    data.event(Event("offset", "a.mp4", 8.0, 1, "sad", 0.3))
    data.event(Event("leave", "a.mp4", 4.0, 1))
    image = drawn(data, tmp_path / "a.png")
    lane_top = round((HEAD + TITLE + MARKS) * DPI)
    lane = slice(lane_top, lane_top + round(0.6 * DPI))
    assert near(column(image, 0.10)[lane], "happy").mean() > 0.95
    assert near(column(image, 0.97)[lane], "sad").mean() > 0.95
    assert (column(image, 0.50)[lane] > 250).mean() > 0.97
    marks = slice(round((HEAD + TITLE) * DPI), lane_top)
    assert near(column(image, 0.75)[marks], "sad").sum() > 4
    assert not near(column(image, 0.90)[marks], "sad").any()
    assert (column(image, 0.40)[lane] < 60).all(axis=-1).mean() > 0.9, "where the face leaves"


def test_recordings_and_people_add_height_and_nobody_is_told(tmp_path, monkeypatch):
    none = drawn(TimelineData(FER7), tmp_path / "none.png")
    assert (none < 100).any()
    heights = []
    for people in (1, 3, 12, 30):
        data = TimelineData(FERPLUS8)
        for i in range(20):
            data.frame(frame(0.1 * i, dict.fromkeys(range(people), "fear"), labels=FERPLUS8))
        heights.append(len(drawn(data, tmp_path / "a.png")))
    for i in range(20):
        data.frame(frame(0.1 * i, {1: "fear"}, source="other", labels=FERPLUS8))
    heights.append(len(drawn(data, tmp_path / "a.png")))
    lane = (heights[1] - heights[0]) / 2
    assert heights[2] - heights[0] == pytest.approx(11 * lane, abs=3)
    assert heights[4] - heights[3] > lane
    assert heights[3] - heights[2] < 0.5 * DPI, "more than twelve are a note"
    monkeypatch.setattr(timeline_picture, "MOST_LANES", 16)
    for n in range(12):
        data.frame(frame(0.0, {}, source=f"s{n}"))
        data.frame(frame(1.0, {1: "sad"}, source=f"s{n}", labels=FERPLUS8))
    assert len(drawn(data, tmp_path / "a.png")) < heights[-1] + 5.3 * DPI, "three more, and a note"
    assert [entry.name for entry in sorted(tmp_path.iterdir())] == ["a.png", "none.png"]


@pytest.mark.parametrize("name", ["$\\frac{1$.mp4", "<script>&\x00\udcff.mp4", "名前.mp4", "x" * 400, ""])
def test_odd_names_are_only_names(tmp_path, name):
    data = TimelineData(FER7)
    for i in range(20):
        data.frame(frame(0.1 * i, {1: "happy"}, source=name))
    drawn(data, tmp_path / "a.png")


def test_what_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        draw_timeline(TimelineData(FER7), tmp_path / "file" / "a.png")
