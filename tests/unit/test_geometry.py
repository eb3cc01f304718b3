"""Affine maps against OpenCV's and numpy's own answers."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emovere.geometry import apply_affine, box_to_box, clip_boxes, invert_affine, iou_matrix, similarity


@given(st.floats(-3, 3), st.floats(0.1, 9), st.floats(-500, 500), st.floats(-500, 500))
def test_similarity_recovers_a_known_map(angle, scale, x, y):
    points = np.array([[10, 20], [40, 18], [25, 40], [14, 55], [38, 56]], np.float32)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    matrix = np.array([[cos, -sin, x], [sin, cos, y]], np.float32)
    found = similarity(points, apply_affine(matrix, points))
    np.testing.assert_allclose(apply_affine(found, points), apply_affine(matrix, points), atol=2e-2)


def test_similarity_agrees_with_opencv_on_noisy_points(rng):
    source = rng.uniform(0, 100, (5, 2)).astype(np.float32)
    target = (source * 0.4 + 7 + rng.normal(0, 0.01, (5, 2))).astype(np.float32)
    expected, _ = cv2.estimateAffinePartial2D(source, target, method=cv2.LMEDS, refineIters=100)
    np.testing.assert_allclose(similarity(source, target), expected, atol=0.05)


def test_similarity_of_one_point_repeated_only_shifts():
    points = np.full((5, 2), 3, np.float32)
    np.testing.assert_allclose(similarity(points, points + 4), [[1, 0, 4], [0, 1, 4]])


def test_box_to_box_carries_centre_and_size():
    matrix = box_to_box(np.array([100, 200, 140, 240], np.float32), np.array([4, 4, 44, 44], np.float32))
    np.testing.assert_allclose(apply_affine(matrix, np.array([[100, 200], [140, 240]], np.float32)), [[4, 4], [44, 44]])


def test_a_map_and_its_inverse_cancel(rng):
    matrix = np.array([[2, -1, 30], [1, 2, -5]], np.float32)
    points = rng.uniform(-50, 50, (7, 2)).astype(np.float32)
    np.testing.assert_allclose(apply_affine(invert_affine(matrix), apply_affine(matrix, points)), points, atol=1e-4)


def test_iou():
    boxes = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30]], np.float32)
    expected = [[1, 1 / 3, 0], [1 / 3, 1, 0], [0, 0, 1]]
    np.testing.assert_allclose(iou_matrix(boxes, boxes), expected, atol=1e-6)
    assert iou_matrix(boxes[:0], boxes).shape == (0, 3)


@pytest.mark.parametrize("box", [[-5, -5, 200, 200], [10, 10, 20, 20]])
def test_clipped_boxes_stay_inside(box):
    x1, y1, x2, y2 = clip_boxes(np.array([box], np.float32), 50, 80)[0]
    assert 0 <= x1 <= x2 <= 80
    assert 0 <= y1 <= y2 <= 50
