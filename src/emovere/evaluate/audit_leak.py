"""Which rows of somebody's predictions are about faces that Training holds too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emovere.datasets.duplicates import leaked
from emovere.datasets.faceset import FaceSet
from emovere.evaluate.audit_file import Predictions
from emovere.evaluate.audit_split import Identity
from emovere.labels import FER7

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Copies:
    """What is known of N rows."""

    order: str
    """How the rows were found in the data, or why they could not be."""
    rows: Rows | None
    """(N,) int64, each row's face in the data; None where they could not be found."""
    inside: Mask | None = None
    """(N,) bool: the face is one of Training itself; None where rows is."""
    copied: Mask | None = None
    """(N,) bool: it is not, but has an exact or near copy there; None where rows is."""


@dataclass(frozen=True)
class Memory:
    """How much better a network is on faces with a copy in Training than on the rest."""

    copies: int
    right: int
    """Copies that are told right."""
    rest_accuracy: float
    """Accuracy on faces that are neither in Training nor copied there."""
    expected: float
    """The rest's recall of each class, weighted by how often the classes stand among the copies; nan where a class of
    the copies is missing in the rest."""

    @property
    def excess(self) -> float:
        """Accuracy on copies beyond what their classes alone explain."""
        return self.right / self.copies - self.expected


def find_copies(predictions: Predictions, identity: Identity, faces: FaceSet) -> Copies:
    """Find each row's face in the data, by its index or its place, and look for copies of it in Training.

    A way of finding counts only where every single label then agrees with the data.
    """
    truth = np.array(identity.mapping)[predictions.labels]
    problem = "no row can be found in the data: there is neither an index nor a known split whose order they could have"
    for order, rows in _candidates(predictions, identity, faces):
        wrong = np.flatnonzero(faces.labels[rows] != truth)
        if not len(wrong):
            return _copies(order, rows, faces)
        first = int(wrong[0])
        problem = (
            f"which rows have copies in Training is not known: taken {order}, row {first + 1} is labelled "
            f"{FER7[truth[first]]} where the data says {FER7[faces.labels[rows[first]]]} ({len(wrong):,} rows in all); "
            "add a column index with each face's row in fer2013.csv"
        )
    return Copies(problem, None)


def _candidates(predictions: Predictions, identity: Identity, faces: FaceSet) -> Iterator[tuple[str, Rows]]:
    """Ways in which the rows may lie in the data, the likeliest last, so that its failure is the one that is told."""
    own = np.flatnonzero(np.isin(faces.splits, identity.parts)).astype(np.int64)
    count, index = len(predictions.labels), predictions.index
    if index is not None and index.max() < len(faces):
        yield "by index as rows of the whole data", index
    if index is not None and identity.parts and index.max() < len(own):
        yield f"by index within {identity.name}", own[index]
    if identity.parts and len(own) == count:
        yield f"in the order of {identity.name}'s faces", own


def memory(predictions: Predictions, inside: Mask, copied: Mask) -> Memory | None:
    """Compare copies with the rest, class by class; None where there are no copies or no rest."""
    rest = ~(inside | copied)
    if not copied.any() or not rest.any():
        return None
    right = predictions.predicted == predictions.labels
    classes = len(FER7)
    there = np.bincount(predictions.labels[rest], minlength=classes)
    found = np.bincount(predictions.labels[rest & right], minlength=classes)
    mix = np.bincount(predictions.labels[copied], minlength=classes)
    recall = np.divide(found, there, out=np.full(classes, np.nan), where=there > 0)
    expected = float((mix[mix > 0] * recall[mix > 0]).sum() / mix.sum())
    return Memory(int(copied.sum()), int((right & copied).sum()), float(right[rest].mean()), expected)


def _copies(order: str, rows: Rows, faces: FaceSet) -> Copies:
    training = faces.splits == "Training"
    inside = training[rows]
    copied = np.zeros(len(rows), np.bool_)
    if training.any() and not inside.all():
        copied[~inside] = leaked(faces.images[rows[~inside]], faces.images[training])
    return Copies(order, rows, inside, copied)
