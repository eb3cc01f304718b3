"""Faces that stand in a set more than once: exact copies, near ones, mirrored ones, and one person in two splits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emovere.datasets.clean.copies import Pairs, hash_pairs
from emovere.datasets.duplicates import NEAR
from emovere.datasets.rows import FaceRows
from emovere.types import Bool, Int64

Groups = tuple[Int64, ...]
"""Rows of each group, in the order of their first row."""


@dataclass(frozen=True, eq=False)
class ExactCopies:
    """Faces with the same pixels."""

    groups: Groups
    """Every group of two or more."""
    conflicting: Groups
    """Those with more than one label."""
    across: Groups
    """Those in more than one split; faces without a split do not count."""

    @property
    def surplus(self) -> int:
        """Faces that would go if one of each group stayed."""
        return sum(len(group) - 1 for group in self.groups)


@dataclass(frozen=True, eq=False)
class NearCopies:
    """Different faces whose perceptual hashes are near: pairs of rows, one row for each face with the same pixels."""

    plain: Int64
    """(M, 2) rows that are alike as they are, the smaller first."""
    mirrored: Int64
    """(M, 2) rows of which one is like the other's mirror image."""
    plain_across: Bool
    """(M,) whether copies of the one stand in another split than copies of the other."""
    mirrored_across: Bool


def exact_copies(rows: FaceRows) -> ExactCopies:
    """Groups of faces with the same key."""
    groups = same_text(rows.keys.tolist())
    labels, splits = rows.faces.labels, rows.faces.splits
    return ExactCopies(
        groups,
        tuple(group for group in groups if len(set(labels[group].tolist())) > 1),
        tuple(group for group in groups if _several(splits[group].tolist())),
    )


def near_copies(rows: FaceRows, distance: int = NEAR) -> NearCopies:
    """Pairs of faces within so many bits of 64 of each other, exact copies left out."""
    _, first, place = np.unique(rows.keys, return_index=True, return_inverse=True)
    pairs = hash_pairs(rows.faces.images[first], distance)
    splits: list[set[str]] = [set() for _ in first]
    for one, split in zip(place.tolist(), rows.faces.splits.tolist(), strict=True):
        if split:
            splits[one].add(split)
    plain, mirrored = pairs[~pairs.mirrored], pairs[pairs.mirrored]
    return NearCopies(_rows(plain, first), _rows(mirrored, first), _across(plain, splits), _across(mirrored, splits))


def across_splits(rows: FaceRows, column: str) -> Groups:
    """Groups with the same text in a column that stand in more than one split."""
    splits = rows.faces.splits
    return tuple(group for group in same_text(rows.column(column)) if _several(splits[group].tolist()))


def same_text(texts: Sequence[str]) -> Groups:
    """Rows with the same text, two or more each; rows without a text belong to none."""
    found: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        if text:
            found.setdefault(text, []).append(row)
    return tuple(np.array(group, np.int64) for group in found.values() if len(group) > 1)


def _several(splits: Sequence[str]) -> bool:
    return len(set(splits) - {""}) > 1


def _rows(pairs: Pairs, first: Int64) -> Int64:
    return np.sort(np.stack([first[pairs.first], first[pairs.second]], axis=1), axis=1)


def _across(pairs: Pairs, splits: Sequence[set[str]]) -> Bool:
    both = zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
    return np.array([len(splits[a] | splits[b]) > 1 and bool(splits[a]) and bool(splits[b]) for a, b in both], np.bool_)
