from __future__ import annotations

import cv2
import numpy as np
import pytest

from emovere.geometry import apply_affine
from emovere.train.faces.marked import FACE, IGNORED, Marks, warped


def one(box, kind=FACE) -> Marks:
    x1, y1, x2, y2 = box
    eyes = [[x1 + 2, y1 + 3], [x2 - 2, y1 + 3], [(x1 + x2) / 2, (y1 + y2) / 2], [x1 + 3, y2 - 2], [x2 - 3, y2 - 2]]
    return Marks(np.array([box], np.float32), np.array([eyes], np.float32), np.array([kind]))


def turned(degrees: float, zoom: float, mirrored: bool = False) -> np.ndarray:
    angle = np.deg2rad(degrees)
    linear = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = linear @ np.diag([-1.0 if mirrored else 1.0, 1.0])
    shift = np.array([64, 64]) - linear @ [100, 80]
    return np.concatenate([linear, shift[:, None]], axis=1).astype(np.float32)


@pytest.mark.parametrize("zoom", [0.21, 0.4, 0.7, 1.0, 1.9])
@pytest.mark.parametrize("degrees", [0, 25])
def test_what_stands_under_a_mark_still_stands_under_it(zoom, degrees):
    image = np.zeros((160, 200, 1), np.uint8)
    cv2.circle(image, (112, 70), 12, 255, -1)
    matrix = turned(degrees, zoom)
    out = warped(image, matrix, 128, 128, 0)[:, :, 0].astype(float)
    y, x = np.mgrid[:128, :128]
    middle = np.array([(x * out).sum(), (y * out).sum()]) / out.sum()
    np.testing.assert_allclose(middle, apply_affine(matrix, np.array([112, 70], np.float32)), atol=0.3)


def test_a_mirrored_face_has_its_right_eye_where_its_left_was():
    marks = one((90, 60, 110, 90))
    moved = marks.moved(turned(0, 1, mirrored=True))
    assert moved.landmarks[0, 0, 0] < moved.landmarks[0, 1, 0]
    assert moved.landmarks[0, 3, 0] < moved.landmarks[0, 4, 0]
    np.testing.assert_allclose(moved.boxes[0, 2:] - moved.boxes[0, :2], [20, 30], atol=1e-3)


def test_a_face_on_its_side_has_a_box_on_its_side():
    moved = one((90, 60, 110, 90)).moved(turned(90, 2))
    np.testing.assert_allclose(moved.boxes[0, 2:] - moved.boxes[0, :2], [60, 40], atol=1e-3)


@pytest.mark.parametrize(
    ("box", "kinds"),
    [
        ((10, 10, 30, 34), [FACE]),
        ((10, 10, 16, 18), [IGNORED]),  # small
        ((-12, 10, 10, 34), [IGNORED]),  # its middle is outside
        ((-9, 10, 11, 34), [IGNORED]),  # half of it is outside
        ((-4, 10, 20, 34), [FACE]),
        ((-40, 10, -5, 34), []),
    ],
)
def test_faces_are_kept_ignored_or_dropped_by_what_is_seen_of_them(box, kinds):
    assert one(box).within(64, 64, 9).kinds.tolist() == kinds
    assert one(box, IGNORED).within(64, 64, 9).kinds.tolist() == [IGNORED] * len(kinds)


def test_no_mark_stays_no_mark():
    assert len(Marks.empty().moved(turned(10, 0.5)).within(64, 64, 9)) == 0
    assert len(Marks.empty() + one((1, 2, 30, 40))) == 1
