"""Faces laid out for looking at: the set's own, anew when it changes, and never half."""

from __future__ import annotations

import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.datasets.review.conftest import made_rows

from emovere.datasets.folder import write_folder
from emovere.datasets.review import reading
from emovere.datasets.review.faces import FaceFile, open_faces
from emovere.errors import DatasetError, OutputError
from emovere.labels import FER7


@pytest.fixture
def faces(folder, tmp_path):
    faces = open_faces(folder, tmp_path / "faces.db")
    yield faces
    faces.close()


def test_faces_are_those_of_the_set(faces, rows):
    assert faces.labels == FER7
    assert len(faces) == 19
    assert faces.key(3) == rows.keys[3]
    assert faces.find([rows.keys[5], "0" * 64, rows.keys[19]]).tolist() == [5, -1, 0]
    assert faces.label_of[:7].tolist() == list(range(7))
    pixels = np.frombuffer(faces.pixels([4, 2]), np.uint8).reshape(2, 48, 48)
    assert (pixels == rows.faces.images[[4, 2]]).all()
    assert faces.about([1])[0] == {"usage": "PublicTest", "rows": 1, "author": "author 1"}


def test_a_key_that_ends_in_zero_is_found(faces):
    faces.keys[2] = bytes.fromhex("ab" * 31 + "00")
    faces._sorted = np.argsort(faces.keys)
    assert faces.key(2) == "ab" * 31 + "00"
    assert faces.find(["ab" * 31 + "00"]).tolist() == [2]


def test_rows_with_the_same_pixels_are_one_face_that_knows_its_other_labels(faces):
    about = faces.about([0])[0]
    assert (about["rows"], about["also"]) == (2, ["surprise"])
    assert [row.face for row in faces.rows()] == [*range(19), 0]
    last = list(faces.rows())[-1]
    assert (last.label, last.usage, last.name) == (5, "PublicTest", "fer0000019.png")


def test_they_are_laid_out_once_and_again_when_the_set_has_changed(folder, tmp_path, monkeypatch):
    file, told = tmp_path / "faces.db", []
    for _ in range(2):
        open_faces(folder, file, lambda *how_far: told.append(how_far)).close()
    assert told == [(20, 20)]
    os.utime(folder / "faces.parquet", (1, 1))
    open_faces(folder, file, lambda *how_far: told.append(how_far)).close()
    assert len(told) == 2


def test_a_set_that_is_larger_than_a_part_is_read_in_parts(folder, tmp_path, monkeypatch, rows):
    monkeypatch.setattr(reading, "PART", 6)
    told = []
    faces = open_faces(folder, tmp_path / "faces.db", lambda *how_far: told.append(how_far))
    assert [done for done, _ in told] == [6, 12, 18, 20]
    assert [faces.key(face) for face in range(19)] == rows.keys[:19].tolist()
    faces.close()


def test_every_layout_can_be_reviewed(tmp_path):
    file = tmp_path / "fer2013.csv"
    pixels = " ".join(["7"] * 2304)
    file.write_text(f"emotion,pixels,Usage\n3,{pixels},Training\n4,{pixels[:-1]}8,PublicTest\n")
    faces = open_faces(file, tmp_path / "faces.db")
    assert [row.usage for row in faces.rows()] == ["Training", "PublicTest"]
    assert faces.label_of.tolist() == [3, 4]
    faces.close()


def test_a_file_of_something_else_is_made_anew(folder, tmp_path):
    (tmp_path / "faces.db").write_bytes(b"something else")
    faces = open_faces(folder, tmp_path / "faces.db")
    assert len(faces) == 19
    faces.close()
    with pytest.raises(DatasetError, match="delete the file"):
        FaceFile(tmp_path / "none.db")


def test_what_cannot_be_laid_out_leaves_nothing(folder, tmp_path):
    (folder / "faces.parquet").write_bytes((folder / "faces.parquet").read_bytes()[:-50])
    with pytest.raises(DatasetError, match="copy it again"):
        open_faces(folder, tmp_path / "faces.db")
    assert not list(tmp_path.glob("faces.db*"))
    with pytest.raises(DatasetError, match="cannot be read"):
        open_faces(tmp_path / "nowhere", tmp_path / "faces.db")
    (tmp_path / "file").touch()
    write_folder(made_rows(), tmp_path / "other")
    with pytest.raises(OutputError, match="--folder"):
        open_faces(tmp_path / "other", tmp_path / "file" / "faces.db")


def test_a_picture_that_is_not_that_of_its_key_is_told(folder, tmp_path):
    table = pq.read_table(folder / "faces.parquet")
    keys = table.column("key").to_pylist()
    keys[7] = "0" * 64
    place = table.column_names.index("key")
    pq.write_table(table.set_column(place, "key", pa.array(keys)), folder / "faces.parquet")
    with pytest.raises(DatasetError, match="row 8: the picture is not the one of its key"):
        open_faces(folder, tmp_path / "faces.db")


def test_a_picture_that_is_none_is_told(folder, tmp_path):
    table = pq.read_table(folder / "faces.parquet")
    pictures = table.column("image").to_pylist()
    for data in (None, b"", b"no picture", pictures[3]["bytes"][:60]):
        pictures[3]["bytes"] = data
        pq.write_table(table.set_column(0, "image", pa.array(pictures)), folder / "faces.parquet")
        with pytest.raises(DatasetError, match="row 4: the picture is"):
            open_faces(folder, tmp_path / "faces.db")


def test_a_set_without_faces_is_empty(tmp_path):
    write_folder(made_rows(2)[np.zeros(0, np.int64)], tmp_path / "set")
    faces = open_faces(tmp_path / "set", tmp_path / "faces.db")
    assert len(faces) == 0
    assert faces.find(["0" * 64]).tolist() == [-1]
    assert list(faces.rows()) == []
    faces.close()


def test_doubts_are_kept(faces):
    assert faces.doubts() is None
    doubts = np.linspace(0, 1, 19).astype(np.float32)
    faces.keep_doubts(doubts, np.arange(19, dtype=np.int16))
    kept = faces.doubts()
    assert np.allclose(kept[0], doubts)
    assert kept[1].tolist() == list(range(19))
