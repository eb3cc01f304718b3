"""How far probabilities are from the shares of votes, and how far one annotator's vote is from the others'."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np

from emovere.errors import ShapeError
from emovere.evaluate.metrics import Array, Float64

LEAST = 1e-6
"""Probabilities below are taken for this by the divergence, which would else be infinite for a single 0."""

_HEDGES = np.linspace(0.01, 0.99, 99)


@dataclass(frozen=True)
class Distance:
    """From the shares of votes, as means over the faces; nan for none."""

    kl: float
    """Kullback-Leibler divergence in nats, from the votes to the answer."""
    brier: float
    """Sum of squared differences, in [0, 2]."""


@dataclass(frozen=True)
class Distances:
    """Of N faces with at least two votes for an expression; the rest are the votes without one annotator's."""

    faces: int
    network: Distance
    """The network from all votes."""
    network_rest: Distance
    """The network from the rest: the same scale as the annotators' below."""
    annotator_rest: Distance
    """One annotator's vote as it was cast, from the rest. Its divergence is infinite wherever they disagree."""
    hedged_rest: Distance
    """That vote blended with the mean of all faces' votes, by the share that is kindest to it."""
    hedge: float
    """That share, in (0, 1)."""
    mean_rest: Distance
    """The mean of all faces' votes: an answer that never looks."""

    def to_dict(self) -> dict[str, object]:
        """Plain numbers, ready for JSON; what is not defined or infinite is None."""
        plain = asdict(self)
        for name, value in plain.items():
            if isinstance(value, dict):
                plain[name] = {key: _number(one) for key, one in value.items()}
        plain["hedge"] = _number(self.hedge)
        return plain


def measure_distances(probs: Array, votes: Array) -> Distances:
    """Measure both against the votes.

    probs: (N, K), rows sum to 1. votes: (N, K) counts of the same labels; votes for anything else are left out, and so
    is a face with fewer than two. Raises ShapeError.
    """
    if probs.ndim != 2 or probs.shape != votes.shape:
        raise ShapeError(f"expected probs and votes of the same (N, K); got {probs.shape} and {votes.shape}")
    used = votes.sum(axis=1) > 1
    probs, votes = probs[used].astype(np.float64), votes[used].astype(np.float64)
    total = votes.sum(axis=1, keepdims=True)
    shares = votes / total
    mean = shares.mean(axis=0) if len(votes) else np.zeros(votes.shape[1])
    rest = _Rest(votes)
    hedge = float(min(_HEDGES, key=lambda share: rest.of_votes(share, mean).kl)) if len(votes) else math.nan
    return Distances(
        faces=len(votes),
        network=Distance(_mean(divergence(shares, probs)), _mean(((shares - probs) ** 2).sum(axis=1))),
        network_rest=rest.of(probs),
        annotator_rest=rest.of_votes(0.0, mean),
        hedged_rest=rest.of_votes(hedge, mean),
        hedge=hedge,
        mean_rest=rest.of(np.broadcast_to(mean, votes.shape)),
    )


def divergence(shares: Float64, probs: Float64) -> Float64:
    """Kullback-Leibler divergence of each face: (N, K) shares, (N, K) probabilities -> (N,) nats, 0 or more.

    A share of 0 adds nothing; probabilities below LEAST count as that.
    """
    known = np.where(shares > 0, shares, 1)
    ratio = np.log(known) - np.log(np.maximum(probs, LEAST))
    summed: Float64 = (np.where(shares > 0, shares, 0) * ratio).sum(axis=1)
    return summed


class _Rest:
    """Distances from the votes that are left when each annotator is left out in turn."""

    def __init__(self, votes: Float64) -> None:
        """votes: (N, K), at least two a face."""
        self._weights = votes / votes.sum(axis=1, keepdims=True)
        left = votes.sum(axis=1, keepdims=True) - 1
        eye = np.eye(votes.shape[1])
        self._shares = [np.maximum(votes - eye[column], 0) / left for column in range(len(eye))]
        self._eye = eye

    def of(self, probs: Float64) -> Distance:
        """Of one answer a face: (N, K)."""
        return self._measured([probs] * len(self._eye))

    def of_votes(self, hedge: float, mean: Float64) -> Distance:
        """Of the vote that was left out, blended with a mean by a share in [0, 1]; 0 leaves it as it was cast."""
        found = self._measured([np.broadcast_to(row, self._weights.shape) for row in self._blends(hedge, mean)])
        return Distance(math.inf if hedge == 0 and found.kl > 0 else found.kl, found.brier)

    def _blends(self, hedge: float, mean: Float64) -> Float64:
        blends: Float64 = (1 - hedge) * self._eye + hedge * mean
        return blends

    def _measured(self, answers: list[Float64]) -> Distance:
        kl, brier = np.zeros(len(self._weights)), np.zeros(len(self._weights))
        for column, (shares, probs) in enumerate(zip(self._shares, answers, strict=True)):
            kl += self._weights[:, column] * divergence(shares, probs)
            brier += self._weights[:, column] * ((shares - probs) ** 2).sum(axis=1)
        return Distance(_mean(kl), _mean(brier))


def _mean(values: Float64) -> float:
    return float(values.mean()) if len(values) else math.nan


def _number(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None
