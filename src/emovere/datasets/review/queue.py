"""The order in which faces are shown: the doubtful ones first."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emovere.datasets.patch import label_place
from emovere.datasets.review.faces import FaceFile
from emovere.datasets.review.findings import Found, Hint

ORDERS = ("auto", "findings", "doubt", "set")


@dataclass(frozen=True, eq=False)
class Queue:
    """M faces in the order in which they are shown."""

    order: npt.NDArray[np.int32]
    """(M,) the face at each position."""
    position_of: npt.NDArray[np.int32]
    """(M,) the position of each face."""
    by: str
    """findings, doubt or set: what the order goes by."""
    hints: Mapping[int, tuple[Hint, ...]]
    """Of faces, the surest first; faces of which nothing is known are missing."""

    def __len__(self) -> int:
        return len(self.order)

    def reasons(self) -> dict[str, int]:
        """How many faces there are for each reason, the commonest first."""
        counts: dict[str, int] = {}
        for hints in self.hints.values():
            for reason in {hint.reason for hint in hints}:
                counts[reason] = counts.get(reason, 0) + 1
        return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def hints_of(faces: FaceFile, found: Sequence[Found]) -> dict[int, tuple[Hint, ...]]:
    """What was found, by face; keys that the set does not hold are left out."""
    hints: dict[int, dict[tuple[str, str], Hint]] = {}
    for face, (_, hint) in zip(faces.find([key for key, _ in found]).tolist(), found, strict=True):
        if face < 0:
            continue
        place = label_place(hint.label, faces.labels) if hint.label else None
        label = faces.labels[place] if place is not None else hint.label
        here = hints.setdefault(face, {})
        if (hint.reason, label) not in here or here[hint.reason, label].score < hint.score:
            here[hint.reason, label] = dataclasses.replace(hint, label=label)
    return {face: tuple(sorted(here.values(), key=lambda hint: -hint.score)) for face, here in hints.items()}


def queue_by_hints(faces: FaceFile, hints: Mapping[int, tuple[Hint, ...]]) -> Queue:
    """Faces by the surest thing that is said against them; those of which nothing is said last, in the set's order."""
    scores = np.full(len(faces), -1.0)
    for face, said in hints.items():
        scores[face] = said[0].score
    return _queue(np.argsort(-scores, kind="stable"), "findings", hints)


def queue_by_doubt(faces: FaceFile, doubts: npt.NDArray[np.float32], labels: npt.NDArray[np.int16]) -> Queue:
    """Faces by a network's doubt in their labels. (M,) in [0, 1], and the (M,) labels that it thinks likeliest."""
    hints = {
        face: (Hint("network", float(doubts[face]), faces.labels[int(labels[face])]),)
        for face in np.flatnonzero(labels != faces.label_of).tolist()
    }
    return _queue(np.argsort(-doubts, kind="stable"), "doubt", hints)


def queue_as_it_is(faces: FaceFile) -> Queue:
    """Faces in the order of the set."""
    return _queue(np.arange(len(faces)), "set", {})


def _queue(order: npt.NDArray[np.int64], by: str, hints: Mapping[int, tuple[Hint, ...]]) -> Queue:
    position_of = np.empty(len(order), np.int32)
    position_of[order] = np.arange(len(order), dtype=np.int32)
    return Queue(order.astype(np.int32), position_of, by, hints)
