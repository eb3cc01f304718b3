"""A varied face is the same face, in one way different."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from emovere.datasets.augment.variations import VARIATIONS, flipped, rotated, scaled, zoomed


@pytest.fixture
def face() -> np.ndarray:
    """An upright ellipse, light on dark, with a mark at its left."""
    image = np.full((48, 48), 40, np.uint8)
    cv2.ellipse(image, (24, 24), (10, 18), 0, 0, 360, 200, -1)
    cv2.circle(image, (18, 20), 2, 0, -1)
    return image


def spread(image: np.ndarray) -> np.ndarray:
    """Second moments of what is light, x x, x y, y y."""
    y, x = np.mgrid[:48, :48] - 23.5
    weights = np.maximum(image.astype(float) - 60, 0)
    return np.array([(weights * a * b).sum() for a, b in ((x, x), (x, y), (y, y))]) / weights.sum()


@pytest.mark.parametrize("kind", VARIATIONS)
def test_it_stays_a_face_of_the_same_size_and_is_another_picture(face, kind, rng):
    made = VARIATIONS[kind](face, rng)
    assert made.shape == face.shape
    assert made.dtype == np.uint8
    assert not np.array_equal(made, face)
    assert abs(float(made.mean()) - float(face.mean())) < 60


def test_a_turned_face_leans(face, rng):
    for _ in range(20):
        xx, xy, yy = spread(rotated(face, rng))
        leaning = abs(np.degrees(0.5 * np.arctan2(2 * xy, yy - xx)))
        assert 2 < leaning < 17


def test_a_scaled_face_is_stretched_one_way_or_the_other(face, rng):
    before = spread(face)
    shapes = [spread(scaled(face, rng)) for _ in range(30)]
    wider = [bool(one[0] > before[0]) for one in shapes]
    assert any(wider)
    assert not all(wider)
    for one, wide in zip(shapes, wider, strict=True):
        assert (one[2] < before[2]) == wide


def test_a_zoomed_face_is_larger(face, rng):
    before = spread(face)
    assert all((spread(zoomed(face, rng))[[0]] > before[0]).all() for _ in range(10))


def test_a_flipped_face_is_mirrored(face, rng):
    np.testing.assert_array_equal(flipped(flipped(face, rng), rng), face)
    assert flipped(face, rng)[20, 47 - 18] == 0


def test_edges_are_repeated_and_not_black(rng):
    light = np.full((48, 48), 180, np.uint8)
    for kind in VARIATIONS:
        np.testing.assert_array_equal(VARIATIONS[kind](light, rng), light)
