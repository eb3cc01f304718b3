"""What conformal sets promise each class, and what it costs: one threshold for all beside one for each label.

Thresholds that are fitted and measured on the same faces keep every promise by construction. So faces are dealt into
folds, and each is judged by thresholds that were fitted on the others (cross-fitting).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emovere.errors import ShapeError
from emovere.evaluate.calibrate import LEAST_FACES, class_thresholds, conformal_threshold
from emovere.evaluate.metrics import Array, check_probs

Fit = Callable[[Array, Array], Sequence[float]]
"""(N, K) probabilities and (N,) labels -> K thresholds."""


@dataclass(frozen=True)
class Coverage:
    """What sets held and how large they were, as means over the repeats."""

    covered: float
    """Share of faces whose set holds the true label."""
    size: float
    """Mean number of labels in a set."""
    single: float
    """Share of sets with one label."""
    classes: tuple[tuple[float, float], ...]
    """For each class, ``covered`` and ``size`` of its own faces; nan without a face."""


def one_for_all(coverage: float) -> Fit:
    """One threshold, for every label the same."""

    def fit(probs: Array, labels: Array) -> Sequence[float]:
        return [conformal_threshold(probs, labels, coverage)] * probs.shape[1]

    return fit


def one_for_each(coverage: float, *, least: int = LEAST_FACES) -> Fit:
    """A threshold for each label that has at least so many faces."""
    return lambda probs, labels: class_thresholds(probs, labels, coverage, least=least)


def cross_fitted(
    probs: Array, labels: Array, fit: Fit, *, folds: int = 10, repeats: int = 10, seed: int = 0
) -> Coverage:
    """Measure sets on faces by which their thresholds were not fitted.

    probs: (N, K). labels: (N,). Every class is dealt evenly into the folds, anew in each repeat. Raises ShapeError for
    fewer faces than folds.
    """
    check_probs(probs, labels)
    if not 2 <= folds <= len(labels):
        raise ShapeError(f"folds: expected 2 to {len(labels)}, the number of faces; got {folds}")
    held, sizes = np.zeros((repeats, len(labels)), np.bool_), np.zeros((repeats, len(labels)), np.int64)
    for repeat in range(repeats):
        fold = _dealt(labels, folds, np.random.default_rng((seed, repeat)))
        for number in range(folds):
            inside = fold == number
            sets = conformal_sets(probs[inside], fit(probs[~inside], labels[~inside]))
            held[repeat, inside] = np.take_along_axis(sets, labels[inside, None], axis=1)[:, 0]
            sizes[repeat, inside] = sets.sum(axis=1)
    classes = [labels == k for k in range(probs.shape[1])]
    return Coverage(
        covered=float(held.mean()),
        size=float(sizes.mean()),
        single=float((sizes == 1).mean()),
        classes=tuple(
            (float(held[:, rows].mean()), float(sizes[:, rows].mean())) if rows.any() else (np.nan, np.nan)
            for rows in classes
        ),
    )


def conformal_sets(probs: Array, limits: Sequence[float]) -> npt.NDArray[np.bool_]:
    """The labels that reach their thresholds, and the likeliest in any case: (N, K), K -> (N, K) bool."""
    sets: npt.NDArray[np.bool_] = probs >= np.asarray(limits)
    sets[np.arange(len(probs)), probs.argmax(axis=1)] = True
    return sets


def _dealt(labels: Array, folds: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """A fold for each face: (N,) int64 in [0, folds)."""
    order = rng.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    fold = np.empty(len(labels), np.int64)
    fold[order] = np.arange(len(labels)) % folds
    return fold
