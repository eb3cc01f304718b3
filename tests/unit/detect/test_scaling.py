from __future__ import annotations

import numpy as np
import pytest

from emovere.config import DetectOptions
from emovere.detect.scaling import check_options, restore, shrink
from emovere.errors import ConfigError
from emovere.types import Frame


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((480, 640), (480, 640)),
        ((10, 20), (10, 20)),
        ((1280, 960), (640, 480)),
        ((1, 6400), (1, 640)),
        ((641, 1), (640, 1)),
    ],
)
def test_only_pictures_that_are_too_large_shrink(shape, expected):
    assert shrink(np.zeros((*shape, 3), np.uint8), 640).shape == (*expected, 3)


def test_shrinking_averages():
    stripes = np.zeros((1280, 1280, 3), np.uint8)
    stripes[:, ::2] = 200
    assert (shrink(stripes, 640) == 100).all()


def found(boxes, scores=None, landmarks=None, frame=(100, 200), seen=(50, 100)):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    return restore(
        Frame(np.zeros((*frame, 3), np.uint8)),
        np.zeros((*seen, 3), np.uint8),
        boxes,
        np.full(len(boxes), 0.5, np.float32) if scores is None else np.array(scores, np.float32),
        landmarks,
    )


def test_boxes_and_landmarks_come_back_in_the_frames_pixels():
    points = np.arange(10, dtype=np.float32).reshape(1, 5, 2)
    faces = found([[10, 5, 30, 25]], landmarks=points)
    np.testing.assert_array_equal(faces.boxes, [[20, 10, 60, 50]])
    np.testing.assert_array_equal(faces.landmarks, points * 2)


def test_sides_may_have_shrunk_by_different_factors():
    faces = found([[1, 1, 2, 2]], frame=(33, 100), seen=(10, 50))
    np.testing.assert_allclose(faces.boxes, [[2, 3.3, 4, 6.6]], rtol=1e-6)


def test_the_largest_comes_first_and_equal_ones_in_reading_order():
    boxes = [[60, 30, 70, 40], [0, 0, 5, 5], [40, 0, 50, 10], [10, 0, 20, 10], [0, 20, 25, 45]]
    faces = found(boxes, scores=[0.1, 0.2, 0.3, 0.4, 0.5])
    np.testing.assert_allclose(faces.scores, [0.5, 0.4, 0.3, 0.1, 0.2])


def test_boxes_are_cut_at_the_edge_and_those_outside_go():
    faces = found(
        [[-10, -10, 10, 10], [90, 40, 120, 70], [101, 0, 110, 10], [0, 50, 10, 60]], scores=[1.2, 0.5, 0.9, 1]
    )
    np.testing.assert_array_equal(faces.boxes, [[0, 0, 20, 20], [180, 80, 200, 100]])
    np.testing.assert_array_equal(faces.scores, np.float32([1, 0.5]))


def test_nothing_found_is_empty():
    faces = found([], landmarks=np.zeros((0, 5, 2), np.float32))
    assert len(faces) == 0
    assert faces.landmarks.shape == (0, 5, 2)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (DetectOptions(size=31), r"detect\.size: expected at least 32 pixels; got 31"),
        (DetectOptions(size=-640), r"got -640"),
        (DetectOptions(score=1.01), r"detect\.score: expected a number from 0 to 1; got 1\.01"),
        (DetectOptions(score=-0.1), r"detect\.score"),
        (DetectOptions(score=float("nan")), r"detect\.score"),
    ],
)
def test_options_that_cannot_work_are_refused(options, says):
    with pytest.raises(ConfigError, match=says):
        check_options(options)


def test_options_at_their_limits_are_accepted():
    for options in (DetectOptions(size=32, score=0), DetectOptions(score=1)):
        assert check_options(options) is options
