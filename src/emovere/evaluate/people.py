"""A network beside people: FER+'s ten annotators, each of them against the other nine (Barsoum et al. 2016).

FER+ says how often a face was called what, not by whom. Whatever is said here of one annotator is therefore a mean over
the ten, each left out in turn: a column of votes stands for as many annotators as it counts.

Everywhere: votes (N, 10) int in FER+'s column order, among them 'unknown' and 'not a face'; N may be 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from emovere.errors import DatasetError, ShapeError
from emovere.evaluate.metrics import Array, Float64
from emovere.evaluate.people_distance import Distances, measure_distances
from emovere.evaluate.votes import COLUMNS, majority
from emovere.labels import FERPLUS8
from emovere.types import Expressions

HUMAN: dict[str, dict[str, float]] = {
    "fer7": {"PublicTest": 0.733, "PrivateTest": 0.702},
    "ferplus8": {"PublicTest": 0.799, "PrivateTest": 0.771},
}
"""How often one annotator agrees with most of the other nine: on all faces, whose labels are FER2013's, and on those
with a majority of the votes. ``human_agreement`` gives them; they stand here for charts that have no votes."""


@dataclass(frozen=True, eq=False)
class Duels:
    """The network against one annotator, judged by the other nine; (N,) float64 each, the three sum to 1.

    Whoever named what more of the nine named wins; an equal number, and the same answer, is a tie.
    """

    won: Float64
    tied: Float64
    lost: Float64

    @property
    def share(self) -> Float64:
        """(N,) float64: won, with ties as half."""
        return self.won + self.tied / 2


@dataclass(frozen=True)
class PeopleFigures:
    """The network beside one annotator on N faces; every share is nan for N == 0."""

    faces: int
    human: float
    """How often one annotator agrees with most of the other nine."""
    network: float
    """How often the network does."""
    network_interval: tuple[float, float]
    """95 % interval, over the faces."""
    beats: float
    """Share of duels with one annotator that the network wins, ties as half."""
    beats_interval: tuple[float, float]
    won: float
    tied: float
    lost: float
    distances: Distances
    """How far the probabilities are from the votes."""


@dataclass(frozen=True)
class People:
    """All faces, and those on which the annotators have a majority."""

    every: PeopleFigures
    decided: PeopleFigures

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, ready for JSON; what is not defined is None."""
        return {"all_faces": _figures_to_dict(self.every), "with_majority": _figures_to_dict(self.decided)}


def one_against_the_rest(votes: Array) -> Float64:
    """How often one annotator of each face agrees with most of the others: (N, 10) -> (N,) in [0, 1].

    'Unknown' and 'not a face' are answers like any other. Where t answers share the most votes of the others, agreeing
    with one of them counts 1 / t. nan for a face with fewer than two votes.
    """
    return _mean_over_annotators(votes, lambda others, column: _credit(others)[:, column])


def human_agreement(votes: Array) -> float:
    """The mean of ``one_against_the_rest`` over the faces: the human line; nan for none."""
    return _mean(one_against_the_rest(votes))


def human_recall(votes: Array) -> Float64:
    """For each label of FERPLUS8, how often one annotator names it where most of the others do: (N, 10) -> (8,).

    nan for a label that most of the others never name.
    """
    _check(votes)
    named, agreed = np.zeros(len(COLUMNS)), np.zeros(len(COLUMNS))
    for column, others in _left_out(votes):
        weights = votes[:, [column]] * _credit(others)[:, COLUMNS]
        named += weights.sum(axis=0)
        if column in COLUMNS:
            agreed[COLUMNS.index(column)] += weights[:, COLUMNS.index(column)].sum()
    recall: Float64 = np.divide(agreed, named, out=np.full(len(named), np.nan), where=named > 0)
    return recall


def network_against_the_rest(votes: Array, answers: Array) -> Float64:
    """How often the network agrees with most of the votes when one annotator is left out: the same scale as people's.

    answers: (N,) int, position in FERPLUS8. Returns (N,) in [0, 1].
    """
    rows, columns = _rows(votes, answers)
    return _mean_over_annotators(votes, lambda others, column: _credit(others)[rows, columns])


def duels(votes: Array, answers: Array) -> Duels:
    """The network against each annotator in turn. answers: (N,) int, position in FERPLUS8. Raises ShapeError."""
    rows, columns = _rows(votes, answers)

    def ahead(others: Array, column: int) -> Float64:
        return np.asarray(others[rows, columns] - others[:, column], np.float64)

    won = _mean_over_annotators(votes, lambda others, column: (ahead(others, column) > 0).astype(np.float64))
    lost = _mean_over_annotators(votes, lambda others, column: (ahead(others, column) < 0).astype(np.float64))
    return Duels(won, 1 - won - lost, lost)


