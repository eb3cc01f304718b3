"""Measuring one network on one split: ask it, compare with labels or votes, tell leaked copies apart."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from emovere.datasets.duplicates import leaked_from_other_splits
from emovere.datasets.faceset import FaceSet
from emovere.datasets.splits import recognise
from emovere.errors import DatasetError
from emovere.evaluate.examine import Examination, examine
from emovere.evaluate.figures import confusion_png
from emovere.evaluate.text import confusion_text
from emovere.evaluate.votes import majority
from emovere.files import atomic_write
from emovere.labels import LABEL_SETS
from emovere.types import Expressions, ModelInfo, model_to_dict
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
        return f"{self.model.name} on {self.split} ({kind}), {truth}, {self.examination.official.faces:,} faces"

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


def evaluate_split(model: Predictor, faces: FaceSet, split: str, *, label_set: str = "fer7") -> SplitResult:
    """Measure a network on one split, and on it without faces that have a copy in another split.

    fer7 compares with the labels of all faces; ferplus8 with the majority of the votes, on the faces where there is
    one. Raises DatasetError where the split or the votes are missing, ConfigError where the network does not tell
    those labels apart.
    """
    names = LABEL_SETS[label_set]
    tested = faces.split(split)
    copies = leaked_from_other_splits(faces, split)
    truth = tested.labels
    if label_set == "ferplus8":
        if tested.votes is None:
            raise DatasetError("ferplus8 needs FER+'s votes and these faces have none; give --ferplus fer2013new.csv")
        truth = majority(tested.votes)
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
