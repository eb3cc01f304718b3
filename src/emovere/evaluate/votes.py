"""FER+'s ten votes (Barsoum et al. 2016, arXiv 1608.01041) as shares and as a majority."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from emovere.datasets.faceset import FaceSet
from emovere.errors import DatasetError
from emovere.labels import FERPLUS8, FERPLUS_COLUMNS, FERPLUS_TO_LABEL

COLUMNS = [[FERPLUS_TO_LABEL.get(name) for name in FERPLUS_COLUMNS].index(label) for label in FERPLUS8]
"""Where each of FERPLUS8 stands among the ten vote columns."""


def vote_shares(votes: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """The share of each of the eight expressions: (N, 10) votes -> (N, 8) float32.

    'unknown' and 'not a face' are left out; a row that holds nothing else is all 0.
    """
    counts = votes[:, COLUMNS].astype(np.float32)
    total = counts.sum(axis=1, keepdims=True)
    shares: npt.NDArray[np.float32] = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
    return shares


def majority(votes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """FER+'s majority label, or -1 where it gives none: (N, 10) votes -> (N,) int64 in [-1, 8).

    The rule of its own training code: single votes are dropped; one expression must hold more than half of the
    votes that remain, and it must not be 'unknown' or 'not a face'.
    """
    kept = np.where(votes > 1, votes, 0)
    winner = kept.argmax(axis=1)
    decided = kept.max(axis=1) > 0.5 * kept.sum(axis=1)
    to_label = np.full(len(FERPLUS_COLUMNS), -1)
    for position, column in enumerate(COLUMNS):
        to_label[column] = position
    return np.where(decided, to_label[winner], -1).astype(np.int64)


def truth_of(faces: FaceSet, label_set: str) -> npt.NDArray[np.int64]:
    """What counts as true for a label set: (N,) int64 columns, -1 where nothing does.

    fer7: FER2013's labels. ferplus8: the majority of the votes. Raises DatasetError where there are no votes.
    """
    if label_set != "ferplus8":
        return faces.labels
    if faces.votes is None:
        raise DatasetError("ferplus8 needs FER+'s votes and these faces have none; give --ferplus fer2013new.csv")
    return majority(faces.votes)
