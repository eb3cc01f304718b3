"""How many faces a detector finds on photographs that it has not learned from, and what it takes for a face.

The truth is what YuNet says of each photograph as it is: a score of at least 0.7 is a face. Boxes of which it is less
sure, or which it sees only where the photograph is enlarged, count neither way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emovere.geometry import iou_matrix
from emovere.train.faces.labels import FACE, Labels
from emovere.types import Bool, Faces, Float32

OVERLAP = 0.4
"""A box is on a face where their intersection over union is at least this."""

SIZES = (20, 40, 80)
"""Pixels between which faces are told apart by size: the root of their box's area."""

SOME_FALSE = (1, 2, 4, 8, 16)
"""Numbers of false boxes at which recall is averaged to choose an epoch: one number of them alone jumps about."""


@dataclass(frozen=True, eq=False)
class Truth:
    """What stands in one photograph."""

    boxes: Float32
    """(T, 4) faces."""
    landmarks: Float32
    """(T, 5, 2)."""
    doubtful: Float32
    """(D, 4) boxes that count neither way."""


@dataclass(frozen=True, eq=False)
class Judged:
    """The boxes that a detector gave on all photographs, held against the truth."""

    scores: Float32
    """(B,) of each box that counts, most certain first."""
    right: Bool
    """(B,) whether it is on a face that no better box is on."""
    found: Float32
    """(T,) the score of the box on each face; -1 where there is none."""
    sizes: Float32
    """(T,) pixels: the root of each face's area."""
    errors: Float32
    """(T,) mean distance of the five landmarks, in shares of the distance between the eyes; nan where unknown."""
    photos: int

    def recall(self, score: float, sizes: tuple[float, float] = (0, np.inf)) -> float:
        """The share of faces of such sizes that are found with at least this score; nan where there are none."""
        picked = (self.sizes >= sizes[0]) & (self.sizes < sizes[1])
        return float((self.found[picked] >= score).mean()) if picked.any() else float("nan")

    def false(self, score: float) -> int:
        """How many boxes of at least this score are on no face, or on one that was found already."""
        return int((~self.right & (self.scores >= score)).sum())

    def score_with(self, false: int) -> float:
        """The least score with which at most so many boxes are false."""
        wrong = self.scores[~self.right]
        if len(wrong) <= false:
            return 0.0
        return float(np.nextafter(wrong[false], np.float32(np.inf)))

    @property
    def mean_recall(self) -> float:
        """Recall, averaged over a few numbers of false boxes."""
        return float(np.mean([self.recall(max(self.score_with(k), 0.0)) for k in SOME_FALSE]))


def truth_of(labels: Labels) -> Truth:
    """What YuNet says of one photograph."""
    sure = labels.native >= FACE
    return Truth(labels.boxes[sure], labels.landmarks[sure], labels.boxes[~sure])


def judge(found: Sequence[Faces], truths: Sequence[Truth]) -> Judged:
    """Hold a detector's answers on N photographs against N truths."""
    scores, right, hits, errors = [], [], [], []
    for faces, truth in zip(found, truths, strict=True):
        best, off, counted = _one(faces, truth)
        hits.append(best)
        errors.append(off)
        scores.append(faces.scores[counted >= 0])
        right.append(counted[counted >= 0] > 0)
    flat = np.concatenate(scores)
    order = np.argsort(-flat, kind="stable")
    boxes = np.concatenate([truth.boxes for truth in truths])
    return Judged(
        flat[order],
        np.concatenate(right)[order],
        np.concatenate(hits),
        np.sqrt((boxes[:, 2:] - boxes[:, :2]).prod(axis=1)),
        np.concatenate(errors),
        len(truths),
    )


def _one(faces: Faces, truth: Truth) -> tuple[Float32, Float32, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """For each face the score on it and the landmarks' error; for each box 1 right, 0 false, -1 neither."""
    best = np.full(len(truth.boxes), -1, np.float32)
    off = np.full(len(truth.boxes), np.nan, np.float32)
    counted = np.zeros(len(faces), np.int64)
    overlap = iou_matrix(faces.boxes, truth.boxes)
    doubtful = iou_matrix(faces.boxes, truth.doubtful).max(axis=1, initial=0)
    for row in np.argsort(-faces.scores, kind="stable"):
        free = np.where(best < 0, overlap[row], 0)
        if free.max(initial=0) >= OVERLAP:
            face = int(free.argmax())
            best[face], counted[row] = faces.scores[row], 1
            if faces.landmarks is not None:
                off[face] = landmark_error(faces.landmarks[row], truth.landmarks[face])
        elif doubtful[row] >= OVERLAP / 2:
            counted[row] = -1
    return best, off, counted


def landmark_error(found: Float32, truth: Float32) -> float:
    """Mean distance of (5, 2) landmarks from the true ones, in shares of the true distance between the eyes."""
    eyes = max(float(np.linalg.norm(truth[0] - truth[1])), 1e-6)
    return float(np.linalg.norm(found - truth, axis=1).mean()) / eyes
