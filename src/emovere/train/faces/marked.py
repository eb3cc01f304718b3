"""A picture and the faces marked on it, and how both are turned, scaled and cut together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from emovere.geometry import apply_affine
from emovere.types import Float32, Int64, UInt8

IGNORED, FACE = -1, 1
"""What a mark is: a box that is neither sought nor punished, or a face."""

VISIBLE = 0.6
"""A face of which less than this share lies in the picture is ignored."""


@dataclass(frozen=True, eq=False)
class Marks:
    """M boxes on a picture; M may be 0."""

    boxes: Float32
    """(M, 4) x1 y1 x2 y2, pixels."""
    landmarks: Float32
    """(M, 5, 2) pixels."""
    kinds: Int64
    """(M,) FACE or IGNORED."""

    def __len__(self) -> int:
        return len(self.kinds)

    @classmethod
    def empty(cls) -> Marks:
        """No box."""
        return cls(np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), np.zeros(0, np.int64))

    def __add__(self, other: Marks) -> Marks:
        return Marks(
            np.concatenate([self.boxes, other.boxes]),
            np.concatenate([self.landmarks, other.landmarks]),
            np.concatenate([self.kinds, other.kinds]),
        )

    def moved(self, matrix: Float32) -> Marks:
        """Through a (2, 3) map. A turned box is the box around the turned ellipse that filled it."""
        half = (self.boxes[:, 2:] - self.boxes[:, :2]) / 2
        middle = apply_affine(matrix, (self.boxes[:, :2] + self.boxes[:, 2:]) * np.float32(0.5))
        linear = matrix[:, :2]
        reach = np.sqrt((half**2) @ (linear**2).T)
        landmarks = apply_affine(matrix, self.landmarks)
        if np.linalg.det(linear) < 0:  # mirrored: right and left change their names
            landmarks = landmarks[:, [1, 0, 2, 4, 3]]
        boxes = np.concatenate([middle - reach, middle + reach], axis=1).astype(np.float32)
        return Marks(boxes, landmarks, self.kinds)

    def within(self, width: int, height: int, smallest: float) -> Marks:
        """Those in a picture of that size; small ones and those that are cut off much are ignored."""
        sides = self.boxes[:, 2:] - self.boxes[:, :2]
        inside = np.clip(self.boxes, 0, np.array([width, height, width, height], np.float32))
        share = (inside[:, 2:] - inside[:, :2]).prod(axis=1) / np.maximum(sides.prod(axis=1), 1e-6)
        middle = (self.boxes[:, :2] + self.boxes[:, 2:]) / 2
        held = ((middle >= 0) & (middle < (width, height))).all(axis=1)
        seen = held & (share >= VISIBLE) & (sides.min(axis=1, initial=np.inf) >= smallest)
        kinds = np.where(seen, self.kinds, IGNORED)
        kept = share > 0
        return Marks(self.boxes[kept], self.landmarks[kept], kinds[kept])


def warped(image: UInt8, matrix: Float32, width: int, height: int, border: int | None) -> UInt8:
    """(H, W, C) through a (2, 3) map; pictures that shrink are averaged first. Outside stands the grey ``border``."""
    matrix = matrix.copy()
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    while scale < 0.6 and min(image.shape[:2]) >= 4:
        image = channelled(cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
        # Centre on centre: a pixel of the half picture lies between two of the whole.
        matrix[:, 2] += matrix[:, :2] @ np.array([0.5, 0.5], np.float32)
        matrix[:, :2] *= 2
        scale *= 2
    how = cv2.BORDER_REPLICATE if border is None else cv2.BORDER_CONSTANT
    shade = (border or 0,) * 3
    out = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=how, borderValue=shade)
    return channelled(out)


def channelled(image: npt.NDArray[Any] | cv2.Mat) -> UInt8:
    """(H, W) or (H, W, C) -> (H, W, C): OpenCV drops a single channel."""
    pixels = np.asarray(image, np.uint8)
    return pixels[:, :, None] if pixels.ndim == 2 else pixels
