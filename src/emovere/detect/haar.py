"""The cascade of Haar-like features that comes with OpenCV (Viola and Jones 2001; Lienhart and Maydt 2002)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from emovere import weights
from emovere.config import DetectOptions
from emovere.detect.scaling import check_options, restore, shrink
from emovere.errors import EngineError
from emovere.types import Faces, Float32, Frame, ModelInfo

CASCADE = "haarcascade_frontalface_alt2.xml"
STEP = 1.1
NEIGHBOURS = 3
"""Windows that must agree on a face."""

SMALLEST = 20
"""Least side of a face in the shrunk picture, in pixels."""

OVERLAP = 0.5
"""Of two boxes whose common part is a larger share of the smaller one, the less sure goes."""

_HALF = 15.0
"""Neighbouring windows that make a score of one half."""


class Haar:
    """Boxes without landmarks. Needs no download, and is slower and less sure than YuNet.

    A cascade gives no probability. The score here is n / (n + 15) for n overlapping windows that all said "face":
    good for putting faces in order, and not comparable with another detector's. ``detect.score`` is not applied.
    (The last stage's sum, which detectMultiScale3 gives, was no better at telling faces from mistakes in a trial.)
    """

    box_in_crop = (0.1, 0.1, 47.1, 46.6)

    def __init__(self, options: DetectOptions, neighbours: int = NEIGHBOURS) -> None:
        """Load the cascade. neighbours: as ``NEIGHBOURS``.

        Raises ConfigError, or EngineError where OpenCV came without it (its version 5 does).
        """
        self._size, self._neighbours = check_options(options).size, neighbours
        path = Path(cv2.__file__).parent / "data" / CASCADE
        self._cascade = cv2.CascadeClassifier(str(path)) if path.is_file() else None
        if self._cascade is None or self._cascade.empty():
            raise EngineError(f"{path}: the cascade is missing; pip install 'opencv-python-headless>=4.9,<5'")
        self.info = ModelInfo("haar", "alt2", weights.sha256_of(path), "opencv")

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        """The faces of each frame; boxes in the frame's own pixels, largest face first."""
        return [self._one(frame) for frame in frames]

    def _one(self, frame: Frame) -> Faces:
        assert self._cascade is not None
        if not frame.image.size:
            return Faces.empty()
        seen = shrink(frame.image, self._size)
        if min(seen.shape[:2]) < SMALLEST:
            return Faces.empty()
        grey = cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY)
        found, counts = self._cascade.detectMultiScale2(
            grey, scaleFactor=STEP, minNeighbors=self._neighbours, minSize=(SMALLEST, SMALLEST)
        )
        if not len(found):
            return Faces.empty()
        rows = np.asarray(found, np.float32)
        windows = np.asarray(counts, np.float32).ravel()
        boxes = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:]], axis=1)
        kept = apart(boxes, windows)
        return restore(frame, seen, boxes[kept], windows[kept] / (windows[kept] + _HALF), None)


def apart(boxes: Float32, strengths: Float32) -> list[int]:
    """Rows to keep so that no box lies mostly inside another: the strongest stays, nested ones included.

    boxes: (N, 4) x1 y1 x2 y2. strengths: (N,). Plain non-maximum suppression by intersection over union would keep a
    small box inside a large one.
    """
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    kept: list[int] = []
    for row in np.lexsort((boxes[:, 0], boxes[:, 1], -areas, -strengths)).tolist():
        corner = np.minimum(boxes[row, 2:], boxes[kept, 2:]) - np.maximum(boxes[row, :2], boxes[kept, :2])
        common = np.prod(np.clip(corner, 0, None), axis=1)
        if (common <= OVERLAP * np.minimum(areas[row], areas[kept])).all():
            kept.append(row)
    return kept
