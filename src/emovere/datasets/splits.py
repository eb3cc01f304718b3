"""FER2013's official splits, told by their class counts and not by what a copy calls them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from emovere.datasets.faceset import FaceSet
from emovere.errors import LabelMismatch
from emovere.labels import FER7

OFFICIAL_COUNTS: dict[str, tuple[int, ...]] = {
    "Training": (3995, 436, 4097, 7215, 4830, 3171, 4965),
    "PublicTest": (467, 56, 496, 895, 653, 415, 607),
    "PrivateTest": (491, 55, 528, 879, 594, 416, 626),
}
"""Faces of each class in the order of FER7 (Goodfellow et al. 2013, arXiv 1307.0414; counted in fer2013.csv)."""


def recognise(counts: Sequence[int]) -> str | None:
    """The official split that has these class counts, in the order of FER7; None where none has."""
    return next((name for name, official in OFFICIAL_COUNTS.items() if tuple(counts) == official), None)


def settle_splits(faces: FaceSet, where: str) -> FaceSet:
    """Call every split that can be recognised by its official name; leave the others as they are.

    A layout's own word, such as ``validation``, gives way to the official one. Raises LabelMismatch where a split
    bears one official name and has the class counts of another, as in copies that swap PublicTest and PrivateTest.
    """
    if faces.label_names != FER7:
        return faces
    found: dict[str, str] = {}
    for name in sorted(set(faces.splits.tolist())):
        official = recognise(np.bincount(faces.labels[faces.splits == name], minlength=len(FER7)).tolist())
        if official is None or official == name:
            continue
        if name in OFFICIAL_COUNTS:
            raise LabelMismatch(
                f"{where}: the split called {name} has the class counts of {official}; this copy mixes the splits up: "
                "get an original one, or rename its splits"
            )
        found[name] = official
    if not found:
        return faces
    return dataclasses.replace(faces, splits=np.array([found.get(name, name) for name in faces.splits.tolist()]))
