"""Sharing faces out: training, choosing, held-out; near copies never in two parts, every class in each."""

from __future__ import annotations

import dataclasses

import numpy as np

from emovere.datasets.duplicates import NEAR, perceptual_hashes
from emovere.datasets.faceset import FaceSet
from emovere.errors import DatasetError
from emovere.train.own.recipe import PartsRecipe
from emovere.types import Int64, UInt8

TRAINING, CHOOSING, HELD_OUT = "training", "choosing", "held-out"

LEAST = 5
"""Faces of a class, near copies counted once, with which anything can be done."""


def groups_of(images: UInt8) -> Int64:
    """Which faces belong together: (N, S, S) uint8 -> (N,) int64, the same number for near copies, mirrored or not.

    Copies of copies belong together, so that a burst of pictures is one group. N may be 0.
    """
    hashes = perceptual_hashes(images)
    mirrored = perceptual_hashes(np.ascontiguousarray(images[:, :, ::-1]))
    parents = np.arange(len(images))

    def root(place: int) -> int:
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = int(parents[place])
        return place

    for start in range(0, len(images), 256):
        here = hashes[start : start + 256, None]
        close = np.bitwise_count(here ^ hashes[None, :]) <= NEAR
        close |= np.bitwise_count(here ^ mirrored[None, :]) <= NEAR
        for one, other in np.argwhere(close):
            parents[root(start + int(one))] = root(int(other))
    return np.array([root(place) for place in range(len(images))], np.int64)


def shared_out(faces: FaceSet, recipe: PartsRecipe, seed: int) -> FaceSet:
    """The same faces with their parts as splits, shares as near as groups allow, in every class.

    Raises DatasetError for a class that is too small, or whose near copies leave some part without it.
    """
    groups = groups_of(faces.images)
    classes = len(faces.label_names)
    for label, class_name in enumerate(faces.label_names):
        count, distinct = int((faces.labels == label).sum()), len(set(groups[faces.labels == label].tolist()))
        if distinct < LEAST:
            copies = f", {distinct} without near copies" if distinct < count else ""
            raise DatasetError(f"class {class_name!r}: {count} usable faces{copies}; at least {LEAST} are needed")
    names = (TRAINING, CHOOSING, HELD_OUT)
    shares = np.array([1 - recipe.choosing - recipe.held_out, recipe.choosing, recipe.held_out])
    targets = shares[:, None] * np.bincount(faces.labels, minlength=classes)[None, :]
    left = targets.copy()
    splits = np.empty(len(faces), "U8")
    for group in _largest_first(groups, seed):
        rows = groups == group
        counts = np.bincount(faces.labels[rows], minlength=classes)
        part = int((left / targets @ counts).argmax())
        left[part] -= counts
        splits[rows] = names[part]
    for name in names:
        lacking = set(range(classes)) - set(faces.labels[splits == name].tolist())
        for label in sorted(lacking):
            raise DatasetError(
                f"class {faces.label_names[label]!r}: no face is left for the {name} part, near copies being kept "
                "together; add pictures that differ more"
            )
    return dataclasses.replace(faces, splits=splits)


def _largest_first(groups: Int64, seed: int) -> list[int]:
    """Groups by their size, those of one size in an order that the seed draws."""
    found, sizes = np.unique(groups, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(found))
    order = order[np.argsort(-sizes[order], kind="stable")]
    return [int(group) for group in found[order]]
