"""dlib's frontal faces by histograms of oriented gradients (Dalal and Triggs 2005; King 2015, arXiv 1502.00046)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emovere.config import DetectOptions
from emovere.detect.scaling import check_options, restore, shrink
from emovere.extras import optional
from emovere.types import Faces, Float32, Frame, ModelInfo

UPSAMPLE = 1
"""Times that the picture is doubled before the search: dlib's window is 80 pixels, so faces from 40 on are found. Each
further doubling takes four times as long."""

SMALLEST = 40
"""Pictures with a side shorter than this, in pixels, hold no face that could be found."""

SLOPE, OFFSET = 5.4, 1.9
"""Score = 1 / (1 + exp(-(SLOPE * margin + OFFSET))), fitted by benchmarks/hog_score.py."""

LEAST_MARGIN = -1.0
"""Below this, nothing but noise would come; ``detect.score=0`` means this margin."""


class Hog:
    """Boxes without landmarks, from dlib's five detectors for frontal and slightly turned heads. Needs no download.

    dlib gives each box a margin: 0 is where dlib itself would draw the line, a clear face has 1 to 3. The score is the
    share of boxes of that margin which were faces in photographs (logistic regression, Platt 1999), so that
    ``detect.score`` means what it means with YuNet.
    """

    box_in_crop = (5.4, 5.4, 44.4, 45.1)

    def __init__(self, options: DetectOptions, upsample: int = UPSAMPLE) -> None:
        """Load the detector. upsample: as ``UPSAMPLE``. Raises ConfigError, or MissingExtra without dlib."""
        options = check_options(options)
        self._size, self._upsample = options.size, upsample
        self._margin = _margin_of(options.score)
        dlib = optional("dlib", "hog")
        self._search = dlib.get_frontal_face_detector()
        self.info = ModelInfo("hog", str(dlib.__version__), engine="dlib")

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        """The faces of each frame; boxes in the frame's own pixels, largest face first."""
        return [self._one(frame) for frame in frames]

    def _one(self, frame: Frame) -> Faces:
        if not frame.image.size:
            return Faces.empty()
        seen = np.ascontiguousarray(shrink(frame.image, self._size))
        if min(seen.shape[:2]) < SMALLEST:
            return Faces.empty()
        found, margins, _ = self._search.run(seen, self._upsample, self._margin)
        rows = [(box.left(), box.top(), box.right() + 1, box.bottom() + 1) for box in found]
        boxes = np.array(rows, np.float32).reshape(-1, 4)
        return restore(frame, seen, boxes, _score_of(np.array(margins, np.float32)), None)


def _score_of(margins: Float32) -> Float32:
    return np.asarray(1 / (1 + np.exp(-(SLOPE * margins + OFFSET))), np.float32)


def _margin_of(score: float) -> float:
    score = float(np.clip(score, 1e-9, 1 - 1e-9))
    return max(LEAST_MARGIN, (float(np.log(score / (1 - score))) - OFFSET) / SLOPE)
