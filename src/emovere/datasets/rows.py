"""Faces and what is known of each: where it comes from, whose it is, under which licence, what was done to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from emovere.datasets.duplicates import exact_hashes
from emovere.datasets.faceset import FaceSet, join
from emovere.errors import DatasetError

ABOUT = {
    "source": "where it comes from: a URL, or a row of another set",
    "page": "the page that shows it",
    "author": "who made the picture",
    "licence": "short name, such as CC BY 4.0",
    "licence_url": "where the licence can be read",
    "collected": "ISO date",
    "group": "a person, a source, copies of one picture: a group is never in two splits",
    "picture": "the whole picture's file, relative to the set's folder where it lies inside",
    "box": "x1 y1 x2 y2 of the face in the whole picture, in pixels",
    "colour": "the file of the face in colour at full size, relative to the set's folder",
    "made": "empty for a real face; else how it was made: rotated, scaled, zoomed, flipped or generated",
    "made_from": "key of the face that it was made from",
}
"""What may be known of a face, in this order; a text each, empty where unknown."""


@dataclass(frozen=True, eq=False)
class FaceRows:
    """N faces of a set with what is known of them. N may be 0."""

    faces: FaceSet
    keys: npt.NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, "U64"))
    """(N,) SHA-256 of each face's pixels, in hexadecimal: same pixels, same key. Left out, they are computed."""
    about: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Columns of ABOUT that the set has: N texts each."""

    def __post_init__(self) -> None:
        if not len(self.keys) and len(self.faces):
            object.__setattr__(self, "keys", exact_hashes(self.faces.images))
        if len(self.keys) != len(self.faces):
            raise DatasetError(f"keys: expected {len(self.faces)}; got {len(self.keys)}")
        for name, texts in self.about.items():
            if name not in ABOUT:
                raise DatasetError(f"unknown column {name!r}; there are: {', '.join(ABOUT)}")
            if len(texts) != len(self.faces):
                raise DatasetError(f"{name}: expected {len(self.faces)} texts; got {len(texts)}")

    def __len__(self) -> int:
        return len(self.faces)

    def __getitem__(self, rows: npt.NDArray[Any]) -> FaceRows:
        """The faces at these rows (indices or a mask)."""
        picked = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        about = {name: tuple(texts[i] for i in picked) for name, texts in self.about.items()}
        return FaceRows(self.faces[picked], self.keys[picked], about)

    def column(self, name: str) -> tuple[str, ...]:
        """N texts; empty ones where the set has no such column. Raises DatasetError for a name that is not in ABOUT."""
        if name not in ABOUT:
            raise DatasetError(f"unknown column {name!r}; there are: {', '.join(ABOUT)}")
        return self.about.get(name, ("",) * len(self))

    def with_columns(self, **columns: Sequence[str]) -> FaceRows:
        """The same faces with these columns added or replaced."""
        return dataclasses.replace(self, about={**self.about, **{k: tuple(v) for k, v in columns.items()}})

    def with_faces(self, faces: FaceSet) -> FaceRows:
        """The same rows with other labels, splits, votes or names; the pictures must be the same."""
        return dataclasses.replace(self, faces=faces)


def join_rows(parts: Sequence[FaceRows]) -> FaceRows:
    """One or more sets as one, in their order. Raises DatasetError where the label names differ."""
    names = [name for name in ABOUT if any(name in part.about for part in parts)]
    about = {name: tuple(text for part in parts for text in part.column(name)) for name in names}
    return FaceRows(join([part.faces for part in parts]), np.concatenate([part.keys for part in parts]), about)
