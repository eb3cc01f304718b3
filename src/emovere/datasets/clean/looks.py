"""Looking for the face in small grey pictures: as they are, then turned, closer and from farther off.

A picture that a detector and the checking network both know as a face is one. Where either hesitates, the face may lie
on its side or stand too small in the crop; only what no view shows as a face is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from emovere.classify.check import SIDE, Check
from emovere.datasets.clean.options import FaceOptions
from emovere.detect.base import Detector
from emovere.types import Faces, Float32, Frame, Int64, UInt8

LOWEST = 0.02
"""Least score with which the detector is asked: what is hardly a face has a score too."""

SHOWN = 128
"""Side of what the detector is shown, in pixels: the picture twice as large in the middle, its edge repeated around."""

ENLARGED = 2.0

AS_IT_IS = (0.0, 1.0)

VIEWS = (
    *((30.0, 1.0), (-30.0, 1.0), (0.0, 1.5), (0.0, 0.75), (60.0, 1.0), (-60.0, 1.0)),
    *((90.0, 1.0), (-90.0, 1.0), (0.0, 2.2), (180.0, 1.0)),
)
"""Degrees and zoom of the other views, those that help most often first."""

SURE = 0.5
"""Score from which a view shows a face surely, so that no other need be asked."""

TWO = 0.6
"""Score from which a second face in a crop counts."""


@dataclass(frozen=True, eq=False)
class Looks:
    """What was seen in N pictures."""

    score: Float32
    """(N,) the detector's score of the picture as it is, 0 where it finds nothing."""
    check: Float32
    """(N,) the checking network's probability of a face, as it is."""
    landmarks: Float32
    """(N, 5, 2) eyes, nose and corners of the mouth in pixels of the picture; nan where none were given."""
    count: Int64
    """(N,) faces that were found surely."""
    best: Float32
    """(N,) the highest score of any view that was needed."""
    best_check: Float32
    """(N,) the highest probability of any view that was needed."""
    turned: Float32
    """(N,) degrees by which the picture had to be turned for that score."""


def look(images: UInt8, detector: Detector, check: Check, options: FaceOptions) -> Looks:
    """(N, 48, 48) uint8 -> Looks; N may be 0. The detector was made to give scores from ``LOWEST`` on."""
    found = _detected(images, detector, AS_IT_IS)
    score = np.array([_best_score(faces) for faces in found], np.float32)
    probability = check.read(images)
    best, best_check, turned = score.copy(), probability.copy(), np.zeros(len(images), np.float32)
    doubtful = np.flatnonzero((score < options.look) | (probability < options.look / 2))
    for view in VIEWS if len(doubtful) else ():
        open_ones = doubtful[best[doubtful] < SURE]
        shown = [_best_score(faces) for faces in _detected(images[open_ones], detector, view)]
        better = np.array(shown, np.float32) > best[open_ones]
        best[open_ones[better]] = np.array(shown, np.float32)[better]
        turned[open_ones[better]] = view[0]
        seen = np.stack([_shown(image, view, SIDE, 1.0) for image in images[doubtful]])
        best_check[doubtful] = np.maximum(best_check[doubtful], check.read(seen))
    return Looks(
        score,
        probability,
        np.stack([_landmarks(faces) for faces in found]) if found else np.zeros((0, 5, 2), np.float32),
        np.array([int((faces.scores >= TWO).sum()) for faces in found], np.int64),
        best,
        best_check,
        turned,
    )


def _detected(images: UInt8, detector: Detector, view: tuple[float, float]) -> list[Faces]:
    frames = [
        Frame(np.repeat(_shown(image, view, SHOWN, ENLARGED)[:, :, None], 3, axis=2), source="crop") for image in images
    ]
    return detector.detect(frames) if frames else []


def _shown(image: UInt8, view: tuple[float, float], side: int, enlarged: float) -> UInt8:
    """A picture turned and zoomed about its middle, in the middle of a square of that side."""
    middle = (image.shape[0] - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), view[0], view[1] * enlarged)
    matrix[:, 2] += (side - 1) / 2 - middle
    turned = cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8)


def _best_score(faces: Faces) -> float:
    return float(faces.scores.max()) if len(faces) else 0.0


def _landmarks(faces: Faces) -> Float32:
    """The surest face's, in pixels of the crop."""
    if not len(faces) or faces.landmarks is None:
        return np.full((5, 2), np.nan, np.float32)
    best = faces.landmarks[int(faces.scores.argmax())]
    return np.asarray((best - (SHOWN - 1) / 2) / ENLARGED + (SIDE - 1) / 2, np.float32)


def turn_and_tilt(landmarks: Float32) -> tuple[Float32, Float32]:
    """How far heads are turned, and on which side they lie: (N, 5, 2) -> (N,), (N,) float32, nan where unknown.

    The turn is the distance of the nose from the middle between the eyes, along the line through them, as a share of
    the eyes' distance: 0 for a face that looks ahead, about 0.4 for one that shows three quarters. The tilt is in
    degrees, clockwise.
    """
    right, left, nose = landmarks[:, 0], landmarks[:, 1], landmarks[:, 2]
    across = left - right
    distance = np.maximum(np.hypot(across[:, 0], across[:, 1]), 1e-3)
    aside = ((nose - (right + left) / 2) * across).sum(axis=1) / distance**2
    tilt = np.degrees(np.arctan2(across[:, 1], across[:, 0]))
    return np.abs(aside).astype(np.float32), tilt.astype(np.float32)


def joined_looks(parts: Sequence[Looks]) -> Looks:
    """The looks of consecutive parts of a set; at least one."""
    names = ("score", "check", "landmarks", "count", "best", "best_check", "turned")
    return Looks(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
