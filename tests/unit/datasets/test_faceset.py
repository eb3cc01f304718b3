import dataclasses

import numpy as np
import pytest

from emovere.datasets.faceset import FaceSet, join
from emovere.errors import DatasetError, ShapeError


def test_rows_keep_together(faces):
    named = dataclasses.replace(faces, votes=np.tile(np.arange(12)[:, None], 10), names=tuple("abcdefghijkl"))
    for rows in (np.array([7, 2]), np.isin(np.arange(12), [2, 7])):
        some = named[rows]
        assert sorted(some.names) == ["c", "h"]
        assert some.votes is not None
        assert dict(zip(some.names, some.votes[:, 0], strict=True)) == {"h": 7, "c": 2}
        np.testing.assert_array_equal(some.images[some.names.index("h")], faces.images[7])


def test_a_split_that_is_not_there_names_those_that_are(faces):
    with pytest.raises(DatasetError, match="no face in split 'Test'; there are: PrivateTest, PublicTest, Training"):
        faces.split("Test")


def test_counts_include_classes_without_faces(faces):
    assert faces[np.array([3, 3, 5])].counts == (0, 0, 0, 2, 0, 1, 0)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"labels": np.full(12, 7)}, DatasetError),
        ({"labels": np.full(12, -1)}, DatasetError),
        ({"labels": np.zeros(11, np.int64)}, ShapeError),
        ({"images": np.zeros((12, 48, 47), np.uint8)}, ShapeError),
        ({"splits": np.array(["a"])}, DatasetError),
        ({"votes": np.zeros((12, 8), np.int64)}, ShapeError),
        ({"names": ("a",)}, DatasetError),
    ],
)
def test_a_set_that_does_not_fit_together_is_refused(faces, change, error):
    with pytest.raises(error):
        dataclasses.replace(faces, **change)


def test_joining_keeps_the_order_and_drops_what_one_part_lacks(faces):
    voted = dataclasses.replace(faces, votes=np.ones((12, 10), np.int64))
    both = join([faces[np.arange(3)], voted[np.arange(3, 12)]])
    np.testing.assert_array_equal(both.images, faces.images)
    assert both.votes is None
    assert join([voted, voted]).votes.shape == (24, 10)


def test_no_face_is_a_set(faces):
    none = faces[np.zeros(12, np.bool_)]
    assert len(none) == 0
    assert none.counts == (0,) * 7
    assert isinstance(none, FaceSet)
