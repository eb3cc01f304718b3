"""Which faces must not be parted: the same person, the same source, the same picture or one that is nearly the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emovere.datasets.clean.copies import hash_pairs, joined
from emovere.datasets.duplicates import NEAR
from emovere.datasets.rows import FaceRows
from emovere.errors import ConfigError
from emovere.types import Int64

CHOICE = ("group", "source", "page", "picture", "author")
"""Columns whose equal texts may hold faces together."""

DEFAULT = ("group", "source", "page", "picture")
"""Those that do unless told otherwise: one author's pictures often show different people."""


def groups_of(rows: FaceRows, *, by: Sequence[str] = DEFAULT, near: int = NEAR) -> Int64:
    """The group of each face: (N,) int64, the smallest row of the group; N may be 0.

    Faces belong together where a column of ``by`` says the same, where they are copies, mirrored or not, within
    ``near`` bits of 64 of each other's perceptual hash, and where one was made from the other. What belongs to the same
    third face belongs together. Raises ConfigError for a column that is not in CHOICE.
    """
    for name in by:
        if name not in CHOICE:
            raise ConfigError(f"by: expected some of {', '.join(CHOICE)}; got {name!r}")
    pairs = [_same(rows.keys.tolist())]
    pairs += [_same(list(rows.column(name))) for name in by if name in rows.about]
    pairs.append(_made(rows))
    first_of_key = np.unique(rows.keys, return_index=True)[1]
    alike = hash_pairs(rows.faces.images[first_of_key], near)
    pairs.append(np.stack([first_of_key[alike.first], first_of_key[alike.second]]))
    first, second = np.concatenate(pairs, axis=1)
    return joined(len(rows), first, second)


def _same(texts: Sequence[str]) -> Int64:
    """(2, M): each row whose text, if there is any, stood before, with the first row that has it."""
    seen: dict[str, int] = {}
    found = [(seen.setdefault(text, row), row) for row, text in enumerate(texts) if text]
    later = [pair for pair in found if pair[0] != pair[1]]
    return np.array(later, np.int64).reshape(-1, 2).T


def _made(rows: FaceRows) -> Int64:
    """(2, M): faces that were made from others, with the first row of their origin, or of another made from it."""
    seen: dict[str, int] = {}
    for row, key in enumerate(rows.keys.tolist()):
        seen.setdefault(key, row)
    found = [(seen.setdefault(origin, row), row) for row, origin in enumerate(rows.column("made_from")) if origin]
    return np.array([pair for pair in found if pair[0] != pair[1]], np.int64).reshape(-1, 2).T
