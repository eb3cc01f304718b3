"""Measuring one network on one split: ask it, compare with labels or votes, tell leaked copies apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from emovere.datasets.duplicates import leaked_from_other_splits
from emovere.datasets.faceset import FaceSet
from emovere.datasets.splits import recognise
from emovere.evaluate.examine import Examination, examine
from emovere.evaluate.figures import confusion_png
from emovere.evaluate.text import confusion_text
from emovere.evaluate.votes import truth_of
from emovere.files import atomic_write
from emovere.labels import FERPLUS8, LABEL_SETS
from emovere.types import Expressions, Int64, ModelInfo, model_to_dict
from emovere.version import __version__

SCHEMA = 1
"""Version of the layout of evaluation.json."""


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
            **self.examination.to_dict(),
        }

    def save(self, folder: Path) -> None:
        """Write evaluation.json, confusion.txt and confusion.png. Raises OutputError where that cannot be done."""
        official, names = self.examination.official, self.examination.label_names
        with atomic_write(folder / "evaluation.json") as file:
            json.dump(self.to_dict(), file, indent=2)
            file.write("\n")
        with atomic_write(folder / "confusion.txt") as file:
            file.write(confusion_text(official.confusion, names) + "\n")
        confusion_png(official, names, folder / "confusion.png", title=self.title)


def asked_classes(model: Predictor, label_set: str) -> tuple[str, ...]:
    """The classes on whose faces a network is measured: all, or for fer7 those that it tells, if it tells only some."""
    names = LABEL_SETS[label_set]
    told = tuple(name for name in names if name in model.info.labels)
    return told if label_set == "fer7" and len(told) > 1 else names


def positions_among(truth: Int64, names: Sequence[str]) -> Int64:
    """Positions in a label set -> those among some of its names; -1 for any other class, and where it was -1."""
    moved = np.array([names.index(name) if name in names else -1 for name in FERPLUS8] + [-1], np.int64)
    return moved[truth]


def evaluate_split(model: Predictor, faces: FaceSet, split: str, *, label_set: str = "fer7") -> SplitResult:
    """Measure a network on one split, and on it without faces that have a copy in another split.

    fer7 compares with the labels of all faces, or of those whose class the network tells if it tells only some;
    ferplus8 with the majority of the votes, on the faces where there is one. Raises DatasetError where the split or the
    votes are missing, ConfigError where the network does not tell those labels apart.
    """
    names = asked_classes(model, label_set)
    tested = faces.split(split)
    copies = leaked_from_other_splits(faces, split)
    truth = positions_among(truth_of(tested, label_set), names)
    decided = truth >= 0
    answers = model.predict(tested.images[decided]).select(names)
    examination = examine(
        answers.probs,
        truth[decided],
        names,
        leaked_mask=None if copies is None else copies[decided],
        sets=answers.sets,
    )
    return SplitResult(split, recognise(tested.counts), label_set, model.info, examination)
