"""Patches laid over a set: faces dropped, labelled anew, cut anew; the set itself stays as it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emovere.datasets.duplicates import exact_hashes
from emovere.datasets.patch import COPIES, Patch, Verdict, label_place, settled, square
from emovere.datasets.rows import FaceRows
from emovere.errors import LabelMismatch

Cut = Callable[[str, tuple[float, float, float, float]], npt.NDArray[np.uint8]]
"""A picture's file and a square of it in, the (48, 48) uint8 grey crop out."""


@dataclass(frozen=True)
class Applied:
    """What patches did to a set."""

    dropped: int
    relabelled: int
    cropped: int
    unknown: int
    """Keys of the patches that the set does not hold."""


def lay_over(
    rows: FaceRows, patches: Sequence[Patch], *, splits: Sequence[str] | None = None, cut: Cut | None = None
) -> tuple[FaceRows, Applied]:
    """A set as its patches would have it.

    Of several patches the last that speaks of a face holds; of what it says of it, drop goes before relabel and crop,
    and keep leaves the face as it was. Of exact copies, which share a key, the first stays, held-out ones before those
    of Training; every other drop takes all faces of the key. splits: only faces of these are touched. cut: cuts faces
    anew; without it, verdicts of crop are left alone. Raises LabelMismatch for a label that the set does not have.
    """
    said = settled(patches)
    labels = {verdict.label for verdicts in said.values() for verdict in verdicts if verdict.label}
    places = {name: _place(name, rows) for name in sorted(labels)}
    order = np.argsort(rows.faces.splits == "Training", kind="stable")
    kept, seen, known = np.ones(len(rows), np.bool_), set[str](), set[str]()
    new_labels, crops = rows.faces.labels.copy(), dict[int, Verdict]()
    relabelled = 0
    for row in order.tolist():
        key = str(rows.keys[row])
        known.add(key)
        if key not in said or (splits is not None and rows.faces.splits[row] not in splits):
            seen.add(key)
            continue
        verdicts = said[key]
        drops = [verdict for verdict in verdicts if verdict.action == "drop"]
        if any(verdict.reason not in COPIES for verdict in drops) or (drops and key in seen):
            kept[row] = False
            continue
        seen.add(key)
        for verdict in verdicts:
            if verdict.action == "relabel":
                relabelled += int(new_labels[row] != places[verdict.label])
                new_labels[row] = places[verdict.label]
            elif verdict.action == "crop":
                crops[row] = verdict
    changed, cropped = _cut_anew(rows, crops if cut is not None else {}, cut)
    laid = changed.with_faces(dataclasses.replace(changed.faces, labels=new_labels))[kept]
    return laid, Applied(int((~kept).sum()), relabelled, cropped, len(set(said) - known))


def _place(name: str, rows: FaceRows) -> int:
    place = label_place(name, rows.faces.label_names)
    if place is None:
        raise LabelMismatch(f"the patch says {name!r}; this set knows: {', '.join(rows.faces.label_names)}")
    return place


def _cut_anew(rows: FaceRows, crops: dict[int, Verdict], cut: Cut | None) -> tuple[FaceRows, int]:
    """The rows with some faces cut again, and how many; those of no known picture stay as they are."""
    pictures = rows.column("picture")
    wanted = {row: verdict for row, verdict in crops.items() if pictures[row]}
    if not wanted or cut is None:
        return rows, 0
    images, keys, boxes = rows.faces.images.copy(), rows.keys.copy(), list(rows.column("box"))
    for row, verdict in wanted.items():
        box = square(verdict.box)
        assert box is not None, "a verdict of crop holds a box"
        images[row] = cut(pictures[row], box)
        keys[row] = exact_hashes(images[row : row + 1])[0]
        boxes[row] = verdict.box
    faces = dataclasses.replace(rows.faces, images=images)
    return FaceRows(faces, keys, {**rows.about, "box": tuple(boxes)}), len(wanted)
