"""How far labellers agree beyond chance: Cohen's kappa for two of them, Fleiss' for more.

Cohen 1960, "A Coefficient of Agreement for Nominal Scales"; Fleiss 1971, "Measuring Nominal Scale Agreement Among Many
Raters". Intervals are 95 % bootstrap percentiles over faces.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from emovere.datasets.review.ballot import Codes
from emovere.errors import ShapeError

RESAMPLED = 1000
"""Bootstrap samples of an interval."""

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Agreement:
    """Of two labellers or more, on the faces on which each of them has voted."""

    labellers: tuple[str, ...]
    faces: int
    same: float
    """Share of faces of which all said the same; nan for no face."""
    kappa: float
    """1 for agreement throughout, 0 for what chance gives; nan where only one answer was ever given."""
    low: float
    """Lower end of the 95 % interval; nan where kappa is."""
    high: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; what is not known is None."""
        numbers = {name: getattr(self, name) for name in ("same", "kappa", "low", "high")}
        plain = {name: None if math.isnan(value) else value for name, value in numbers.items()}
        return {"labellers": list(self.labellers), "faces": self.faces, **plain}


def cohen_kappa(confusion: Counts) -> float:
    """Cohen's kappa of (K, K) faces by what the first and what the second labeller said.

    nan for no face, and where both gave one and the same answer throughout. Raises ShapeError.
    """
    if confusion.ndim != 2 or confusion.shape[0] != confusion.shape[1]:
        raise ShapeError(f"confusion: expected (K, K); got {confusion.shape}")
    total = confusion.sum()
    if not total:
        return math.nan
    observed = np.trace(confusion) / total
    chance = float(confusion.sum(axis=0) @ confusion.sum(axis=1)) / float(total) ** 2
    return math.nan if chance >= 1 else float((observed - chance) / (1 - chance))


def fleiss_kappa(counts: Counts) -> float:
    """Fleiss' kappa of (N, K) votes by face and category, each face with the same number of votes, two at least.

    nan for no face, and where one answer was given throughout. Raises ShapeError.
    """
    if counts.ndim != 2:
        raise ShapeError(f"counts: expected (N, K); got {counts.shape}")
    if not len(counts):
        return math.nan
    raters = counts.sum(axis=1)
    if raters.min() != raters.max() or raters[0] < 2:
        raise ShapeError(
            f"counts: expected the same number of votes for each face; got {raters.min()} to {raters.max()}"
        )
    return _fleiss(counts, np.ones(len(counts), np.int64))


def agreements(codes: Mapping[str, Codes], categories: int) -> list[Agreement]:
    """Each pair of labellers, and with three or more all of them together as the last.

    codes: of each labeller's name the (N,) codes of their votes. categories: how many codes there are but 0. Pairs that
    have no face in common are left out.
    """
    pairs = [_two(pair, codes[pair[0]], codes[pair[1]], categories) for pair in itertools.combinations(codes, 2)]
    found = [pair for pair in pairs if pair.faces]
    if len(codes) > 2:
        found.append(_many(tuple(codes), np.stack(list(codes.values())), categories))
    return found


def _two(names: tuple[str, str], first: Codes, second: Codes, categories: int) -> Agreement:
    both = (first > 0) & (second > 0)
    confusion = np.zeros((categories, categories), np.int64)
    np.add.at(confusion, (first[both] - 1, second[both] - 1), 1)
    total = int(confusion.sum())
    shapes = confusion.shape
    kappa = cohen_kappa(confusion)
    low, high = _interval(confusion.ravel(), lambda drawn: cohen_kappa(drawn.reshape(shapes)), kappa)
    return Agreement(names, total, float(np.trace(confusion) / total) if total else math.nan, kappa, low, high)


def _many(names: tuple[str, ...], codes: npt.NDArray[np.int16], categories: int) -> Agreement:
    shared = codes[:, (codes > 0).all(axis=0)]
    counts = np.zeros((shared.shape[1], categories), np.int64)
    for one in shared:
        np.add.at(counts, (np.arange(len(one)), one - 1), 1)
    # faces of the same votes are one pattern, so that a sample is a draw of how often each pattern comes
    patterns, times = np.unique(counts, axis=0, return_counts=True)
    kappa = fleiss_kappa(counts)
    low, high = _interval(times, lambda drawn: _fleiss(patterns, drawn), kappa)
    same = float((counts.max(axis=1) == len(names)).mean()) if len(counts) else math.nan
    return Agreement(names, len(counts), same, kappa, low, high)


def _fleiss(patterns: Counts, times: Counts) -> float:
    raters = int(patterns[0].sum())
    weights = times / times.sum()
    alike = ((patterns**2).sum(axis=1) - raters) / (raters * (raters - 1))
    shares = weights @ patterns / raters
    chance = float(shares @ shares)
    return math.nan if chance >= 1 - 1e-12 else float((weights @ alike - chance) / (1 - chance))


def _interval(times: Counts, kappa_of: Callable[[Counts], float], kappa: float) -> tuple[float, float]:
    if math.isnan(kappa):
        return math.nan, math.nan
    drawn = np.random.default_rng(0).multinomial(int(times.sum()), times / times.sum(), RESAMPLED)
    found = np.array([kappa_of(one) for one in drawn])
    found = found[~np.isnan(found)]
    low, high = np.percentile(found, (2.5, 97.5)) if len(found) else (math.nan, math.nan)
    return float(low), float(high)
