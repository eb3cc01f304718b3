"""Networks side by side on one split: each one's figures, and whether any two have been shown to differ."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from emovere.datasets.duplicates import leaked_from_other_splits
from emovere.datasets.faceset import FaceSet
from emovere.datasets.splits import recognise
from emovere.errors import ConfigError, LabelMismatch
from emovere.evaluate.comparison_significance import difference_interval, holm, mcnemar_exact
from emovere.evaluate.examine import Examination, examine
from emovere.evaluate.split import Predictor
from emovere.evaluate.votes import truth_of
from emovere.labels import LABEL_SETS
from emovere.types import ModelInfo, model_to_dict
from emovere.version import __version__

SCHEMA = 1
"""Version of the layout of the JSON."""

LEVEL = 0.05
"""Corrected p below which two networks count as different."""


@dataclass(frozen=True)
class Entrant:
    """One network and how well it did."""

    name: str
    model: ModelInfo
    parameters: int | None
    """Weights of the network; None where its file does not say."""
    examination: Examination


@dataclass(frozen=True)
class Pair:
    """Two networks that answered about the same N faces."""

    first: str
    second: str
    only_first: int
    """Faces that the first alone gets right."""
    only_second: int
    difference: float
    """Accuracy of the first minus that of the second, in [-1, 1]; nan for N == 0."""
    interval: tuple[float, float]
    """95 % bootstrap interval of the difference."""
    p: float
    """McNemar's exact test, two-sided."""
    p_holm: float
    """The same, corrected for the number of pairs."""

    @property
    def verdict(self) -> str:
        """What the corrected test allows to be said."""
        if self.p_holm >= LEVEL:
            return "not shown to differ"
        return f"{self.first if self.difference > 0 else self.second} is better"


@dataclass(frozen=True)
class Comparison:
    """Everything that was found on one split."""

    split: str
    official_split: str | None
    label_set: str
    entrants: tuple[Entrant, ...]
    pairs: tuple[Pair, ...]

    @property
    def title(self) -> str:
        """One line that says what was compared on."""
        kind = "official" if self.official_split else "not an official split"
        truth = "FER2013's labels" if self.label_set == "fer7" else "FER+'s majority"
        faces = self.entrants[0].examination.official.faces
        return f"{len(self.entrants)} networks on {self.split} ({kind}), {truth}, {faces:,} faces"

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and strings, ready for JSON; what is not defined is None."""
        return {
            "schema": SCHEMA,
            "emovere": __version__,
            "split": self.split,
            "official_split": self.official_split,
            "label_set": self.label_set,
            "networks": [
                {
                    "name": one.name,
                    "model": model_to_dict(one.model),
                    "parameters": one.parameters,
                    **one.examination.to_dict(),
                }
                for one in self.entrants
            ],
            "pairs": [
                {
                    "first": pair.first,
                    "second": pair.second,
                    "only_first_right": pair.only_first,
                    "only_second_right": pair.only_second,
                    "difference": _number(pair.difference),
                    "difference_interval_95": [_number(edge) for edge in pair.interval],
                    "mcnemar_p": pair.p,
                    "holm_p": pair.p_holm,
                    "verdict": pair.verdict,
                }
                for pair in self.pairs
            ],
        }


def compare_networks(
    networks: Mapping[str, Predictor],
    faces: FaceSet,
    split: str,
    *,
    label_set: str = "fer7",
    parameters: Mapping[str, int | None] | None = None,
) -> Comparison:
    """Ask two or more networks about the same faces.

    networks: by the name that each is to bear. fer7 compares with the labels of all faces; ferplus8 with the majority
    of the votes, where there is one. Raises ConfigError for fewer than two networks, LabelMismatch where they do not
    all tell the labels of the set apart, DatasetError where the split or the votes are missing.
    """
    if len(networks) < 2:
        raise ConfigError(
            f"compare: expected at least two networks; got {len(networks)}; emovere evaluate measures one"
        )
    names = LABEL_SETS[label_set]
    _check_labels(networks, names)
    tested = faces.split(split)
    truth = truth_of(tested, label_set)
    decided = truth >= 0
    images, truth = tested.images[decided], truth[decided]
    copies = leaked_from_other_splits(faces, split)
    copies = None if copies is None else copies[decided]
    entrants, right = [], {}
    for name, network in networks.items():
        answers = network.predict(images).select(names)
        right[name] = answers.probs.argmax(axis=1) == truth
        examination = examine(answers.probs, truth, names, leaked_mask=copies, sets=answers.sets)
        entrants.append(Entrant(name, network.info, (parameters or {}).get(name), examination))
    return Comparison(split, recognise(tested.counts), label_set, tuple(entrants), pairs_of(right))


def pairs_of(right: Mapping[str, npt.NDArray[np.bool_]]) -> tuple[Pair, ...]:
    """Every two networks, in the order given, with Holm's correction over all of them.

    right: a network's name -> (N,) bool, which of the same N faces it gets right.
    """
    found: list[tuple[str, str, int, int, int]] = []
    for (first, one), (second, other) in itertools.combinations(right.items(), 2):
        found.append((first, second, int((one & ~other).sum()), int((other & ~one).sum()), len(one)))
    p_values = [mcnemar_exact(only_first, only_second) for _, _, only_first, only_second, _ in found]
    return tuple(
        Pair(
            first=first,
            second=second,
            only_first=only_first,
            only_second=only_second,
            difference=(only_first - only_second) / faces if faces else math.nan,
            interval=difference_interval(only_first, only_second, faces),
            p=p,
            p_holm=corrected,
        )
        for (first, second, only_first, only_second, faces), p, corrected in zip(
            found, p_values, holm(p_values), strict=True
        )
    )


def _check_labels(networks: Mapping[str, Predictor], names: Sequence[str]) -> None:
    for name, network in networks.items():
        told = network.info.labels
        if set(told) != set(names):
            raise LabelMismatch(
                f"{name} tells {', '.join(told)} apart; expected {', '.join(names)}: networks can only be compared on "
                "one label set; leave it out, or name another with --labels"
            )


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
