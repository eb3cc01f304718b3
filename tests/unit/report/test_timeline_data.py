"""What a timeline is drawn from."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import pytest

from emovere.labels import FER7, FERPLUS8
from emovere.report import timeline_data
from emovere.report.timeline_data import TimelineData, episodes
from emovere.report.timeline_shape import coarser, edged, names_inside
from emovere.report.timeline_words import axis_time, duration, mix, notes, shown, summary, ticks
from emovere.types import Event, Expressions, Faces, FrameResult


def frame(time_s, people, source="a.mp4", labels=FER7):
    """people: number -> name of the likeliest expression."""
    probs = np.full((len(people), len(labels)), 0.3 / (len(labels) - 1), np.float32)
    for row, emotion in zip(probs, people.values(), strict=True):
        row[labels.index(emotion)] = 0.7
    faces = Faces(
        np.zeros((len(people), 4), np.float32),
        np.ones(len(people), np.float32),
        track_ids=np.array(list(people), np.int64),
    )
    return FrameResult(source, 0, time_s, (48, 64), faces, Expressions(labels, probs))


def gathered(frames, labels=FER7):
    data = TimelineData(labels)
    for one in frames:
        data.frame(one)
    return data


def test_probabilities_are_averaged_over_steps():
    data = gathered([frame(0.02 * i, {1: "happy" if i % 2 else "sad"}) for i in range(100)])
    (recording,) = data.recordings()
    (lane,) = recording.lanes
    (piece,) = lane.pieces
    assert len(piece.times) == 20
    assert piece.probs.shape == (20, 7)
    assert piece.probs.sum(axis=1) == pytest.approx(1)
    assert 0.28 < piece.probs[:, FER7.index("happy")].min() < 0.46
    assert lane.mean[FER7.index("happy")] == pytest.approx((0.7 + 0.05) / 2, abs=0.01)
    assert lane.seen_s == pytest.approx(1.98)
    assert (recording.begin_s, recording.end_s) == (0, pytest.approx(2.0))


def test_time_without_the_face_is_a_gap_and_a_blink_is_none():
    data = gathered(frame(0.04 * i, {} if 50 <= i < 100 or i == 20 else {1: "happy"}) for i in range(200))
    (lane,) = data.recordings()[0].lanes
    first, second = lane.pieces
    assert (first.begin_s, first.end_s) == (pytest.approx(0, abs=0.05), pytest.approx(1.98, abs=0.06))
    assert (second.begin_s, second.end_s) == (pytest.approx(4.0, abs=0.06), pytest.approx(8.0, abs=0.06))
    assert lane.seen_s == pytest.approx(149 * 0.04, abs=0.05)


@pytest.mark.parametrize("every", [0.04, 0.5, 5.0])
def test_frames_that_are_far_apart_leave_no_holes(every):
    data = gathered(frame(every * i, {1: "happy"}) for i in range(40))
    (lane,) = data.recordings()[0].lanes
    assert len(lane.pieces) == 1
    assert lane.seen_s == pytest.approx(39 * every)


def test_a_long_recording_takes_no_more_memory_and_means_the_same():
    data = TimelineData(FER7)
    for i in range(40_000):
        data.frame(frame(0.5 * i, {1: "happy" if i < 20_000 else "sad", 2 + i // 100: "fear"}))
    source = data._sources["a.mp4"]
    assert source._step == pytest.approx(0.1 * 2**7)
    assert sum(len(track.sums) for track in source._tracks.values()) < 3 * timeline_data.MOST_STEPS
    (recording,) = data.recordings()
    piece = next(lane for lane in recording.lanes if lane.track_id == 1).pieces[0]
    assert len(piece.times) <= timeline_data.MOST_STEPS
    means = [np.interp(at, piece.times, piece.probs[:, FER7.index("happy")]) for at in (9_900, 10_100)]
    assert means == pytest.approx([0.7, 0.05], abs=0.01)
    assert len(recording.lanes) == 12
    assert recording.further == 1 + 400 - 12
    assert len(coarser(recording.lanes[0], 300)[0].times) <= 300


def test_passers_by_are_counted_but_not_kept():
    data = TimelineData(FER7)
    for i in range(6000):
        data.frame(frame(0.1 * i, {1: "happy", 2 + i // 2: "sad"}))
    source = data._sources["a.mp4"]
    assert len(source._tracks) <= timeline_data.MOST_PEOPLE + 1
    (recording,) = data.recordings()
    assert [lane.track_id for lane in recording.lanes] == [1]
    assert recording.brief == 3000
    assert notes(recording, 0.5) == ["3000 more faces seen for less than 0.5 s"]


def test_events_are_bounded_too():
    data = gathered([frame(0.0, {1: "sad"}), frame(1.0, {1: "sad"})])
    for i in range(timeline_data.MOST_EVENTS + 3):
        data.event(Event("apex", "a.mp4", i / 1e4, 1, "sad", 0.5))
    (recording,) = data.recordings()
    assert recording.unmarked == 3
    assert notes(recording, 0.5) == ["3 later events not marked"]
    assert sys.getsizeof(data._sources["a.mp4"]._events) < 50_000


def test_photos_and_faces_that_are_not_followed_add_nothing():
    data = gathered([dataclasses.replace(frame(0.0, {1: "happy"}), time_s=None)])
    assert data.recordings() == ()
    plain = frame(0.0, {1: "happy"})
    data.frame(dataclasses.replace(plain, faces=Faces(plain.faces.boxes, plain.faces.scores)))
    (recording,) = data.recordings()
    assert recording.lanes == ()


def test_recordings_stay_apart_and_a_single_frame_has_its_lane():
    data = gathered([frame(0.0, {1: "happy"}), frame(3.0, {1: "sad"}, source="b.mp4"), frame(0.1, {1: "happy"})])
    first, second = data.recordings()
    assert (first.name, second.name) == ("a.mp4", "b.mp4")
    assert [lane.track_id for lane in second.lanes] == [1]
    assert second.lanes[0].pieces[0].begin_s == 3.0


def test_an_expression_lasts_from_onset_to_offset():
    def event(kind, time_s, emotion="happy", value=None):
        return Event(kind, "a", time_s, 1, emotion, value)

    found = episodes(
        [
            Event("enter", "a", 0.0, 1),
            event("onset", 1.0),
            event("apex", 2.0, value=0.9),
            event("onset", 2.5, "surprise"),
            event("offset", 3.0),
            event("offset", 3.5, "surprise"),
            event("onset", 5.0),
        ],
        6.0,
    )
    assert [(e.emotion, e.begin_s, e.end_s, e.apex_s, e.value, e.level) for e in found] == [
        ("happy", 1.0, 3.0, 2.0, 0.9, 0),
        ("surprise", 2.5, 3.5, None, None, 1),
        ("happy", 5.0, 6.0, None, None, 0),
    ]
    assert episodes([event("offset", 2.0)], 9.0)[0].begin_s == 2.0
    assert episodes([], 1.0) == ()


def test_the_stack_has_neutral_on_top():
    names = [FERPLUS8[k] for k in TimelineData(FERPLUS8).order]
    assert names[0] == "happy"
    assert names[-1] == "neutral"
    assert sorted(names) == sorted(FERPLUS8)
    assert TimelineData(("neutral", "bored", "sad")).order == (2, 1, 0)


def test_names_stand_inside_their_own_area():
    data = gathered(frame(0.1 * i, {1: "sad" if i < 60 else "happy"}) for i in range(100))
    (lane,) = data.recordings()[0].lanes
    (piece,) = lane.pieces
    times, shares = edged(piece)
    assert times[0] == piece.begin_s
    assert times[-1] == piece.end_s
    for at, height, label in names_inside(piece, data, 10.0):
        order = [data.labels[k] for k in data.order]
        row = shares[np.abs(times - at).argmin()][list(data.order)]
        place = order.index(label)
        assert row[:place].sum() < height < row[: place + 1].sum()
    assert {label for _, _, label in names_inside(piece, data, 10.0)} == {"sad", "happy"}
    assert not list(names_inside(piece, data, 1000.0)), "no room for a word"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (59.6, "1:00"), (61, "1:01"), (3600, "1:00:00"), (3661.2, "1:01:01"), (-5, "-0:05"), (-0.2, "0:00")],
)
def test_times_on_the_axis(seconds, text):
    assert axis_time(seconds) == text


def test_ticks_are_round_and_few():
    assert ticks(0, 5.2) == [(n, f"0:0{n}") for n in range(6)]
    assert [text for _, text in ticks(0, 1.1)] == ["0:00.0", "0:00.2", "0:00.4", "0:00.6", "0:00.8", "0:01.0"]
    for length in (0, 1e-3, 0.3, 7, 100, 5000, 90_000, 4e6):
        marks = ticks(10.0, 10.0 + length)
        assert len(marks) <= 10
        assert all(10.0 - 1e-6 <= at <= 10.0 + max(length, 1e-3) for at, _ in marks)


def test_words():
    data = gathered(frame(0.1 * i, {4: "happy"}) for i in range(21))
    (lane,) = data.recordings()[0].lanes
    assert summary(lane, FER7) == "#4, seen for 2.0 s: happy 70 %, angry 5 %, disgust 5 %"
    assert mix(np.array([1.0, 0, 0], np.float32), ("a", "b", "c")) == "a 100 %"
    assert (duration(5.06), duration(59.97), duration(3700)) == ("5.1 s", "1:00", "1:01:40")
    assert shown("a\nb\x00\udcff\u202e") == "a\N{REPLACEMENT CHARACTER}b" + "\N{REPLACEMENT CHARACTER}" * 3
    assert len(shown("x" * 500)) == 90
