"""Faces come out of the picture where they stand, upright, sharp, and in one framing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from emovere.align.crop import LANDMARKS, SIDE, crop_faces, to_framing
from emovere.geometry import apply_affine
from emovere.types import Faces, Frame

BOX_IN_CROP = (4.0, 0.0, 44.0, 48.0)


def pattern() -> np.ndarray:
    """A 48 x 48 picture without symmetry, smooth enough to survive resampling."""
    y, x = np.mgrid[0:48, 0:48].astype(np.float32)
    return (128 + 60 * np.sin(x / 5) + 50 * np.cos(y / 7 + x / 11)).astype(np.uint8)


def placed(scale: float, angle: float, x: float, y: float) -> tuple[Frame, Faces]:
    """The pattern, enlarged, turned and put into a larger picture, with the landmarks and the box that belong to it."""
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    to_picture = np.array([[cos, -sin, x], [sin, cos, y]], np.float32)
    big = cv2.warpAffine(pattern(), to_picture, (640, 480), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    landmarks = apply_affine(to_picture, LANDMARKS)
    half = np.array([20, 24], np.float32) * scale
    centre = apply_affine(to_picture, np.array([[24, 24]], np.float32))[0]
    box = np.concatenate([centre - half, centre + half]).astype(np.float32)
    faces = Faces(box[None], np.ones(1, np.float32), landmarks[None])
    return Frame(np.repeat(big[..., None], 3, axis=2)), faces


@pytest.mark.parametrize(("scale", "angle"), [(1, 0), (4, 0), (6.3, 0), (4, 0.4), (5, -0.7), (0.5, 0)])
def test_a_placed_face_comes_back_as_it_was(scale, angle):
    frame, faces = placed(scale, angle, 280, 170)
    crop = crop_faces(frame, faces, BOX_IN_CROP).images[0]
    inside = (slice(4, -4), slice(4, -4))
    error = np.abs(crop[inside].astype(int) - pattern()[inside]).mean()
    assert error < (12 if scale < 1 else 4)


def test_without_landmarks_the_box_decides():
    frame, faces = placed(4, 0, 100, 50)
    crop = crop_faces(frame, Faces(faces.boxes, faces.scores), BOX_IN_CROP).images[0]
    assert np.abs(crop.astype(int) - pattern()).mean() < 4


def test_to_frame_leads_back_into_the_picture():
    frame, faces = placed(5, 0.3, 200, 100)
    crops = crop_faces(frame, faces, BOX_IN_CROP)
    landmarks = faces.landmarks
    assert landmarks is not None
    np.testing.assert_allclose(apply_affine(crops.to_frame[0], LANDMARKS), landmarks[0], atol=1.5)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_any_number_of_faces(count, rng):
    corners = rng.uniform(0, 60, (count, 2))
    boxes = np.concatenate([corners, corners + 30], axis=1).astype(np.float32).reshape(count, 4)
    frame = Frame(rng.integers(0, 255, (100, 90, 3), dtype=np.uint8))
    crops = crop_faces(frame, Faces(boxes, np.ones(count, np.float32)), BOX_IN_CROP, side=64)
    assert crops.images.shape == (count, 64, 64)
    assert crops.to_frame.shape == (count, 2, 3)


@pytest.mark.parametrize(
    "box", [[-50, -50, 20, 20], [90, 80, 200, 300], [0, 0, 0.5, 0.5], [0, 0, 100, 90], [500, 500, 600, 600]]
)
def test_faces_at_the_edge_and_beyond(box):
    frame = Frame(np.full((90, 100, 3), 77, np.uint8))
    faces = Faces(np.array([box], np.float32), np.ones(1, np.float32))
    assert (crop_faces(frame, faces, BOX_IN_CROP).images == 77).all()


def test_a_larger_crop_shows_the_same(rng):
    frame, faces = placed(6, 0.2, 250, 120)
    small = crop_faces(frame, faces, BOX_IN_CROP).images[0]
    large = crop_faces(frame, faces, BOX_IN_CROP, side=2 * SIDE).images[0]
    shrunk = cv2.resize(large, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk.astype(int) - small).mean() < 3


def test_tilt_is_taken_out():
    box = np.array([100, 100, 200, 220], np.float32)
    turned = apply_affine(np.array([[2, -1, 100], [1, 2, 90]], np.float32), LANDMARKS)
    eyes = apply_affine(to_framing(box, turned, BOX_IN_CROP), turned)[:2]
    assert eyes[0, 1] == pytest.approx(eyes[1, 1], abs=0.1)
    assert eyes[0, 0] < eyes[1, 0]
