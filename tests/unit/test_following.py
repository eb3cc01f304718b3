"""Looks, what is filled in between, and going on after an interruption; with a made-up detector."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from emovere.classify.classifier import load_model
from emovere.config import TrackOptions
from emovere.following import AT_ONCE, Follower, follow
from emovere.types import Faces, Frame, ModelInfo, frame_to_dict


class Squares:
    """A detector for tests: every bright square is a face; counts what it is shown."""

    box_in_crop = (4.0, 0.0, 44.0, 48.0)
    info = ModelInfo("squares")

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        return [self._one(frame) for frame in frames]

    def _one(self, frame: Frame) -> Faces:
        self.sizes.append(frame.size)
        bright = frame.image[..., 0] > 100
        boxes = []
        columns = np.flatnonzero(bright.any(axis=0))
        for part in np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1):
            if len(part):
                rows = np.flatnonzero(bright[:, part].any(axis=1))
                boxes.append((part[0], rows[0], part[-1] + 1, rows[-1] + 1))
        return Faces(np.array(boxes, np.float32).reshape(-1, 4), np.full(len(boxes), 0.95, np.float32))


def clip(frames: int, rate: float, faces: int = 1) -> Iterator[Frame]:
    rng = np.random.default_rng(0)
    textures = rng.integers(110, 250, (5, 40, 40, 1), dtype=np.uint8).repeat(3, axis=3)
    for index in range(frames):
        image = np.zeros((240, 640, 3), np.uint8)
        for k in range(faces):
            x, y = 20 + 120 * k + round(40 * index / rate), 80
            image[y : y + 40, x : x + 40] = textures[k]
        yield Frame(image, index, index / rate, "clip")


@pytest.fixture(scope="module")
def classifier():
    return load_model("light")


def follower_of(classifier, **options) -> Follower:
    return Follower(Squares(), classifier, TrackOptions(**options))


@pytest.mark.parametrize("faces", [0, 1, 5])
def test_every_frame_comes_once_in_order_with_the_same_numbers(classifier, faces):
    looks = list(follow(follower_of(classifier), clip(40, 30, faces), 0.1))
    assert [look.result.index for look in looks] == list(range(40))
    assert {tuple(look.result.faces.track_ids.tolist()) for look in looks} == {tuple(range(1, faces + 1))}
    events = [event.kind for look in looks for event in look.result.events]
    assert events.count("enter") == faces
    assert "leave" not in events


def test_frames_between_looks_lie_where_the_face_is(classifier):
    looks = list(follow(follower_of(classifier), clip(40, 30), 0.1))
    for look in looks:
        left = 20 + round(40 * look.result.index / 30)
        np.testing.assert_allclose(look.result.faces.boxes[0, 0], left, atol=1.1)
        np.testing.assert_allclose(look.result.expressions.probs.sum(axis=1), 1, atol=1e-4)


def test_between_looks_round_only_the_surroundings_are_searched(classifier):
    follower = follower_of(classifier, look_round=0.3)
    for frame in clip(31, 30):
        follower.look(frame)
    sizes = follower._detector.sizes
    assert sizes.count((240, 640)) == 4
    assert max(height for height, _ in sizes if height != 240) <= 160


def test_a_detector_that_needs_whole_frames_gets_them(classifier):
    follower = follower_of(classifier)
    follower._detector.whole_frames_only = True
    follower = Follower(follower._detector, classifier, TrackOptions())
    for frame in clip(10, 30):
        follower.look(frame)
    assert set(follower._detector.sizes) == {(240, 640)}


def test_a_face_that_leaves_is_told_and_a_new_one_is_found_within_the_look_round(classifier):
    def scene():
        for frame in clip(78, 30, 2):
            if frame.index >= 30:
                frame.image[:, :165] = 0
            if frame.index < 10:
                frame.image[:, 125:] = 0
            yield frame

    looks = list(follow(follower_of(classifier), scene(), 0.1))
    second = next(look.result.time_s for look in looks if 2 in look.result.faces.track_ids)
    assert 10 / 30 <= second <= 10 / 30 + 0.51
    events = [(e.kind, e.track_id, round(e.time_s, 1)) for look in looks for e in look.result.events]
    assert [event for event in events if event[0] == "leave"] == [("leave", 1, 0.9)]


def test_the_frame_rate_changes_neither_numbers_nor_the_mix(classifier):
    ends = []
    for rate in (10, 30, 60):
        looks = list(follow(follower_of(classifier), clip(2 * rate + 1, rate), 0.1))
        ends.append(looks[-1].result.expressions.probs[0])
    np.testing.assert_allclose(ends[0], ends[1], atol=0.02)
    np.testing.assert_allclose(ends[0], ends[2], atol=0.02)


def test_going_on_after_a_look_gives_what_one_run_gives(classifier):
    whole = [frame_to_dict(look.result) for look in follow(follower_of(classifier), clip(50, 30, 2), 0.1)]
    first = follower_of(classifier)
    looks = follow(first, clip(50, 30, 2), 0.1)
    kept = []
    for look in looks:
        kept.append(frame_to_dict(look.result))
        if look.result.index >= 20 and first.looked_at(look.frame):
            break
    second = follower_of(classifier)
    second.restore(json.loads(json.dumps(first.state())))
    rest = (frame for frame in clip(50, 30, 2) if frame.index > look.result.index)
    kept += [frame_to_dict(after.result) for after in follow(second, rest, 0.1, look)]
    assert kept == whole


def test_a_very_high_frame_rate_does_not_pile_up_frames(classifier):
    alive = []
    for look in follow(follower_of(classifier), clip(100, 1000), 0.1):
        alive.append(look.result.index)
        if len(alive) == 3:
            break
    assert alive == [0, 1, 2]


def test_a_size_that_changes_is_looked_at_anew(classifier):
    def scene():
        for frame in clip(20, 30):
            yield frame if frame.index < 10 else Frame(frame.image[:, :320].copy(), frame.index, frame.time_s, "clip")

    looks = list(follow(follower_of(classifier), scene(), 0.1))
    assert [look.result.size for look in looks] == [(240, 640)] * 10 + [(240, 320)] * 10
    assert {tuple(look.result.faces.track_ids.tolist()) for look in looks} == {(1,)}


def test_faces_of_several_looks_are_read_together_and_come_out_as_one_by_one(classifier, monkeypatch):
    sizes = []
    read = type(classifier).read
    monkeypatch.setattr(type(classifier), "read", lambda self, faces: sizes.append(len(faces)) or read(self, faces))
    together = [look.result for look in follow(follower_of(classifier), clip(40, 10, 2), 0.1)]
    assert max(sizes) == 2 * AT_ONCE
    assert sum(sizes) == 2 * 40
    one_by_one = follower_of(classifier)
    for look, result in zip(map(one_by_one.look, clip(40, 10, 2)), together, strict=True):
        np.testing.assert_allclose(look.result.expressions.probs, result.expressions.probs, atol=1e-5)
        np.testing.assert_array_equal(look.result.faces.boxes, result.faces.boxes)


def test_large_frames_are_not_held_back(classifier, monkeypatch):
    monkeypatch.setattr("emovere.following.MOST_PIXELS", 4 * 240 * 640)
    ahead, most = 0, 0

    def counted():
        nonlocal ahead, most
        for frame in clip(60, 60):
            ahead += 1
            most = max(most, ahead)
            yield frame

    for _ in follow(follower_of(classifier), counted(), 0.1):
        ahead -= 1
    assert most <= 4 + 7 + 1  # the pixels allowed, frames up to the next look, one to know the last by


def test_nothing_in_is_nothing_out(classifier):
    assert list(follow(follower_of(classifier), iter(()), 0.1)) == []
