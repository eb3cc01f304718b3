import numpy as np
import pytest

from emovere.datasets.faceset import FaceSet
from emovere.datasets.stats.agreement import agreement
from emovere.labels import FER7, FERPLUS_COLUMNS

FLEISS_1971 = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip
"""The table that is worked through with Fleiss' kappa everywhere; kappa 0.210."""


def faces(votes, labels=None):
    count = len(votes)
    whole = np.zeros((count, 10), np.int64)
    whole[:, : len(votes[0])] = votes
    labels = np.zeros(count, np.int64) if labels is None else np.array(labels)
    return FaceSet(np.zeros((count, 48, 48), np.uint8), labels, np.full(count, ""), FER7, whole)


def test_kappa_is_the_one_of_the_literature():
    assert agreement(faces(FLEISS_1971)).chance_corrected == pytest.approx(0.210, abs=0.0005)


def test_majorities_faces_that_are_none_and_labels():
    rows = np.zeros((4, 10), np.int64)
    rows[0, FERPLUS_COLUMNS.index("anger")] = 10
    rows[1, [FERPLUS_COLUMNS.index("anger"), FERPLUS_COLUMNS.index("fear")]] = 5
    rows[2, FERPLUS_COLUMNS.index("NF")] = 6
    found = agreement(faces(rows.tolist(), [0, 0, 3, 3]))
    assert (found.faces, found.votes, found.not_a_face) == (3, 26, 1)
    assert found.majority == pytest.approx(2 / 3)
    assert found.with_label[0] == pytest.approx(0.75)
    assert found.with_label[3] == 0.0
    assert np.isnan(found.with_label[1])


def test_without_votes_nothing_is_said():
    assert agreement(faces(np.zeros((2, 10), np.int64).tolist())) is None
    bare = FaceSet(np.zeros((1, 48, 48), np.uint8), np.zeros(1, np.int64), np.array([""]), FER7)
    assert agreement(bare) is None
