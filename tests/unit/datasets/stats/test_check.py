import csv
import dataclasses

import numpy as np
import pytest

from emovere.datasets.folder import PATCHES, write_folder
from emovere.datasets.patch import Patch, Verdict, write_patch
from emovere.datasets.rows import FaceRows
from emovere.datasets.stats.check import check, write_rows
from emovere.errors import DatasetError

RIGHTS = {"licence": ["CC0"] * 6}


def kinds(findings):
    return {one.kind: one.count for one in findings}


def clean(rows_of, **columns):
    return rows_of([0, 1] * 3, ["Training"] * 2 + ["PublicTest"] * 2 + ["PrivateTest"] * 2, **{**RIGHTS, **columns})


def test_nothing_is_found_where_nothing_is_wrong(rows_of, tmp_path):
    rows = clean(rows_of)
    write_folder(rows, tmp_path / "set")
    assert check(rows, tmp_path / "set") == []


def test_copies_and_contradictions(rows_of):
    rows = clean(rows_of)
    images = rows.faces.images.copy()
    images[3] = images[0]
    found = check(FaceRows(dataclasses.replace(rows.faces, images=images), about=rows.about))
    assert kinds(found) == {"copy across splits": 1, "conflicting labels": 1, "exact copy": 1}
    assert [one.wrong for one in found] == [True, True, False]
    assert found[0].text == "groups of identical faces stand in several splits (2 faces)"


def test_persons_and_pictures_in_two_splits(rows_of):
    rows = clean(rows_of, group=["p"] * 3 + [""] * 3, picture=["x.jpg"] * 6)
    assert kinds(check(rows)) == {"group across splits": 1, "picture across splits": 1}


def test_classes_that_are_missing_are_named_split_by_split(rows_of):
    rows = rows_of([0, 1, 2, 0, 0, 0], ["Training"] * 3 + ["PublicTest"] * 2 + [""], ("a", "b", "c"), **RIGHTS)
    found = check(rows)
    assert [one.text for one in found if one.kind == "class missing"] == [
        "classes without a face in PublicTest: b, c",
        "classes without a face in the faces without a split: b, c",
    ]
    assert [one.count for one in found if one.kind == "no split"] == [1]


def test_made_faces(rows_of):
    rows = clean(rows_of)
    key = str(rows.keys[2])
    made = rows.with_columns(made=["flipped", "", "", "", "scaled", ""], made_from=[key, "", "", "", key, ""])
    assert kinds(check(made)) == {"made face in a test split": 1, "made from a test face": 1}


def test_rights(rows_of):
    rows = clean(
        rows_of, licence=["", "CC BY 4.0", "CC BY-SA 2.0", "CC0", "CC0", "CC0"], author=["", "", "me", "", "", ""]
    )
    assert kinds(check(rows)) == {"licence unknown": 1, "author unknown": 1}
    assert not any(one.wrong for one in check(rows))


def test_a_face_of_one_even_grey(rows_of):
    rows = clean(rows_of)
    images = rows.faces.images.copy()
    images[1] = 77
    found = check(FaceRows(dataclasses.replace(rows.faces, images=images), about=rows.about))
    assert kinds(found) == {"blank face": 1}
    assert found[0].groups[0].tolist() == [1]


def test_patches_for_another_set(rows_of, tmp_path):
    rows = clean(rows_of)
    write_folder(rows, tmp_path / "set")
    (tmp_path / "set" / PATCHES).mkdir()
    verdicts = (Verdict(str(rows.keys[0]), "drop", "dark"), Verdict("0" * 64, "drop", "dark"))
    write_patch(Patch(verdicts, rows.faces.label_names), tmp_path / "set" / PATCHES / "001-theirs.jsonl")
    (found,) = check(rows, tmp_path / "set")
    assert (found.kind, found.count) == ("patch with unknown keys", 1)
    assert "001-theirs" in found.advice
    (tmp_path / "set" / PATCHES / "002-broken.jsonl").write_text("no json\n")
    with pytest.raises(DatasetError, match=r"002-broken\.jsonl"):
        check(rows, tmp_path / "set")


def test_the_rows_that_are_meant_are_written(rows_of, tmp_path):
    rows = clean(rows_of, source=[f"row {k}" for k in range(6)])
    images = rows.faces.images.copy()
    images[3] = images[0]
    rows = FaceRows(dataclasses.replace(rows.faces, images=images), about=rows.about)
    found = [one for one in check(rows) if one.kind == "copy across splits"]
    write_rows(found, rows, tmp_path / "list.csv")
    with (tmp_path / "list.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["row"], line["split"], line["label"], line["source"]) for line in lines] == [
        ("0", "Training", "a", "row 0"),
        ("3", "PublicTest", "b", "row 3"),
    ]
    assert {line["key"] for line in lines} == {str(rows.keys[0])}


def test_an_empty_set_is_no_crash(rows_of):
    found = check(rows_of([], []))
    assert not np.array([one.count for one in found]).any()
