"""What people's votes come to: a patch of what more than half of a face's labellers say. Ties stay open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emovere.datasets.patch import Verdict, square
from emovere.datasets.review.ballot import Ballot, Codes
from emovere.datasets.review.faces import FaceFile
from emovere.datasets.review.findings import PEOPLE


@dataclass(frozen=True)
class Outcome:
    """What became of the faces on which somebody voted."""

    verdicts: tuple[Verdict, ...]
    kept: int
    relabelled: int
    dropped: int
    cropped: int
    open: int
    """Faces on which no answer has more than half of the votes, or most are unsure."""


def outcome(
    faces: FaceFile, ballot: Ballot, codes: Mapping[str, Codes], crops: Mapping[str, Sequence[str]], *, by: str = ""
) -> Outcome:
    """The majority's verdict on each face, in the set's order.

    codes: of each labeller the (M,) codes. crops: of keys the boxes that labellers drew; the median of their sides is
    taken. A label that is rejected, a face that is none, and an expression for which the set has no label are dropped.
    by: whose verdicts they are; the names of the labellers unless given.
    """
    verdicts: list[Verdict] = []
    done = {"keep": 0, "relabel": 0, "drop": 0, "": 0}
    dropped: set[str] = set()
    if codes:
        counts = ballot.count(list(codes.values()))
        columns = ballot.columns_of(counts)
        for face in np.flatnonzero(counts.any(axis=1)).tolist():
            also = "also" in faces.about([face])[0]
            verdict = _verdict(faces, ballot, counts[face], columns[face], face, also, by or _names(codes, face))
            done[verdict.action if verdict else ""] += 1
            if verdict is None:
                continue
            if verdict.action == "drop":
                dropped.add(verdict.key)
            # a crop takes back what was said before as keep does, and keep would take back the crop
            if verdict.action != "keep" or verdict.key not in crops:
                verdicts.append(verdict)
    cut = [_crop(key, boxes, by) for key, boxes in crops.items() if key not in dropped and faces.find([key])[0] >= 0]
    return Outcome((*verdicts, *cut), done["keep"], done["relabel"], done["drop"], len(cut), done[""])


def _verdict(
    faces: FaceFile,
    ballot: Ballot,
    counts: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    face: int,
    also: bool,
    by: str,
) -> Verdict | None:
    """The verdict on one face, or None where it stays open."""
    shares: dict[tuple[str, str], int] = {}
    for category in np.flatnonzero(counts).tolist():
        asked = _action(ballot, category, int(faces.label_of[face]), also)
        shares[asked] = shares.get(asked, 0) + int(counts[category])
    (action, label), most = max(shares.items(), key=lambda one: one[1])
    total = int(counts.sum())
    if 2 * most <= total or not action:
        return None
    said = [f"{int(counts[c])} {ballot.categories[c]}" for c in np.argsort(-counts, kind="stable") if counts[c]]
    votes = {name: int(columns[place]) for place, name in enumerate(ballot.columns) if columns[place]}
    return Verdict(
        faces.key(face),
        action,
        PEOPLE,
        most / total,
        label=label,
        by=by,
        note=", ".join(said),
        votes=votes if ballot.is_ferplus else None,
    )


def _action(ballot: Ballot, category: int, own: int, also: bool) -> tuple[str, str]:
    """What a vote asks for: an action and a new label. also: whether other rows of the face bear other labels."""
    if category < len(ballot.labels):
        return ("keep", "") if category == own and not also else ("relabel", ballot.labels[category])
    return ("", "") if ballot.categories[category] == "unsure" else ("drop", "")


def _crop(key: str, boxes: Sequence[str], by: str) -> Verdict:
    sides = [found for found in map(square, boxes) if found is not None]
    middle = np.median(np.array(sides), axis=0)
    box = " ".join(f"{side:g}" for side in np.round(middle, 1))
    return Verdict(key, "crop", PEOPLE, 1.0, by=by, box=box)


def _names(codes: Mapping[str, Codes], face: int) -> str:
    return ", ".join(name for name, said in codes.items() if said[face])
