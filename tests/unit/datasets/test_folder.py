import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from emovere.datasets.faceset import FaceSet
from emovere.datasets.folder import describe, is_set_folder, patches_of, read_folder, write_folder
from emovere.datasets.rows import FaceRows
from emovere.errors import DatasetError, OutputError
from emovere.labels import FER7


def made(count, *, labels=FER7, votes=True):
    rng = np.random.default_rng(7)
    faces = FaceSet(
        rng.integers(0, 256, (count, 48, 48), np.uint8),
        rng.integers(0, len(labels), count),
        np.array(["Training", "PublicTest", ""] * count)[:count],
        labels,
        rng.integers(0, 10, (count, 10)) if votes else None,
        tuple(f"{n}.png" for n in range(count)),
    )
    return FaceRows(faces).with_columns(author=[f"Ünal {n}" for n in range(count)], licence=("",) * count)


@pytest.mark.parametrize("count", [0, 1, 5])
@pytest.mark.parametrize("votes", [True, False])
def test_what_is_written_is_read_again(tmp_path, count, votes):
    rows = made(count, votes=votes)
    write_folder(rows, tmp_path / "set", name="tiny")
    again = read_folder(tmp_path / "set")
    assert (again.faces.images == rows.faces.images).all()
    assert again.faces.labels.tolist() == rows.faces.labels.tolist()
    assert again.faces.splits.tolist() == rows.faces.splits.tolist()
    assert again.faces.label_names == FER7
    assert again.faces.names == rows.faces.names
    assert again.about == rows.about
    assert again.keys.tolist() == rows.keys.tolist()
    if votes:
        assert (again.faces.votes == rows.faces.votes).all()
    else:
        assert again.faces.votes is None
    assert describe(tmp_path / "set")["name"] == "tiny"
    assert patches_of(tmp_path / "set") == []


def test_own_classes_are_kept(tmp_path):
    write_folder(made(4, labels=("bored, a bit", "wach")), tmp_path / "set")
    assert read_folder(tmp_path / "set").faces.label_names == ("bored, a bit", "wach")


def test_other_tools_know_the_columns(tmp_path):
    write_folder(made(2), tmp_path / "set")
    schema = pq.read_schema(tmp_path / "set" / "faces.parquet")
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"}
    assert features["label"]["names"] == list(FER7)
    assert set(features) == set(schema.names)


def test_a_set_is_not_written_over(tmp_path):
    write_folder(made(1), tmp_path / "set")
    with pytest.raises(DatasetError, match="holds a set already"):
        write_folder(made(2), tmp_path / "set")
    assert len(read_folder(tmp_path / "set")) == 1


def test_an_unfinished_set_is_no_set(tmp_path):
    write_folder(made(1), tmp_path / "set")
    (tmp_path / "set" / "set.json").unlink()
    assert not is_set_folder(tmp_path / "set")
    with pytest.raises(DatasetError, match=r"expected a set's folder with set\.json"):
        read_folder(tmp_path / "set")
    write_folder(made(3), tmp_path / "set")
    assert len(read_folder(tmp_path / "set")) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda about: about | {"format": 2}, "is of format 2"),
        (lambda about: about | {"faces": 9}, "expected 9 rows"),
        (lambda about: about | {"labels": ["a", "a"]}, "expected different names"),
        (lambda about: {"format": 1}, "expected format, labels and faces"),
    ],
)
def test_a_wrong_description_is_said(tmp_path, change, message):
    write_folder(made(2), tmp_path / "set")
    file = tmp_path / "set" / "set.json"
    file.write_text(json.dumps(change(json.loads(file.read_text()))))
    with pytest.raises(DatasetError, match=message):
        read_folder(tmp_path / "set")


def test_pixels_that_are_not_those_of_the_key_are_found(tmp_path):
    rows = made(3)
    write_folder(FaceRows(rows.faces, rows.keys[[0, 2, 1]], rows.about), tmp_path / "set")
    with pytest.raises(DatasetError, match="row 2: the picture is not the one of its key"):
        read_folder(tmp_path / "set")


def test_a_cut_table_is_said(tmp_path):
    write_folder(made(3), tmp_path / "set")
    file = tmp_path / "set" / "faces.parquet"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(DatasetError, match="expected a whole parquet file"):
        read_folder(tmp_path / "set")


def test_where_nothing_can_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        write_folder(made(1), tmp_path / "file" / "set")
