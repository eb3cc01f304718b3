import numpy as np
import pytest

from emovere.datasets.duplicates import exact_hashes
from emovere.datasets.faceset import FaceSet
from emovere.datasets.rows import FaceRows, join_rows
from emovere.errors import DatasetError


def made(count, labels=("a", "b")):
    images = np.random.default_rng(count).integers(0, 256, (count, 48, 48), np.uint8)
    return FaceSet(images, np.arange(count) % len(labels), np.full(count, "Training"), labels)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_keys_are_the_hashes_of_the_pixels(count):
    rows = FaceRows(made(count))
    assert rows.keys.tolist() == exact_hashes(rows.faces.images).tolist()
    assert rows.column("author") == ("",) * count


def test_rows_are_picked_with_what_is_known_of_them():
    rows = FaceRows(made(4)).with_columns(author="wxyz", licence=("by",) * 4)
    picked = rows[np.array([3, 0])]
    assert picked.column("author") == ("z", "w")
    assert picked.keys.tolist() == [rows.keys[3], rows.keys[0]]
    assert rows[rows.faces.labels == 1].column("author") == ("x", "z")


def test_joining_fills_in_what_one_part_does_not_know():
    joined = join_rows([FaceRows(made(2)).with_columns(author="xy"), FaceRows(made(1))])
    assert joined.column("author") == ("x", "y", "")
    assert len(joined.keys) == 3


def test_what_does_not_fit_is_said():
    with pytest.raises(DatasetError, match="unknown column 'colour2'"):
        FaceRows(made(1)).with_columns(colour2=("x",))
    with pytest.raises(DatasetError, match="author: expected 2 texts; got 1"):
        FaceRows(made(2)).with_columns(author=("x",))
    with pytest.raises(DatasetError, match="unknown column 'who'"):
        FaceRows(made(2)).column("who")
    with pytest.raises(DatasetError, match="keys: expected 2; got 1"):
        FaceRows(made(2), np.array(["0" * 64]))
