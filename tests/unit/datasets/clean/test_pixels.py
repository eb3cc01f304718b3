"""Light and sharpness."""

from __future__ import annotations

import cv2
import numpy as np

from emovere.datasets.clean.pixels import measure


def test_blur_and_enlarging_take_away_sharpness(scribbles):
    sharp = np.stack(scribbles)
    sharp = np.clip(sharp + np.random.default_rng(0).normal(0, 12, sharp.shape), 0, 255).astype(np.uint8)
    blurred = np.stack([cv2.GaussianBlur(image, (0, 0), 1.5) for image in sharp])
    enlarged = np.stack(
        [cv2.resize(cv2.resize(image, (16, 16)), (48, 48), interpolation=cv2.INTER_CUBIC) for image in sharp]
    )
    assert measure(blurred).sharpness.max() < 0.65 < measure(sharp).sharpness.min()
    assert measure(enlarged).sharpness.max() < 0.65


def test_light(scribbles):
    image = scribbles[0]
    dark, flat = (image * 0.1).astype(np.uint8), (image * 0.1 + 120).astype(np.uint8)
    found = measure(np.stack([image, dark, flat]))
    assert found.mean[1] < 32 < found.mean[2]
    assert found.contrast[1] < 35 < found.contrast[0]
    assert found.contrast[2] < 35


def test_flat_and_none():
    assert measure(np.zeros((0, 48, 48), np.uint8)).mean.tolist() == []
    flat = measure(np.full((1, 48, 48), 7, np.uint8))
    assert (flat.mean[0], flat.contrast[0], flat.sharpness[0]) == (7, 0, 0)
