"""What a labeller can say of a face, and the columns in which it is counted: FER+'s ten wherever they fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from emovere.errors import DatasetError
from emovere.labels import FERPLUS8, FERPLUS_COLUMNS, FERPLUS_TO_LABEL

ANSWERS = ("accept", "reject", "relabel", "not a face", "unsure")
"""accept: the label is right. reject: it is wrong, and no other is named. relabel: another one is right."""

Codes: TypeAlias = npt.NDArray[np.int16]
"""What a labeller said of each face: 0 for nothing yet, else 1 and the position in ``Ballot.categories``."""


@dataclass(frozen=True)
class Ballot:
    """The answers that are possible for a set with these labels."""

    labels: tuple[str, ...]
    """Names of the set's labels."""

    def __post_init__(self) -> None:
        if not self.labels or len(set(self.labels)) < len(self.labels):
            raise DatasetError(f"labels: expected different names; got {', '.join(self.labels) or 'none'}")

    @property
    def is_ferplus(self) -> bool:
        """Whether FER+'s ten columns have a place for each of the set's labels."""
        return set(self.labels) <= set(FERPLUS8)

    @property
    def choices(self) -> tuple[str, ...]:
        """Labels that can be named: the set's, and what else FER+ tells apart where that fits."""
        others = tuple(name for name in FERPLUS8 if name not in self.labels) if self.is_ferplus else ()
        return (*self.labels, *others)

    @property
    def categories(self) -> tuple[str, ...]:
        """What two labellers can agree or disagree on."""
        return (*self.choices, "rejected", "unsure", "not a face")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of votes: FER+'s ten, or the set's own labels with FER+'s last two."""
        return FERPLUS_COLUMNS if self.is_ferplus else (*self.labels, "unknown", "NF")

    def code(self, answer: str, label: str) -> int:
        """The code of an answer; 0 where its label is none of the choices (any more).

        label: the one that is named, or that the face bore when it was accepted or rejected.
        """
        if answer in ("accept", "relabel"):
            return self.choices.index(label) + 1 if label in self.choices else 0
        place = {"reject": 0, "unsure": 1, "not a face": 2}.get(answer)
        return 0 if place is None else len(self.choices) + place + 1

    def column_of(self) -> npt.NDArray[np.int64]:
        """For each category the column in which its votes are counted: (K,) int64.

        FER+ has no column for a label that is wrong without another being named: it counts as unknown.
        """
        word = {label: column for column, label in FERPLUS_TO_LABEL.items()} if self.is_ferplus else {}
        names = [*(word.get(label, label) for label in self.choices), "unknown", "unknown", "NF"]
        return np.array([self.columns.index(name) for name in names], np.int64)

    def count(self, codes: Sequence[Codes]) -> npt.NDArray[np.int64]:
        """Votes of all labellers by category: any number of (N,) codes -> (N, K) int64.

        Raises DatasetError where there is no labeller.
        """
        if not codes:
            raise DatasetError("votes: expected those of one labeller at least; there are none yet")
        counts = np.zeros((len(codes[0]), len(self.categories)), np.int64)
        for one in codes:
            said = np.flatnonzero(one)
            np.add.at(counts, (said, one[said] - 1), 1)
        return counts

    def columns_of(self, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Votes by category as votes by column: (N, K) -> (N, 10) int64, or as many columns as there are."""
        votes = np.zeros((len(counts), len(self.columns)), np.int64)
        for category, column in enumerate(self.column_of()):
            votes[:, column] += counts[:, category]
        return votes
