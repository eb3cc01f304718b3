"""How alike two pictures are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from emovere.datasets.clean.likeness import likeness

LEAST = 0.87


@pytest.mark.parametrize(
    "change",
    [
        lambda image: (image * 0.6 + 70).astype(np.uint8),
        lambda image: cv2.imdecode(cv2.imencode(".jpg", image, [1, 40])[1], 0),
        lambda image: cv2.copyMakeBorder(image[2:, 3:], 0, 2, 0, 3, cv2.BORDER_REPLICATE),
        lambda image: cv2.resize(image[2:-2, 2:-2], (48, 48), interpolation=cv2.INTER_CUBIC),
    ],
    ids=["relit", "compressed", "shifted", "closer"],
)
def test_a_changed_copy_is_alike(scribbles, change):
    assert min(likeness(image, change(image)) for image in scribbles) > LEAST


def test_different_pictures_are_not(scribbles):
    assert max(likeness(scribbles[0], other) for other in scribbles[1:]) < 0.7


def test_flat_pictures():
    grey, black = np.full((48, 48), 90, np.uint8), np.zeros((48, 48), np.uint8)
    assert likeness(grey, black) == 1
    noisy = np.random.default_rng(0).integers(0, 255, (48, 48), np.uint8)
    assert likeness(grey, noisy) == 0
    assert -1 <= likeness(noisy, grey) < 0.5
