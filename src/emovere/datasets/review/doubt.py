"""How doubtful the shipped network finds each label: one minus the probability that it gives it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from emovere.classify.classifier import load_model
from emovere.datasets.emotions import SIDE
from emovere.datasets.review.ballot import Ballot
from emovere.datasets.review.faces import Done, FaceFile

NETWORK = "light-int8"
"""The quickest that is shipped: this is an order to look at faces in, not a measurement."""

PART = 1024
"""Faces that the network sees at once."""


def network_doubts(
    faces: FaceFile, done: Done | None = None
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int16]] | None:
    """(M,) how doubtful each label is, in [0, 1], and (M,) the label that is likeliest; kept in the file of faces.

    None for a set whose labels the network does not know.
    """
    if not Ballot(faces.labels).is_ferplus or len(faces.labels) < 2:
        return None
    kept = faces.doubts()
    if kept is not None:
        return kept
    model = load_model(NETWORK, labels=",".join(faces.labels))
    doubts, labels = np.zeros(len(faces), np.float32), np.zeros(len(faces), np.int16)
    for start in range(0, len(faces), PART):
        rows = range(start, min(start + PART, len(faces)))
        images = np.frombuffer(faces.pixels(rows), np.uint8).reshape(-1, SIDE, SIDE)
        probs = model.predict(images).probs
        doubts[rows.start : rows.stop] = 1 - probs[np.arange(len(rows)), faces.label_of[rows.start : rows.stop]]
        labels[rows.start : rows.stop] = probs.argmax(axis=1)
        if done is not None:
            done(rows.stop, len(faces))
    faces.keep_doubts(doubts, labels)
    return doubts, labels
