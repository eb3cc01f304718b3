"""The cascade of Haar-like features that comes with OpenCV (Viola and Jones 2001; Lienhart and Maydt 2002)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from emovere import weights
from emovere.config import DetectOptions
from emovere.detect.scaling import check_size, restore, shrink
from emovere.errors import EngineError
from emovere.types import Faces, Frame, ModelInfo

CASCADE = "haarcascade_frontalface_alt2.xml"
STEP = 1.1
NEIGHBOURS = 3
SMALLEST = 20
"""Least side of a face in the shrunk picture, in pixels."""

OVERLAP = 0.3

_HALF = 15.0
"""Neighbouring windows that make a score of one half."""


class Haar:
    """Boxes without landmarks. Needs no download, and is slower and less sure than YuNet.

    A cascade gives no probability. The score here is n / (n + 15) for n overlapping windows that all said "face":
    good for putting faces in order, and not comparable with another detector's. ``detect.score`` is not applied.
    """

    box_in_crop = (0.5, 0.5, 47.5, 47.5)

    def __init__(self, options: DetectOptions) -> None:
        """Load the cascade. Raises ConfigError, or EngineError where OpenCV came without it (its version 5 does)."""
        self._size = check_size(options.size)
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
        seen = shrink(frame.image, self._size)
        if min(seen.shape[:2]) < SMALLEST:
            return Faces.empty()
        grey = cv2.equalizeHist(cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY))
        found, counts = self._cascade.detectMultiScale2(
            grey, scaleFactor=STEP, minNeighbors=NEIGHBOURS, minSize=(SMALLEST, SMALLEST)
        )
        if not len(found):
            return Faces.empty()
        rows = np.asarray(found, np.float32)
        windows = np.asarray(counts, np.float32).ravel()
        kept = np.array(cv2.dnn.NMSBoxes(rows.tolist(), windows.tolist(), 0, OVERLAP)).ravel()
        rows, windows = rows[kept], windows[kept]
        boxes = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:]], axis=1)
        return restore(frame, seen, boxes, windows / (windows + _HALF), None)
