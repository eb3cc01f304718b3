"""Everything that is said about a network's answers on one split, with and without leaked copies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from emovere.errors import ShapeError
from emovere.evaluate.confidence import risk_coverage
from emovere.evaluate.metrics import (
    Array,
    brier_score,
    check_probs,
    class_scores,
    confusion_matrix,
    expected_calibration_error,
    macro_f1,
    top_k_accuracy,
    wilson_interval,
)

TOP = 3


@dataclass(frozen=True)
class ClassFigures:
    """One class."""

    label: str
    precision: float
    """In [0, 1]; nan where the class is never predicted."""
    recall: float
    """In [0, 1]; nan where there is no face of it."""
    f1: float
    support: int
    """Faces of the class."""
    coverage: float | None = None
    """Share of its faces whose conformal set holds it; nan without a face, None where the network gives no sets."""


@dataclass(frozen=True)
class Figures:
    """How well N faces were told; every share is nan for N == 0."""

    faces: int
    correct: int
    accuracy: float
    interval: tuple[float, float]
    """95 % Wilson interval of the accuracy."""
    macro_f1: float
    top3: float
    ece: float
    """Expected calibration error, 15 bins."""
    brier: float
    """Brier score, in [0, 2]."""
    aurc: float
    """Area under the risk-coverage curve, in [0, 1]."""
    coverage: float | None
    """Share of faces whose conformal set holds the true label; None where the network gives no sets."""
    set_size: float | None
    """Mean number of labels in a set."""
    classes: tuple[ClassFigures, ...]
    confusion: tuple[tuple[int, ...], ...]
    """K rows of K counts; rows are the truth."""


@dataclass(frozen=True)
class Examination:
    """The figures on a whole split, and on what is left of it without copies from other splits."""

    label_names: tuple[str, ...]
    official: Figures
    leaked: int | None
    """Faces that have a copy in another split; None where that is not known."""
    without_leaked: Figures | None
    same_mix_accuracy: float | None
    """Accuracy without copies if the classes were as frequent as in the whole split: copies are not equally frequent
    in all classes, so that leaving them out changes the mix as well. nan where a class has nothing but copies."""

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and strings, ready for JSON; what is not defined is None."""
        return {
            "labels": list(self.label_names),
            "official": figures_to_dict(self.official),
            "leaked": self.leaked,
            "same_mix_accuracy": _number(self.same_mix_accuracy),
            "without_leaked": None if self.without_leaked is None else figures_to_dict(self.without_leaked),
        }


def examine(
    probs: Array,
    labels: Array,
    label_names: Sequence[str],
    *,
    leaked_mask: npt.NDArray[np.bool_] | None = None,
    sets: npt.NDArray[np.bool_] | None = None,
) -> Examination:
    """Measure answers against the truth.

    probs: (N, K) float, rows sum to 1. labels: (N,) int in [0, K). label_names: K. leaked_mask: (N,) bool, faces with
    a copy in another split. sets: (N, K) bool, conformal sets. Raises ShapeError where shapes do not fit.
    """
    check_probs(probs, labels)
    if probs.shape[1] != len(label_names):
        raise ShapeError(f"expected {len(label_names)} columns of probabilities; got {probs.shape[1]}")
    if sets is not None and sets.shape != probs.shape:
        raise ShapeError(f"sets: expected {probs.shape}; got {sets.shape}")
    official = measure(probs, labels, label_names, sets)
    if leaked_mask is None:
        return Examination(tuple(label_names), official, None, None, None)
    if leaked_mask.shape != labels.shape:
        raise ShapeError(f"leaked_mask: expected {labels.shape}; got {leaked_mask.shape}")
    kept = ~leaked_mask
    without = measure(probs[kept], labels[kept], label_names, None if sets is None else sets[kept])
    return Examination(tuple(label_names), official, int(leaked_mask.sum()), without, _same_mix(official, without))


def measure(
    probs: Array, labels: Array, label_names: Sequence[str], sets: npt.NDArray[np.bool_] | None = None
) -> Figures:
    """All figures of N faces; the arguments are those of ``examine``."""
    count = len(labels)
    confusion = confusion_matrix(probs.argmax(axis=1), labels, len(label_names))
    scores = class_scores(confusion)
    correct = int(np.trace(confusion))
    coverage = set_size = None
    covered: list[float | None] = [None] * len(label_names)
    if sets is not None:
        held = np.take_along_axis(sets, labels[:, None], axis=1)[:, 0]
        coverage = float(held.mean()) if count else math.nan
        set_size = float(sets.sum(axis=1).mean()) if count else math.nan
        covered = [float(held[labels == k].mean()) if n else math.nan for k, n in enumerate(scores.support)]
    classes = zip(label_names, scores.precision, scores.recall, scores.f1, scores.support, covered, strict=True)
    return Figures(
        faces=count,
        correct=correct,
        accuracy=correct / count if count else math.nan,
        interval=wilson_interval(correct, count),
        macro_f1=macro_f1(confusion),
        top3=top_k_accuracy(probs, labels, TOP),
        ece=expected_calibration_error(probs, labels),
        brier=brier_score(probs, labels),
        aurc=risk_coverage(probs, labels).area,
        coverage=coverage,
        set_size=set_size,
        classes=tuple(ClassFigures(name, float(p), float(r), float(f), int(n), c) for name, p, r, f, n, c in classes),
        confusion=tuple(tuple(int(n) for n in row) for row in confusion),
    )


def figures_to_dict(figures: Figures) -> dict[str, Any]:
    """JSON form of Figures; shares to 6 digits."""
    return {
        "faces": figures.faces,
        "correct": figures.correct,
        "accuracy": _number(figures.accuracy),
        "accuracy_interval_95": [_number(edge) for edge in figures.interval],
        "macro_f1": _number(figures.macro_f1),
        "top3_accuracy": _number(figures.top3),
        "ece": _number(figures.ece),
        "brier": _number(figures.brier),
        "aurc": _number(figures.aurc),
        "set_coverage": _number(figures.coverage),
        "set_size": _number(figures.set_size),
        "classes": {
            one.label: {
                "precision": _number(one.precision),
                "recall": _number(one.recall),
                "f1": _number(one.f1),
                "support": one.support,
                "set_coverage": _number(one.coverage),
            }
            for one in figures.classes
        },
        "confusion": [list(row) for row in figures.confusion],
    }


def _same_mix(official: Figures, without: Figures) -> float:
    """The recalls of ``without``, weighted by the frequencies of ``official`` (post-stratification)."""
    there = [(whole.support, left.recall) for whole, left in zip(official.classes, without.classes, strict=True)]
    total = sum(support for support, _ in there)
    return sum(support * recall for support, recall in there if support) / total if total else math.nan


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(value, 6)
