"""Who is who, on made-up looks with known truth."""

from __future__ import annotations

import json

import numpy as np
import pytest

from emovere.config import TrackOptions
from emovere.track.tracker import Tracker
from emovere.types import Faces

RNG = np.random.default_rng(3)
ANNA, BERT = np.linalg.qr(RNG.normal(size=(32, 2)))[0].T.astype(np.float32)


def faces(*middles: tuple[float, float], side: float = 60, score: float = 0.95) -> Faces:
    boxes = np.array([(x - side / 2, y - side / 2, x + side / 2, y + side / 2) for x, y in middles], np.float32)
    return Faces(boxes.reshape(-1, 4), np.full(len(middles), score, np.float32))


def looks(*rows: np.ndarray) -> np.ndarray:
    return np.array(rows, np.float32).reshape(len(rows), 32)


def run(tracker: Tracker, scene, rate: float, seconds: float) -> list[list[int]]:
    """scene: second -> [(middle, appearance)] of those who can be seen."""
    out = []
    for k in range(int(seconds * rate)):
        there = scene(k / rate)
        found = faces(*(middle for middle, _ in there))
        out.append(tracker.update(k / rate, found, looks(*(row for _, row in there))).numbers.tolist())
    return out


def crossing(t: float):
    anna, bert = (100 + 100 * t, 200.0), (500 - 100 * t, 205.0)
    if abs(anna[0] - bert[0]) < 40:
        return [(bert, BERT)]  # he stands before her
    return [(anna, ANNA), (bert, BERT)]


@pytest.mark.parametrize("rate", [5, 12, 25, 60])
def test_numbers_survive_a_crossing_at_any_frame_rate(rate):
    numbers = run(Tracker(TrackOptions()), crossing, rate, 4)
    assert numbers[0] == [1, 2]
    assert numbers[-1] == [1, 2]
    assert {tuple(row) for row in numbers} == {(1, 2), (2,)}


@pytest.mark.parametrize("rate", [10, 30])
def test_somebody_who_was_hidden_keeps_the_number(rate):
    def scene(t: float):
        return [] if 1 < t < 2 else [((100 + 60 * t, 200.0), ANNA)]

    numbers = run(Tracker(TrackOptions()), scene, rate, 4)
    assert numbers[0] == numbers[-1] == [1]


def test_half_a_face_that_comes_out_again_waits_for_its_number():
    half = (0.3 * ANNA + 0.95 * BERT).astype(np.float32)

    def scene(t: float):
        middle = (100 + 60 * t, 200.0)
        return [] if 1 < t < 1.6 else [(middle, half / np.linalg.norm(half))] if t < 1.7 and t > 1 else [(middle, ANNA)]

    numbers = run(Tracker(TrackOptions()), scene, 25, 3)
    assert {number for row in numbers for number in row} <= {0, 1}
    assert numbers[-1] == [1]


def test_somebody_else_in_the_same_place_gets_another_number():
    def scene(t: float):
        return [((300.0, 200.0), ANNA)] if t < 1 else [] if t < 2 else [((300.0, 200.0), BERT)]

    numbers = run(Tracker(TrackOptions()), scene, 25, 4)
    assert numbers[0] == [1]
    assert numbers[-1] == [2]


def test_a_faint_face_counts_only_when_it_is_seen_for_a_while():
    tracker = Tracker(TrackOptions())
    told = [tracker.update(k / 20, faces((100, 100), score=0.75), looks(ANNA)) for k in range(8)]
    assert [int(one.numbers[0]) for one in told] == [0, 0, 0, 0, 0, 1, 1, 1]
    assert [one.entered for one in told if one.entered] == [((1, 0.0),)]


def test_a_flash_of_a_faint_face_never_counts():
    tracker = Tracker(TrackOptions())
    for second, score in ((0.0, 0.8), (0.05, 0.8)):
        tracker.update(second, faces((100, 100), score=score), looks(ANNA))
    gone = [tracker.update(0.1 * k, faces(), looks()) for k in range(1, 40)]
    assert not any(one.left or one.entered for one in gone)
    assert tracker.tracks == []


@pytest.mark.parametrize("pause", [1.0, 5.0])
def test_looks_that_are_far_apart_keep_the_numbers_and_miss_one_look(pause):
    tracker = Tracker(TrackOptions())
    scores = [0.95, 0.75]
    told = []
    for k in range(8):
        found = faces((100 + k, 100), (400, 100 + k)) if k != 4 else faces()
        found = Faces(found.boxes, np.array(scores[: len(found)], np.float32))
        told.append(tracker.update(k * pause, found, looks(ANNA, BERT)[: len(found)]).numbers.tolist())
    assert told == [[1, 0], [1, 2], [1, 2], [1, 2], [], [1, 2], [1, 2], [1, 2]]


def test_who_is_forgotten_is_told_once_with_the_second_of_the_last_sight():
    tracker = Tracker(TrackOptions(memory=1.0))
    tracker.update(0.0, faces((100, 100)), looks(ANNA))
    tracker.update(0.5, faces((102, 100)), looks(ANNA))
    left = [tracker.update(0.5 + 0.1 * k, faces(), looks()).left for k in range(1, 20)]
    assert [one for one in left if one] == [((1, 0.5),)]
    assert int(tracker.update(3.0, faces((100, 100)), looks(ANNA)).numbers[0]) == 2


def test_five_faces_at_once_keep_their_numbers():
    people = np.linalg.qr(RNG.normal(size=(32, 5)))[0].T.astype(np.float32)

    def scene(t: float):
        return [((120.0 * k + 60 + 20 * np.sin(3 * t + k), 200.0), people[k]) for k in range(5)]

    numbers = run(Tracker(TrackOptions()), scene, 10, 3)
    assert {tuple(row) for row in numbers} == {(1, 2, 3, 4, 5)}


def test_what_is_known_goes_through_json_and_on():
    whole, first = Tracker(TrackOptions()), Tracker(TrackOptions())
    expected = run(whole, crossing, 12, 4)
    run(first, crossing, 12, 2)
    second = Tracker(TrackOptions())
    second.restore(json.loads(json.dumps(first.state())))
    for k in range(24, 48):
        there = crossing(k / 12)
        found = faces(*(middle for middle, _ in there))
        numbers = second.update(k / 12, found, looks(*(row for _, row in there))).numbers.tolist()
        assert numbers == expected[k]
