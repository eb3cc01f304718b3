import numpy as np
import pytest

from emovere.datasets.faceset import FaceSet
from emovere.datasets.splits import OFFICIAL_COUNTS, recognise, settle_splits
from emovere.errors import LabelMismatch
from emovere.labels import FER7


def blank(**counts):
    """Faces of one pixel with these class counts in each split."""
    labels = np.concatenate([np.repeat(np.arange(7), numbers) for numbers in counts.values()])
    splits = np.repeat(list(counts), [sum(numbers) for numbers in counts.values()])
    return FaceSet(np.zeros((len(labels), 1, 1), np.uint8), labels, splits, FER7)


PUBLIC, PRIVATE = OFFICIAL_COUNTS["PublicTest"], OFFICIAL_COUNTS["PrivateTest"]


def test_the_counts_are_those_of_the_real_set(shared):
    table = pytest.importorskip("pyarrow.parquet").read_table(
        shared("data/fer2013.parquet"), columns=["label", "usage"]
    )
    labels, usage = table.column("label").to_numpy(), np.array(table.column("usage").to_pylist())
    for split in ("Training", "PublicTest", "PrivateTest"):
        assert recognise(np.bincount(labels[usage == split], minlength=7).tolist()) == split


@pytest.mark.parametrize(
    "counts", [(0,) * 7, (), (467, 56, 496, 895, 653, 415, 606), (56, 467, 496, 895, 653, 415, 607)]
)
def test_anything_else_is_not_recognised(counts):
    assert recognise(counts) is None


def test_a_layouts_own_word_gives_way():
    faces = settle_splits(blank(validation=PUBLIC, test=PRIVATE, extra=(1,) * 7), "x")
    assert set(faces.splits) == {"PublicTest", "PrivateTest", "extra"}
    assert faces.split("PublicTest").counts == PUBLIC
    assert faces.split("PrivateTest").counts == PRIVATE


def test_public_and_private_swapped_are_refused():
    with pytest.raises(LabelMismatch, match="x: the split called PrivateTest has the class counts of PublicTest"):
        settle_splits(blank(PublicTest=PRIVATE, PrivateTest=PUBLIC), "x")


def test_small_sets_keep_their_names(faces):
    assert settle_splits(faces, "x") is faces
