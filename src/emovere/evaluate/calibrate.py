"""Making probabilities mean what they say: a temperature, and sets of labels with a promised coverage."""

from __future__ import annotations

import math

import numpy as np

from emovere.errors import ShapeError
from emovere.evaluate.metrics import Array, Float64, check_probs

COLDEST, HOTTEST = 0.01, 100.0
"""Bounds of a fitted temperature; without an error in the data the best one would be 0."""


LEAST_FACES = 20
"""Faces of a class below which no threshold of its own is fitted: of fewer, what it covers is left to chance."""


def softmax(logits: Array, temperature: float = 1.0) -> Float64:
    """Probabilities of logits divided by a temperature: (N, K) -> (N, K) float64, rows sum to 1."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    shares: Float64 = powers / powers.sum(axis=1, keepdims=True)
    return shares


def fit_temperature(logits: Array, labels: Array) -> float:
    """The temperature with the least cross-entropy on held-out faces (Guo et al. 2017, arXiv 1706.04599, section 4.2).

    logits: (N, K) float. labels: (N,) int in [0, K). Returns a value in [0.01, 100]. Raises ShapeError for other
    shapes and for N == 0.
    """
    check_probs(logits, labels)
    return fit_temperature_soft(logits, np.eye(logits.shape[1])[labels])


def fit_temperature_soft(logits: Array, targets: Array) -> float:
    """The same for targets that are shares of votes: (N, K), (N, K) -> a value in [0.01, 100].

    Rows of targets that are all 0 are left out. Raises ShapeError for other shapes and where no row is left.
    """
    if logits.ndim != 2 or logits.shape != targets.shape:
        raise ShapeError(f"expected logits and targets of the same (N, K); got {logits.shape} and {targets.shape}")
    used = targets.sum(axis=1) > 0
    if not used.any():
        raise ShapeError("expected at least one face to fit a temperature on; got none")
    logits, targets = logits[used].astype(np.float64), targets[used].astype(np.float64)
    weight = targets.sum(axis=1)
    reached = float((targets * logits).sum())
    # The loss is convex in 1 / T, so its slope changes sign once and bisection finds where.
    low, high = -math.log(HOTTEST), -math.log(COLDEST)
    for _ in range(60):
        middle = (low + high) / 2
        expected = (softmax(logits, math.exp(-middle)) * logits).sum(axis=1)
        if float(weight @ expected) > reached:
            high = middle
        else:
            low = middle
    return math.exp(-(low + high) / 2)


def conformal_threshold(probs: Array, labels: Array, coverage: float = 0.9) -> float:
    """The least probability at which a label joins the set of those that cannot be ruled out.

    On faces like those given, the set ``probs >= threshold`` holds the true label with at least the stated
    probability: split conformal prediction with the least ambiguous sets (Sadinle et al. 2019, arXiv 1609.00451;
    Angelopoulos and Bates 2021, arXiv 2107.07511, section 1). probs: (N, K). labels: (N,). Returns a value in [0, 1];
    0, every label, where N is too small to promise anything. Raises ShapeError unless 0 < coverage < 1.
    """
    check_probs(probs, labels)
    if not 0 < coverage < 1:
        raise ShapeError(f"coverage: expected a share between 0 and 1; got {coverage}")
    # The small number keeps 10 * 0.9 from being rounded up to 10.
    needed = math.ceil((len(labels) + 1) * coverage - 1e-9)
    if needed > len(labels):
        return 0.0
    true = np.sort(np.take_along_axis(probs, labels[:, None], axis=1)[:, 0])
    return float(true[len(labels) - needed])


def class_thresholds(
    probs: Array, labels: Array, coverage: float = 0.9, *, least: int = LEAST_FACES
) -> tuple[float, ...]:
    """A threshold for each label, so that the promise holds for the faces of each class and not only for all together.

    Class-conditional, or Mondrian, conformal prediction (Vovk, Gammerman and Shafer 2005, section 4.5; Sadinle et al.
    2019, section 3): each label's threshold is fitted on the faces that have it. A class with fewer faces than
    ``least`` keeps the threshold of all, and the promise is not made for it. Otherwise as ``conformal_threshold``;
    returns K values in [0, 1].
    """
    common = conformal_threshold(probs, labels, coverage)
    own = (labels[:, None] == np.arange(probs.shape[1])).T
    return tuple(
        conformal_threshold(probs[rows], labels[rows], coverage) if rows.sum() >= least else common for rows in own
    )
