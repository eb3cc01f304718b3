"""Findings about faces that stand in a set more than once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from emovere.datasets.clean.copies import Pairs, hash_pairs, joined
from emovere.datasets.clean.findings import Finding
from emovere.datasets.clean.likeness import likeness
from emovere.datasets.clean.options import CopyOptions
from emovere.datasets.rows import FaceRows
from emovere.types import Float32, Int64, UInt8


def held_out_first(rows: FaceRows) -> Int64:
    """The rows of a set in the order in which copies have a right to stay: Training last, else as they stand."""
    return np.argsort(rows.faces.splits == "Training", kind="stable").astype(np.int64)


def exact_copies(rows: FaceRows) -> list[Finding]:
    """A finding for every face whose pixels an earlier one has, and for all of those whose labels contradict.

    Contradicting ones are proposed to be dropped, all of them, since nobody can tell which is right; of others the
    first stays, held-out ones before those of Training.
    """
    order = held_out_first(rows)
    found: list[Finding] = []
    for group in _groups(rows.keys[order], order):
        faces = rows.faces
        labels = sorted({faces.label_names[faces.labels[row]] for row in group})
        if len(labels) > 1:
            note = f"{len(group)} faces with the same pixels, labelled {' and '.join(labels)}"
            found += [Finding(row, "conflicting copy", 1.0, "drop", note=note) for row in group]
        first = group[0]
        for row in group[1:]:
            across = faces.splits[row] != faces.splits[first]
            reason = "copy across splits" if across else "exact copy"
            note = f"the same pixels as {name_of(rows, first)}"
            found.append(Finding(row, reason, 1.0, "drop", note=note, other=first))
    return found


def near_pairs(images: UInt8, options: CopyOptions) -> tuple[Pairs, Float32]:
    """Near copies among (N, 48, 48) pictures that are all different, and how alike the two of each pair are."""
    pairs = hash_pairs(images, options.distance)
    alike = np.array(
        [
            likeness(images[one], np.ascontiguousarray(images[other][:, ::-1]) if turned else images[other])
            for one, other, turned in zip(pairs.first, pairs.second, pairs.mirrored, strict=True)
        ],
        np.float32,
    )
    kept = alike >= options.likeness
    return pairs[kept], alike[kept]


def near_copies(rows: FaceRows, options: CopyOptions) -> list[Finding]:
    """A finding for every face that is nearly the picture of one before it, held-out faces being first.

    A face of Training that is nearly a held-out one is proposed to be dropped: a network would be tested on what it
    learned. Others are listed. All faces of nearly one picture whose labels contradict each other are listed too.
    """
    order = held_out_first(rows)
    order = order[np.sort(np.unique(rows.keys[order], return_index=True)[1])]
    pairs, alike = near_pairs(rows.faces.images[order], options)
    best: dict[int, tuple[float, int, bool]] = {}
    for one, other, turned, score in zip(
        pairs.first.tolist(), pairs.second.tolist(), pairs.mirrored.tolist(), alike.tolist(), strict=True
    ):
        best[other] = max(best.get(other, (-1.0, -1, False)), (score, one, turned))
    found = []
    for other, (score, one, turned) in sorted(best.items()):
        row, first = int(order[other]), int(order[one])
        leaks = rows.faces.splits[row] == "Training" and rows.faces.splits[first] != "Training"
        what = "nearly the mirror image of" if turned else "nearly the picture of"
        note = f"{what} {name_of(rows, first)}" + (f", which is in {rows.faces.splits[first]}" if leaks else "")
        found.append(Finding(row, "near copy", min(1.0, score), "drop" if leaks else "", note=note, other=first))
    return found + _contradictions(rows, order, pairs)


def _contradictions(rows: FaceRows, order: Int64, pairs: Pairs) -> list[Finding]:
    group = joined(len(order), pairs.first, pairs.second)
    found = []
    for members in _groups(group, order):
        labels = [rows.faces.label_names[rows.faces.labels[row]] for row in members]
        if len(set(labels)) > 1:
            note = f"{len(members)} near copies, labelled {' and '.join(sorted(set(labels)))}"
            for row, label in zip(members, labels, strict=True):
                share = 1 - labels.count(label) / len(labels)
                found.append(Finding(row, "conflicting copy", 0.9 * share, note=note))
    return found


def _groups(values: Int64 | np.typing.NDArray[np.str_], order: Int64) -> Iterator[list[int]]:
    """Rows with the same value, where there are several: in their order, by the place of the first."""
    found: dict[object, list[int]] = {}
    for value, row in zip(values.tolist(), order.tolist(), strict=True):
        found.setdefault(value, []).append(row)
    return (group for group in found.values() if len(group) > 1)


def name_of(rows: FaceRows, row: int) -> str:
    """What a face is called in notes: its file's name, or its row from 1."""
    name = rows.faces.names[row] if rows.faces.names else ""
    return name or f"row {row + 1}"
