"""Surroundings: where they are cut, and how finds come back to the frame."""

from __future__ import annotations

import numpy as np
import pytest

from emovere.track.between import between
from emovere.track.regions import SIDE, cut_out, put_together, surroundings
from emovere.types import Faces, Frame

FRAME = Frame(np.zeros((480, 640, 3), np.uint8), 3, 0.1, "clip")


def found(box, score=0.9, landmarks=True) -> Faces:
    points = np.zeros((1, 5, 2), np.float32) if landmarks else None
    return Faces(np.array([box], np.float32), np.array([score], np.float32), points)


@pytest.mark.parametrize("box", [(0, 0, 50, 60), (600, 440, 640, 480), (300, 200, 420, 340), (-30, -30, 20, 20)])
def test_surroundings_lie_in_the_frame_and_hold_the_face(box):
    ((left, top, side),) = surroundings(FRAME, [np.array(box, np.float32)])
    assert 0 <= left <= 640 - side
    assert 0 <= top <= 480 - side
    assert side >= SIDE
    x1, y1, x2, y2 = np.clip(box, 0, [640, 480, 640, 480])
    assert left <= x1
    assert top <= y1
    assert x2 <= left + side
    assert y2 <= top + side


def test_a_frame_smaller_than_the_surroundings_is_taken_whole():
    small = Frame(np.zeros((100, 120, 3), np.uint8))
    ((left, top, side),) = surroundings(small, [np.array([10, 10, 40, 40], np.float32)])
    assert (top, side) == (0, 100)
    assert 0 <= left <= 20
    assert cut_out(small, (left, top, side)).size == (100, 100)


def test_finds_come_back_in_pixels_of_the_frame():
    square = (100, 60, 2 * SIDE)
    assert cut_out(FRAME, square).size == (SIDE, SIDE)
    faces = put_together(FRAME, [square], [found((20, 30, 60, 80))])
    np.testing.assert_allclose(faces.boxes, [[140, 120, 220, 220]])
    np.testing.assert_allclose(faces.landmarks[0, 0], [100, 60])


def test_a_face_in_two_surroundings_is_one_and_the_surer_find_counts():
    squares = [(100, 100, SIDE), (120, 100, SIDE)]
    faces = put_together(FRAME, squares, [found((40, 40, 90, 90), 0.8), found((21, 40, 71, 90), 0.95)])
    assert faces.scores.tolist() == pytest.approx([0.95])


def test_a_face_cut_in_two_by_the_surroundings_is_left_out_but_not_at_the_frames_edge():
    inside = put_together(FRAME, [(100, 100, SIDE)], [found((0, 40, 50, 90))])
    assert len(inside) == 0
    at_the_edge = put_together(FRAME, [(0, 100, SIDE)], [found((0, 40, 50, 90))])
    assert len(at_the_edge) == 1


def test_nothing_found_is_no_face():
    assert len(put_together(FRAME, [(0, 0, SIDE)], [Faces.empty()])) == 0
    assert len(put_together(FRAME, [], [])) == 0


def followed(numbers, shift=0.0, landmarks=True):
    n = len(numbers)
    boxes = np.array([[10 * k + shift, 0, 10 * k + 8 + shift, 8] for k in numbers], np.float32).reshape(n, 4)
    points = np.full((n, 5, 2), shift, np.float32) if landmarks else None
    faces = Faces(boxes, np.full(n, 0.9, np.float32), points, np.array(numbers, np.int64))
    return faces, np.full((n, 2), 0.5, np.float32)


def test_between_two_looks_only_those_whom_both_saw_and_in_proportion():
    faces, probs = between(followed([1, 2, 3], 0.0), followed([3, 1, 4], 8.0), 0.25)
    assert faces.track_ids.tolist() == [1, 3]
    np.testing.assert_allclose(faces.boxes[:, 0], [12, 32])
    np.testing.assert_allclose(faces.landmarks[0, 0], [2, 2])
    assert probs.shape == (2, 2)


@pytest.mark.parametrize("numbers", [([], []), ([1], []), ([], [2])])
def test_between_looks_that_share_nobody_there_is_nobody(numbers):
    faces, probs = between(followed(numbers[0]), followed(numbers[1]), 0.5)
    assert len(faces) == len(probs) == 0
    assert faces.track_ids is not None
