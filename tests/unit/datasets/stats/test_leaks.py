import dataclasses

import numpy as np
import pytest

from emovere.datasets.load import load_rows
from emovere.datasets.rows import FaceRows
from emovere.datasets.stats.leaks import across_splits, exact_copies, near_copies


def told(groups):
    return [tuple(group.tolist()) for group in groups]


def copied(rows, *pairs):
    """The rows with some faces put in other places: (from, to, how) each."""
    images = rows.faces.images.copy()
    for source, target, how in pairs:
        images[target] = how(images[source])
    return FaceRows(dataclasses.replace(rows.faces, images=images))


def test_exact_copies(rows_of):
    splits = ["Training", "Training", "PublicTest", "PublicTest", "", "Training"]
    rows = copied(rows_of([0, 1, 0, 1, 0, 0], splits), (0, 5, np.copy), (1, 2, np.copy), (3, 4, np.copy))
    found = exact_copies(rows)
    assert told(found.groups) == [(0, 5), (1, 2), (3, 4)]
    assert told(found.conflicting) == [(1, 2), (3, 4)]
    assert told(found.across) == [(1, 2)]
    assert found.surplus == 3


def test_near_and_mirrored_copies(rows_of):
    splits = ["Training", "test", "Training", "Training", "test", ""]
    lighter = lambda image: np.clip(image.astype(int) + 2, 0, 255)  # noqa: E731
    rows = copied(rows_of([0] * 6, splits), (0, 1, lighter), (2, 3, lambda image: image[:, ::-1]), (4, 5, lighter))
    found = near_copies(rows)
    assert found.plain.tolist() == [[0, 1], [4, 5]]
    assert found.plain_across.tolist() == [True, False]
    assert found.mirrored.tolist() == [[2, 3]]
    assert found.mirrored_across.tolist() == [False]


def test_a_near_copy_of_a_face_that_stands_in_both_splits_lies_across(rows_of):
    rows = copied(
        rows_of([0] * 3, ["Training", "test", "test"]),
        (0, 1, np.copy),
        (0, 2, lambda image: np.clip(image.astype(int) + 2, 0, 255)),
    )
    assert near_copies(rows).plain_across.tolist() == [True]


def test_groups_across_splits(rows_of):
    rows = rows_of([0] * 5, ["a", "b", "a", "a", ""], group=["p", "p", "q", "q", "q"])
    assert told(across_splits(rows, "group")) == [(0, 1)]


def test_no_face_has_no_copies(rows_of):
    rows = rows_of([], [])
    assert exact_copies(rows).groups == ()
    assert len(near_copies(rows).plain) == 0


@pytest.mark.timeout(250)
def test_the_copies_of_fer2013_are_known(shared):
    """1,516 groups, 1,853 surplus faces, 57 with several labels, 557 across the splits."""
    found = exact_copies(load_rows(shared("data/fer2013.parquet")))
    assert (len(found.groups), found.surplus, len(found.conflicting), len(found.across)) == (1516, 1853, 57, 557)