def measure_people(answers: Expressions, votes: Array | None) -> People:
    """A network's answers beside the annotators', on all N faces and on those with a majority.

    answers: over some or all of FERPLUS8's labels. votes: (N, 10). Raises DatasetError where there are no votes.
    """
    if votes is None:
        raise DatasetError("people: FER+'s votes are needed and these faces have none; give --ferplus fer2013new.csv")
    _check(votes)
    if len(votes) != len(answers):
        raise ShapeError(f"people: expected votes of {len(answers)} faces; got {len(votes)}")
    decided = majority(votes) >= 0
    return People(_measure(answers, votes), _measure(answers[decided], votes[decided]))


def _measure(answers: Expressions, votes: Array) -> PeopleFigures:
    places = np.array([FERPLUS8.index(name) for name in answers.labels])
    given = places[answers.probs.argmax(axis=1)]
    agreed, fought = network_against_the_rest(votes, given), duels(votes, given)
    return PeopleFigures(
        faces=len(votes),
        human=human_agreement(votes),
        network=_mean(agreed),
        network_interval=mean_interval(agreed),
        beats=_mean(fought.share),
        beats_interval=mean_interval(fought.share),
        won=_mean(fought.won),
        tied=_mean(fought.tied),
        lost=_mean(fought.lost),
        distances=measure_distances(answers.probs, votes[:, [COLUMNS[place] for place in places]]),
    )


def mean_interval(values: Float64) -> tuple[float, float]:
    """95 % interval of the mean of shares, normal over the faces: (N,) -> (low, high); nan for fewer than two."""
    known = values[~np.isnan(values)]
    if len(known) < 2:
        return math.nan, math.nan
    middle, half = float(known.mean()), 1.96 * float(known.std(ddof=1)) / math.sqrt(len(known))
    return max(0.0, middle - half), min(1.0, middle + half)


def _mean_over_annotators(votes: Array, score: Any) -> Float64:
    """The mean of score(votes of the others, the annotator's column) over a face's annotators; nan for fewer than two.

    score: (N, 10) int and a column -> (N,) float64.
    """
    _check(votes)
    total = votes.sum(axis=1)
    summed = np.zeros(len(votes))
    for column, others in _left_out(votes):
        summed += votes[:, column] * score(others, column)
    mean: Float64 = np.divide(summed, total, out=np.full(len(votes), np.nan), where=total > 1)
    return mean


def _left_out(votes: Array) -> Iterator[tuple[int, Array]]:
    """Each column, and the votes without one of that column's; what has no vote there weighs nothing afterwards."""
    for column in range(votes.shape[1]):
        others = votes.copy()
        others[:, column] = np.maximum(others[:, column] - 1, 0)
        yield column, others


def _credit(others: Array) -> Float64:
    """(N, 10) votes -> (N, 10): 1 for the answer with most votes, 1 / t each where t share the first place."""
    first = others == others.max(axis=1, keepdims=True)
    credit: Float64 = first / first.sum(axis=1, keepdims=True)
    return credit


def _rows(votes: Array, answers: Array) -> tuple[Array, Array]:
    """Where the votes for the network's answer on each face stand."""
    _check(votes)
    if answers.shape != votes.shape[:1] or answers.dtype.kind not in "iu":
        raise ShapeError(f"answers: expected ({len(votes)},) whole numbers; got {answers.shape} {answers.dtype}")
    if len(answers) and not 0 <= answers.min() <= answers.max() < len(COLUMNS):
        raise ShapeError(f"answers: expected 0 to {len(COLUMNS) - 1}; got {answers.min()} to {answers.max()}")
    return np.arange(len(votes)), np.array(COLUMNS)[answers]


def _check(votes: Array) -> None:
    if votes.ndim != 2 or votes.shape[1] != 10 or votes.dtype.kind not in "iu" or (votes < 0).any():
        raise ShapeError(f"votes: expected (N, 10) counts in FER+'s column order; got {votes.shape} {votes.dtype}")


def _mean(values: Float64) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


def _figures_to_dict(figures: PeopleFigures) -> dict[str, Any]:
    return {
        "faces": figures.faces,
        "one_annotator_agrees_with_the_rest": _number(figures.human),
        "network_agrees_with_the_rest": _number(figures.network),
        "network_agrees_interval_95": [_number(edge) for edge in figures.network_interval],
        "network_beats_one_annotator": _number(figures.beats),
        "network_beats_interval_95": [_number(edge) for edge in figures.beats_interval],
        "won": _number(figures.won),
        "tied": _number(figures.tied),
        "lost": _number(figures.lost),
        "distances": figures.distances.to_dict(),
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
