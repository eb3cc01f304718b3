"""What the pixels of a small grey picture say of its light and its sharpness."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from emovere.types import Float32, UInt8

MIDDLE = 6
"""Pixels at each side that are left out: what stands around the face."""

_FINE, _COARSE, _EDGE, _NOISE = 0.8, 1.6, 4, 0.5


@dataclass(frozen=True, eq=False)
class Pixels:
    """Of N pictures."""

    mean: Float32
    """(N,) mean of the middle, in grey levels."""
    contrast: Float32
    """(N,) distance of the 5th from the 95th percentile of the middle, in grey levels."""
    sharpness: Float32
    """(N,) strength of the finest details, as a share of that of the next coarser ones: about 1 for a sharp picture,
    0.4 for one that was enlarged or is out of focus."""


def measure(images: UInt8) -> Pixels:
    """(N, 48, 48) uint8 -> Pixels; N may be 0."""
    middle = images[:, MIDDLE:-MIDDLE, MIDDLE:-MIDDLE]
    low, high = np.percentile(middle, [5, 95], axis=(1, 2)) if len(images) else np.zeros((2, 0))
    return Pixels(
        middle.mean(axis=(1, 2)).astype(np.float32) if len(images) else np.zeros(0, np.float32),
        (high - low).astype(np.float32),
        np.array([_sharpness(image) for image in images], np.float32),
    )


def _sharpness(image: UInt8) -> float:
    values = image.astype(np.float32)
    fine, coarse = cv2.GaussianBlur(values, (0, 0), _FINE), cv2.GaussianBlur(values, (0, 0), _COARSE)
    inner = (slice(_EDGE, -_EDGE), slice(_EDGE, -_EDGE))
    return float((values - fine)[inner].std() / ((fine - coarse)[inner].std() + _NOISE))
