"""A face varied in one way: turned, stretched, brought nearer, mirrored."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np

from emovere.types import UInt8

Random = np.random.Generator

DEGREES = (3.0, 15.0)
"""Least and most by which a face is turned, either way."""

STRETCH = (0.06, 0.18)
"""Least and most by which width and height change against each other, as a share."""

ZOOM = (1.06, 1.25)
"""How many times larger a face gets; what then lies outside is cut off."""


def rotated(face: UInt8, random: Random) -> UInt8:
    """Turned about its middle; edges are repeated."""
    return _warped(face, _rotation(random.uniform(*DEGREES) * random.choice([-1, 1])))


def scaled(face: UInt8, random: Random) -> UInt8:
    """Wider and lower, or narrower and higher; edges are repeated."""
    by = 1 + random.uniform(*STRETCH)
    wide = random.random() < 0.5
    across, down = (math.sqrt(by), 1 / math.sqrt(by)) if wide else (1 / math.sqrt(by), math.sqrt(by))
    return _warped(face, np.diag([across, down]))


def zoomed(face: UInt8, random: Random) -> UInt8:
    """Nearer."""
    return _warped(face, np.eye(2) * random.uniform(*ZOOM))


def flipped(face: UInt8, _: Random) -> UInt8:
    """Mirrored; there is only one such face."""
    return np.ascontiguousarray(face[:, ::-1])


VARIATIONS: dict[str, Callable[[UInt8, Random], UInt8]] = {
    "rotated": rotated,
    "scaled": scaled,
    "zoomed": zoomed,
    "flipped": flipped,
}
"""By what is written into the column ``made``: (S, S) uint8 -> the same, by numbers drawn from a generator."""


def _rotation(degrees: float) -> np.ndarray:
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[cosine, -sine], [sine, cosine]])


def _warped(face: UInt8, matrix: np.ndarray) -> UInt8:
    """Every point moved by a 2 x 2 matrix about the middle of the picture."""
    middle = np.full(2, (len(face) - 1) / 2)
    affine = np.column_stack([matrix, middle - matrix @ middle])
    warped = cv2.warpAffine(face, affine, face.shape[::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)
