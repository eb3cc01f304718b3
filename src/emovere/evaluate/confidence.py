"""Whether confidence is worth anything: reliability (Niculescu-Mizil and Caruana 2005), risk and coverage."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from emovere.errors import ShapeError
from emovere.evaluate.metrics import BINS, Array, Float64, check_probs, wilson_interval

FIRST = 20
"""Faces from which on a risk is drawn: of fewer, a share of errors says nothing."""


@dataclass(frozen=True)
class Bin:
    """The faces whose confidence, the probability of the likeliest label, lies in one range; at least one."""

    low: float
    high: float
    """The range holds its upper edge."""
    faces: int
    confidence: float
    """Their mean confidence."""
    accuracy: float
    interval: tuple[float, float]
    """95 % Wilson interval of the accuracy."""
    human: float | None
    """How often one annotator agrees with the rest on the same faces; None where that is not known."""


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """The share of errors among the surest faces (El-Yaniv and Wiener 2010; Geifman and El-Yaniv 2017, 1705.08500)."""

    coverage: Float64
    """(N,) float64: 1/N, 2/N, to 1."""
    risk: Float64
    """(N,) float64: share of errors among that many of the surest faces."""
    human: Float64 | None = None
    """(N,) float64: how often one annotator disagrees with the rest on the same faces; None where not known."""

    @property
    def area(self) -> float:
        """AURC: the mean risk over all coverages, in [0, 1]; nan for N == 0."""
        return float(self.risk.mean()) if len(self.risk) else math.nan

    def at_coverage(self, share: float) -> float:
        """The risk among that share of the faces, the surest; nan for N == 0."""
        if not len(self.risk):
            return math.nan
        return float(self.risk[min(len(self.risk), max(1, math.ceil(share * len(self.risk) - 1e-9))) - 1])

    def coverage_at(self, risk: float) -> float:
        """The largest share of the faces among which there are no more errors than that; 0 where there is none."""
        fit = np.flatnonzero(self.risk <= risk + 1e-12)
        return float(self.coverage[fit[-1]]) if len(fit) else 0.0

    def drawn(self, most: int) -> list[int]:
        """At most so many places of the curve for a chart, from FIRST faces to all; none for N == 0."""
        last = len(self.risk)
        places = np.linspace(min(FIRST, last) - 1, last - 1, min(most, last)).astype(np.int64)
        return [int(place) for place in np.unique(places)]


def reliability(probs: Array, labels: Array, bins: int = BINS, human: Float64 | None = None) -> tuple[Bin, ...]:
    """Confidence beside accuracy in bins of equal width, those of ``expected_calibration_error``; empty ones left out.

    probs: (N, K). labels: (N,). human: (N,) in [0, 1], each face's agreement between people; nan where not known.
    """
    check_probs(probs, labels)
    _check_human(human, len(labels))
    confidence = probs.max(axis=1).astype(np.float64)
    right = probs.argmax(axis=1) == labels
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    found = []
    for number in np.unique(place):
        inside = place == number
        count, correct = int(inside.sum()), int(right[inside].sum())
        found.append(
            Bin(
                low=float(number / bins),
                high=float((number + 1) / bins),
                faces=count,
                confidence=float(confidence[inside].mean()),
                accuracy=correct / count,
                interval=wilson_interval(correct, count),
                human=_known_mean(None if human is None else human[inside]),
            )
        )
    return tuple(found)


def risk_coverage(probs: Array, labels: Array, human: Float64 | None = None) -> RiskCoverage:
    """Errors among the surest faces, from one face to all of them; the arguments are those of ``reliability``.

    Faces of equal confidence count as if they came in a random order: their errors are spread evenly among them.
    """
    check_probs(probs, labels)
    _check_human(human, len(labels))
    confidence = probs.max(axis=1)
    wrong = (probs.argmax(axis=1) != labels).astype(np.float64)
    known = _known_mean(human)
    # a face on which people are not known counts as the mean
    apart = None if human is None or known is None else 1 - np.where(np.isnan(human), known, human)
    return RiskCoverage(
        coverage=np.arange(1, len(labels) + 1) / max(1, len(labels)),
        risk=_cumulated(confidence, wrong),
        human=None if apart is None else _cumulated(confidence, apart),
    )


def _cumulated(confidence: Array, values: Float64) -> Float64:
    """Mean of the values over the 1, 2, ..., N surest faces."""
    if not len(values):
        return np.zeros(0)
    order = np.argsort(-confidence, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(confidence[order])), len(values) - 1)
    counts = np.arange(1, len(values) + 1)
    summed = np.interp(counts, [0, *(ends + 1)], [0.0, *np.cumsum(values[order])[ends]])
    return np.asarray(summed / counts, np.float64)


def _known_mean(values: Float64 | None) -> float | None:
    if values is None or np.isnan(values).all():
        return None
    return float(np.nanmean(values))


def _check_human(human: Float64 | None, count: int) -> None:
    if human is not None and human.shape != (count,):
        raise ShapeError(f"human: expected ({count},); got {human.shape}")
