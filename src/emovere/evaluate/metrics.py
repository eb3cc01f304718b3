"""Figures of merit as pure functions of numpy arrays.

Everywhere: probs (N, K) float, each row sums to 1; labels and predicted (N,) int in [0, K); confusion (K, K) int, rows
are the truth and columns the prediction. A figure that is not defined, such as anything of no face at all, is nan.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from emovere.errors import ShapeError

Array = npt.NDArray[Any]
Float64 = npt.NDArray[np.float64]

BINS = 15
"""Bins of the calibration error in Guo et al. 2017."""


@dataclass(frozen=True, eq=False)
class ClassScores:
    """Figures of each of K classes."""

    precision: Float64
    """(K,) share of the predictions of a class that are right; nan where it is never predicted."""
    recall: Float64
    """(K,) share of the faces of a class that are found; nan where there are none."""
    f1: Float64
    """(K,) harmonic mean of both; nan where the class is neither there nor predicted."""
    support: npt.NDArray[np.int64]
    """(K,) faces of each class."""


def check_probs(probs: Array, labels: Array) -> None:
    """Raise ShapeError unless probs is (N, K), labels (N,) int, and every label lies in [0, K)."""
    if probs.ndim != 2 or labels.shape != probs.shape[:1]:
        raise ShapeError(f"expected probs (N, K) and labels (N,); got {probs.shape} and {labels.shape}")
    _check_labels(labels, probs.shape[1])


def accuracy(probs: Array, labels: Array) -> float:
    """Share of faces whose likeliest label is the true one; the first of equals counts as the likeliest."""
    return top_k_accuracy(probs, labels, 1)


def top_k_accuracy(probs: Array, labels: Array, k: int) -> float:
    """Share of faces whose true label is among the k likeliest; equals rank in the order of the columns."""
    check_probs(probs, labels)
    if not len(labels):
        return math.nan
    true = np.take_along_axis(probs, labels[:, None], axis=1)
    earlier = np.arange(probs.shape[1])[None, :] < labels[:, None]
    rank = (probs > true).sum(axis=1) + ((probs == true) & earlier).sum(axis=1)
    return float((rank < k).mean())


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927, J. Am. Stat. Assoc. 22, 209-212), without continuity correction.

    Returns (low, high) in [0, 1]; (nan, nan) for no trials. Raises ShapeError unless 0 <= successes <= trials.
    """
    if not 0 <= successes <= trials:
        raise ShapeError(f"expected 0 <= successes <= trials; got {successes} of {trials}")
    if trials == 0:
        return math.nan, math.nan
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = successes / trials
    spread = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / spread
    half = z / spread * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == trials else min(1.0, centre + half)
    return low, high


def confusion_matrix(predicted: Array, labels: Array, classes: int) -> npt.NDArray[np.int64]:
    """Faces of each true class (row) given each label (column): (N,), (N,) -> (K, K) int64."""
    if predicted.shape != labels.shape or predicted.ndim != 1:
        raise ShapeError(f"expected two arrays (N,); got {predicted.shape} and {labels.shape}")
    _check_labels(predicted, classes)
    _check_labels(labels, classes)
    cells = labels.astype(np.int64) * classes + predicted
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def class_scores(confusion: Array) -> ClassScores:
    """Precision, recall, F1 and support of each class: (K, K) -> ClassScores."""
    right = np.diag(confusion)
    support = confusion.sum(axis=1)
    given = confusion.sum(axis=0)
    return ClassScores(_share(right, given), _share(right, support), _share(2 * right, support + given), support)


def macro_f1(confusion: Array) -> float:
    """Mean F1 of the classes that are there or are predicted, each weighing the same: (K, K) -> [0, 1]."""
    f1 = class_scores(confusion).f1
    known = f1[~np.isnan(f1)]
    return float(known.mean()) if len(known) else math.nan


def expected_calibration_error(probs: Array, labels: Array, bins: int = BINS) -> float:
    """Weighted gap between confidence and accuracy in equal-width bins (Guo et al. 2017, arXiv 1706.04599, eq. 3).

    A bin holds its upper edge. Returns a value in [0, 1].
    """
    check_probs(probs, labels)
    if not len(labels):
        return math.nan
    confidence = probs.max(axis=1).astype(np.float64)
    right = probs.argmax(axis=1) == labels
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    gap = np.bincount(place, right, bins) - np.bincount(place, confidence, bins)
    return float(np.abs(gap).sum() / len(labels))


def brier_score(probs: Array, labels: Array) -> float:
    """Mean squared distance to the truth, summed over the classes (Brier 1950, eq. 2). Returns a value in [0, 2]."""
    check_probs(probs, labels)
    if not len(labels):
        return math.nan
    truth = np.eye(probs.shape[1])[labels]
    return float(((probs.astype(np.float64) - truth) ** 2).sum(axis=1).mean())


def _check_labels(labels: Array, classes: int) -> None:
    if labels.dtype.kind not in "iu":
        raise ShapeError(f"labels: expected whole numbers; got {labels.dtype}")
    if len(labels) and not (labels.min() >= 0 and labels.max() < classes):
        raise ShapeError(f"labels: expected 0 to {classes - 1}; got {labels.min()} to {labels.max()}")


def _share(part: Array, whole: Array) -> Float64:
    share: Float64 = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return share
