import numpy as np
import pytest

from emovere.datasets.faceset import FaceSet
from emovere.datasets.rows import FaceRows
from emovere.datasets.share.grouping import groups_of
from emovere.errors import ConfigError
from emovere.train.own.parts import groups_of as slow_groups


def rows_of(images):
    count = len(images)
    return FaceRows(FaceSet(images, np.zeros(count, np.int64), np.full(count, ""), ("a", "b")))


@pytest.fixture
def images(rng):
    """Eight faces that have nothing to do with each other."""
    small = rng.integers(0, 256, (8, 6, 6), np.uint8)
    return np.kron(small, np.ones((8, 8), np.uint8))


def together(groups):
    return {tuple(np.flatnonzero(groups == group).tolist()) for group in set(groups.tolist())} - {
        (k,) for k in range(99)
    }


def test_copies_near_ones_and_mirrored_ones_belong_together(images):
    images[3] = images[0]
    images[5] = images[1][:, ::-1]
    images[6] = np.clip(images[2].astype(int) + 3, 0, 255)
    rows = rows_of(images)
    assert together(groups_of(rows)) == {(0, 3), (1, 5), (2, 6)}
    assert together(groups_of(rows)) == together(slow_groups(images))


def test_persons_and_sources_belong_together_and_what_follows_from_it(images):
    rows = rows_of(images).with_columns(
        group=["p", "p", "", "", "q", "", "", ""], page=["", "x", "x", "", "", "", "", ""], author=["z"] * 8
    )
    assert together(groups_of(rows)) == {(0, 1, 2)}
    assert together(groups_of(rows, by=["group"])) == {(0, 1)}
    assert together(groups_of(rows, by=[])) == set()
    assert together(groups_of(rows, by=["author"])) == {tuple(range(8))}


def test_made_faces_belong_to_what_they_were_made_from(images):
    rows = rows_of(images)
    key = str(rows.keys[4])
    made = rows.with_columns(made_from=["", key, "gone", "gone", "", "", "", key])
    assert together(groups_of(made)) == {(1, 4, 7), (2, 3)}


def test_no_face_has_no_group():
    assert groups_of(rows_of(np.zeros((0, 48, 48), np.uint8))).tolist() == []


def test_an_unknown_column_is_said(images):
    with pytest.raises(ConfigError, match="by: expected some of group, source, page, picture, author; got 'name'"):
        groups_of(rows_of(images), by=["name"])
