"""Measuring one network on one split: ask it, compare with labels or votes, tell leaked copies apart."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from emovere.datasets.duplicates import leaked_from_other_splits
from emovere.datasets.faceset import FaceSet
from emovere.datasets.splits import recognise
from emovere.evaluate.confidence import Bin, RiskCoverage, reliability, risk_coverage
from emovere.evaluate.examine import Examination, examine
from emovere.evaluate.figures import confusion_png
from emovere.evaluate.people import HUMAN, human_agreement, one_against_the_rest
from emovere.evaluate.text import confusion_text
from emovere.evaluate.votes import truth_of
from emovere.files import atomic_write
from emovere.labels import FERPLUS8, LABEL_SETS
from emovere.types import Expressions, Int64, ModelInfo, model_to_dict
from emovere.version import __version__

SCHEMA = 1
"""Version of the layout of evaluation.json."""

FILES = ("evaluation.json", "confusion.png", "confusion.txt", "reliability.png", "risk_coverage.png")
"""What ``SplitResult.save`` writes."""

_SHARES = tuple(percent / 100 for percent in range(5, 105, 5))
"""Coverages at which the JSON gives the risk."""


class Predictor(Protocol):
    """A network that tells expressions."""

    @property
    def info(self) -> ModelInfo:
        """Which network answers."""
        ...

    def predict(self, faces: npt.NDArray[np.uint8]) -> Expressions:
        """(N, H, W) uint8 grey -> the mix of expressions on each; N may be 0."""
        ...


@dataclass(frozen=True)
class SplitResult:
    """What was measured, and on what."""

    split: str
    official_split: str | None
    """The official split that the faces are, told by their class counts; None for any other faces."""
    label_set: str
    model: ModelInfo
    examination: Examination
    human: float | None
    """How often one annotator agrees with the other nine on the same faces; None where that is not known."""
    reliability: tuple[Bin, ...]
    risk: RiskCoverage

    @property
    def title(self) -> str:
        """One line that says what was measured on."""
        kind = "official" if self.official_split else "not an official split"
        truth = "FER2013's labels" if self.label_set == "fer7" else "FER+'s majority"
        names = self.examination.label_names
        only = "" if len(names) == len(LABEL_SETS[self.label_set]) else f" of {', '.join(names)} alone"
        return f"{self.model.name} on {self.split} ({kind}), {truth}, {self.examination.official.faces:,} faces{only}"

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and strings, ready for JSON."""
        return {
            "schema": SCHEMA,
            "emovere": __version__,
            "model": model_to_dict(self.model),
            "split": self.split,
            "official_split": self.official_split,
            "label_set": self.label_set,
            "one_annotator_agrees": None if self.human is None else round(self.human, 6),
            **self.examination.to_dict(),
            "reliability": [asdict(one) for one in self.reliability],
            "risk_at_coverage": {
                f"{share:.2f}": round(self.risk.at_coverage(share), 6) for share in _SHARES if len(self.risk.risk)
            },
        }

    def save(self, folder: Path) -> None:
        """Write FILES into a folder. Raises OutputError where that cannot be done."""
        from emovere.evaluate.confidence_charts import reliability_png, risk_coverage_png

        official, names = self.examination.official, self.examination.label_names
        with atomic_write(folder / "evaluation.json") as file:
            json.dump(self.to_dict(), file, indent=2)
            file.write("\n")
        with atomic_write(folder / "confusion.txt") as file:
            file.write(confusion_text(official.confusion, names) + "\n")
        confusion_png(official, names, folder / "confusion.png", title=self.title, human=self.human)
        reliability_png(self.reliability, official.ece, folder / "reliability.png", title=self.title)
        risk_coverage_png(self.risk, folder / "risk_coverage.png", title=self.title)


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network answered about the N faces of a split on which it is measured."""

    split: str
    official_split: str | None
    label_set: str
    model: ModelInfo
    images: npt.NDArray[np.uint8]
    """(N, S, S) uint8, grey."""
    truth: Int64
    """(N,) int64, position in the labels of ``expressions``."""
    expressions: Expressions
    votes: npt.NDArray[np.int64] | None
    """(N, 10) int64, FER+'s; None where there are none."""
    copied: npt.NDArray[np.bool_] | None
    """(N,) bool: faces with a copy in another split; None where there is no other."""

    def examined(self) -> SplitResult:
        """Everything that is said about them in numbers."""
        human = None if self.votes is None else one_against_the_rest(self.votes)
        measured = math.nan if self.votes is None else human_agreement(self.votes)
        official = HUMAN[self.label_set].get(self.official_split or "")
        probs = self.expressions.probs
        return SplitResult(
            self.split,
            self.official_split,
            self.label_set,
            self.model,
            examine(probs, self.truth, self.expressions.labels, leaked_mask=self.copied, sets=self.expressions.sets),
            human=official if math.isnan(measured) else measured,
            reliability=reliability(probs, self.truth, human=human),
            risk=risk_coverage(probs, self.truth, human=human),
        )


def asked_classes(model: Predictor, label_set: str) -> tuple[str, ...]:
    """The classes on whose faces a network is measured: all, or for fer7 those that it tells, if it tells only some."""
    names = LABEL_SETS[label_set]
    told = tuple(name for name in names if name in model.info.labels)
    return told if label_set == "fer7" and len(told) > 1 else names


def positions_among(truth: Int64, names: Sequence[str]) -> Int64:
    """Positions in a label set -> those among some of its names; -1 for any other class, and where it was -1."""
    moved = np.array([names.index(name) if name in names else -1 for name in FERPLUS8] + [-1], np.int64)
    return moved[truth]


def ask_split(model: Predictor, faces: FaceSet, split: str, *, label_set: str = "fer7") -> Answers:
    """Ask a network about the faces of one split; errors are those of ``evaluate_split``."""
    names = asked_classes(model, label_set)
    tested = faces.split(split)
    copies = leaked_from_other_splits(faces, split)
    truth = positions_among(truth_of(tested, label_set), names)
    decided = truth >= 0
    return Answers(
        split,
        recognise(tested.counts),
        label_set,
        model.info,
        images=tested.images[decided],
        truth=truth[decided],
        expressions=model.predict(tested.images[decided]).select(names),
        votes=None if tested.votes is None else tested.votes[decided],
        copied=None if copies is None else copies[decided],
    )


def evaluate_split(model: Predictor, faces: FaceSet, split: str, *, label_set: str = "fer7") -> SplitResult:
    """Measure a network on one split, and on it without faces that have a copy in another split.

    fer7 compares with the labels of all faces, or of those whose class the network tells if it tells only some;
    ferplus8 with the majority of the votes, on the faces where there is one. Raises DatasetError where the split or the
    votes are missing, ConfigError where the network does not tell those labels apart.
    """
    return ask_split(model, faces, split, label_set=label_set).examined()
