import dataclasses

import numpy as np
import pyarrow.parquet as pq
import pytest

from emovere.datasets.duplicates import exact_hashes
from emovere.datasets.fer2013 import load_fer2013
from emovere.datasets.share.plainly import write_csv, write_folders, write_hugging_face
from emovere.errors import DatasetError, LabelMismatch


def told(faces):
    """What must survive, whatever the order."""
    keys = exact_hashes(faces.images).tolist()
    votes = [()] * len(faces) if faces.votes is None else [tuple(row) for row in faces.votes.tolist()]
    return sorted(zip(keys, faces.labels.tolist(), faces.splits.tolist(), votes, strict=True))


def changed(rows, **fields):
    return rows.with_faces(dataclasses.replace(rows.faces, **fields))


def test_folders_come_back_with_their_votes(tmp_path, rows):
    write_folders(rows, tmp_path)
    assert (tmp_path / "PublicTest" / "angry" / "fer0000007.png").is_file()
    assert told(load_fer2013(tmp_path, ferplus=tmp_path / "fer2013new.csv")) == told(rows.faces)


def test_folders_without_votes_or_splits(tmp_path, rows):
    bare = changed(rows, votes=None)
    write_folders(bare, tmp_path / "split")
    assert (tmp_path / "split" / "Training" / "angry" / "Training_0000000.png").is_file()
    assert told(load_fer2013(tmp_path / "split")) == told(bare.faces)
    write_folders(changed(bare, splits=np.full(21, "")), tmp_path / "flat")
    assert sorted(path.name for path in (tmp_path / "flat").iterdir()) == sorted(rows.faces.label_names)
    half = changed(bare, splits=np.array(["Training"] * 20 + [""]))
    write_folders(half, tmp_path / "half")
    assert [path.parent.name for path in (tmp_path / "half" / "undecided").rglob("*.png")] == ["neutral"]


def test_ferplus_own_names_are_kept(tmp_path, rows):
    names = tuple(f"fer{row * 3:07d}.png" for row in range(21))
    write_folders(changed(rows, names=names), tmp_path)
    assert (tmp_path / "Training" / "fear" / "fer0000006.png").is_file()


@pytest.mark.parametrize("label", ["../up", "a/b", ".hidden", "x\0"])
def test_a_label_that_is_no_folders_name_is_said(tmp_path, rows, label):
    names = (label, *rows.faces.label_names[1:])
    with pytest.raises(DatasetError, match="cannot be a folder's name"):
        write_folders(changed(rows, label_names=names), tmp_path / "in" / "deep")
    assert not [path for path in tmp_path.rglob("*.png") if "deep" not in path.parts]


def test_the_csv_comes_back_row_for_row(tmp_path, rows):
    write_csv(rows, tmp_path)
    found = load_fer2013(tmp_path, ferplus=tmp_path / "fer2013new.csv")
    assert np.array_equal(found.images, rows.faces.images)
    assert np.array_equal(found.labels, rows.faces.labels)
    assert np.array_equal(found.votes, rows.faces.votes)
    assert found.splits.tolist() == rows.faces.splits.tolist()


def test_labels_in_another_order_keep_kaggles_numbers(tmp_path, rows):
    names = ("neutral", "surprise", "sad", "happy", "fear", "disgust", "angry")
    write_csv(changed(rows, label_names=names), tmp_path)
    assert load_fer2013(tmp_path).labels.tolist() == (6 - rows.faces.labels).tolist()


def test_what_the_csv_cannot_hold_is_said(tmp_path, rows):
    eight = changed(rows, label_names=(*rows.faces.label_names, "contempt"))
    with pytest.raises(LabelMismatch, match="this set has 'contempt' too: use parquet or folders"):
        write_csv(eight, tmp_path)
    for split, shown in (("test", "'test'"), ("", "'faces without a split'")):
        with pytest.raises(DatasetError, match=f"this set has {shown}: emovere data split"):
            write_csv(changed(rows, splits=np.full(21, split)), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_parquet_comes_back_and_says_what_its_columns_are(tmp_path, rows):
    away = rows.with_columns(picture=["/home/me/1.jpg"] * 21, box=["1 2 3 4"] * 21)
    written = write_hugging_face(away, tmp_path)
    assert written.files == {name: f"data/{name}-*.parquet" for name in ("Training", "PublicTest", "PrivateTest")}
    assert told(load_fer2013(tmp_path)) == told(rows.faces)
    table = pq.read_table(tmp_path / "data" / "PublicTest-00000-of-00001.parquet")
    assert "picture" not in table.column_names
    assert table["source"].to_pylist() == list(rows.column("source")[7:14])
    features = table.schema.metadata[b"huggingface"].decode()
    assert '"_type": "ClassLabel"' in features
    assert '"_type": "Image"' in features


def test_splits_whose_names_fall_together_are_said(tmp_path, rows):
    splits = np.array(["a b"] * 10 + ["a-b"] * 11)
    with pytest.raises(DatasetError, match="two splits are called 'a_b'"):
        write_hugging_face(changed(rows, splits=splits), tmp_path)
