"""Every sort of folder that will not do gets one clear line; what is wrong with one picture stands in a table."""

from __future__ import annotations

import csv
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from emovere.config import DetectOptions
from emovere.errors import DatasetError
from emovere.train.own.folder import (
    AGAIN,
    NO_FACE,
    SEVERAL,
    TWO_CLASSES,
    UNREADABLE,
    VIDEO,
    class_folders,
    read_own,
    told,
    write_skipped,
)

HAAR = DetectOptions(name="haar")


def test_crops_are_taken_as_they_are(write_faces):
    root = write_faces((6, 7), ("sad", "très heureux"))
    own = read_own(root, HAAR)
    assert own.faces.label_names == ("sad", "très heureux")
    assert own.faces.counts == (6, 7)
    assert own.skipped == ()
    with Image.open(own.faces.names[8]) as picture:
        np.testing.assert_array_equal(own.faces.images[8], np.array(picture))
    assert list(told(own, root)) == []


def test_photos_are_searched_and_what_cannot_be_used_is_listed(write_faces, shared, tmp_path):
    root = write_faces((5, 5), ("a", "b"))
    shutil.copy(shared("photos/one_smiling.jpg"), root / "a")
    shutil.copy(shared("photos/two_standing.jpg"), root / "a")
    Image.new("RGB", (200, 200), "white").save(root / "b" / "empty.png")
    (root / "b" / "torn.jpg").write_bytes((root / "a" / "one_smiling.jpg").read_bytes()[:900])
    (root / "b" / "clip.mp4").write_bytes(b"nothing")
    (root / "b" / "notes.txt").write_text("no picture")
    own = read_own(root, HAAR)
    assert own.faces.counts == (6, 5)
    assert {one.file.rpartition(os.sep)[2]: one.kind for one in own.skipped} == {
        "two_standing.jpg": SEVERAL, "empty.png": NO_FACE, "torn.jpg": UNREADABLE, "clip.mp4": VIDEO,
    }  # fmt: skip
    write_skipped(own.skipped, tmp_path / "skipped.csv")
    with (tmp_path / "skipped.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    assert all(row["reason"] for row in rows)
    (line,) = told(own, tmp_path / "skipped.csv")
    assert line.startswith("4 of 15 pictures left out")


def test_the_same_face_in_two_classes_is_used_in_neither_and_again_in_one_only_once(write_faces):
    root = write_faces((6, 6), ("a", "b"))
    shutil.copy(root / "a" / "0.png", root / "b" / "copy.png")
    shutil.copy(root / "a" / "1.png", root / "a" / "again.png")
    own = read_own(root, HAAR)
    assert own.faces.counts == (5, 6)
    assert sorted(one.kind for one in own.skipped) == [AGAIN, TWO_CLASSES, TWO_CLASSES]
    lines = list(told(own, root))
    assert "stands in 'b' too; neither is used" in lines[1]


def broken(root, how: str):
    if how == "file":
        (root / "table.csv").write_text("a,b")
        return root / "table.csv"
    if how == "missing":
        return root / "nowhere"
    if how == "none":
        (root / "void").mkdir()
        return root / "void"
    if how == "one":
        shutil.rmtree(root / "b")
    if how == "many":
        for k in range(60):
            (root / f"class{k}").mkdir()
    if how == "empty":
        for file in (root / "b").iterdir():
            file.unlink()
    if how == "deeper":
        (root / "in").mkdir()
        shutil.move(root / "a", root / "in" / "a")
        (root / "out").mkdir()
        shutil.move(root / "b", root / "out" / "b")
    names = {
        "comma": "b,c",
        "line": "b\nc",
        "long": "b" * 41,
        "space": " b",
        "twice": "A",
        "bytes": os.fsdecode(b"b\xff"),
    }
    if how in names:
        (root / "b").rename(root / names[how])
    return root


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("file", r"table\.csv: is a file; expected a folder that holds a folder of pictures for each class"),
        ("missing", "nowhere: there is no such folder"),
        ("none", "expected 2 to 50 folders.*got 0$"),
        ("one", r"got 1 \(a\)"),
        ("many", "got 62$"),
        ("empty", "no picture in the folder of 'b'; put some in, or take it away"),
        ("deeper", r"they lie a folder deeper \(in.a.0\.png\): name .*own.in$"),
        ("comma", "expected printable characters and no comma; rename it"),
        ("line", r"b\\nc: the folder's name becomes the class's name; expected printable"),
        ("space", "rename it"),
        ("bytes", r"b\\udcff: the folder's name.*rename it"),
        ("long", "expected at most 40 characters, got 41; rename it"),
        ("twice", "'A' is there already; put both into one folder, or rename it"),
    ],
)
def test_folders_that_will_not_do(write_faces, how, message):
    root = broken(write_faces((5, 5), ("a", "b")), how)
    with pytest.raises(DatasetError, match=message) as caught:
        class_folders(root)
    assert "\n" not in str(caught.value)
