"""How far the annotators of a set agree, with each other and with its labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emovere.datasets.faceset import FaceSet
from emovere.labels import FERPLUS_COLUMNS, FERPLUS_TO_LABEL

COLUMN_LABELS = tuple(FERPLUS_TO_LABEL.get(name, name) for name in FERPLUS_COLUMNS)
"""The ten vote columns by our names for them; 'unknown' and 'NF' keep their own."""


@dataclass(frozen=True)
class Agreement:
    """Of the faces that anybody voted on; shares are nan where nothing can be said."""

    faces: int
    votes: int
    chance_corrected: float
    """Fleiss' kappa (Fleiss 1971), each face weighing by its pairs of votes."""
    majority: float
    """Share of faces on which one answer has more than half of the votes."""
    not_a_face: int
    """Faces that most of their votes call no face."""
    with_label: tuple[float, ...]
    """For each label, the share of its faces whose commonest vote is that label; a tie counts as its part."""


def agreement(faces: FaceSet) -> Agreement | None:
    """What the votes of a set say; None where it has none."""
    if faces.votes is None or not faces.votes.any():
        return None
    voted = faces.votes.sum(axis=1) > 0
    votes, labels = faces.votes[voted], faces.labels[voted]
    total = votes.sum(axis=1)
    most = votes.max(axis=1)
    no_face = COLUMN_LABELS.index("NF")
    return Agreement(
        faces=len(votes),
        votes=int(total.sum()),
        chance_corrected=_fleiss(votes),
        majority=float((most > total / 2).mean()),
        not_a_face=int((votes[:, no_face] > total / 2).sum()),
        with_label=tuple(_with_label(votes, labels, faces.label_names)),
    )


def _fleiss(votes: npt.NDArray[np.int64]) -> float:
    total = votes.sum(axis=1)
    pairs = (total * (total - 1)).sum()
    if not pairs:
        return float("nan")
    observed = float((votes * (votes - 1)).sum() / pairs)
    shares = votes.sum(axis=0) / votes.sum()
    expected = float((shares**2).sum())
    return (observed - expected) / (1 - expected) if expected < 1 else float("nan")


def _with_label(votes: npt.NDArray[np.int64], labels: npt.NDArray[np.int64], names: Sequence[str]) -> list[float]:
    most = votes == votes.max(axis=1, keepdims=True)
    part = most / most.sum(axis=1, keepdims=True)
    found = []
    for place, name in enumerate(names):
        rows = labels == place
        known = name in COLUMN_LABELS and rows.any()
        found.append(float(part[rows, COLUMN_LABELS.index(name)].mean()) if known else float("nan"))
    return found
