"""From somebody's folder to a set that others can read, each step a process: import, check, split, stats, export."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from PIL import Image

from emovere.datasets.fer2013 import load_fer2013
from emovere.datasets.load import load_rows
from emovere.labels import FER7

CODES = ("AN", "DI", "FE", "HA", "NE", "SA", "SU")


def write_jaffe(root, people=12, shots=2):
    """Grey crops of made people, named as JAFFE names them."""
    root.mkdir()
    generator = np.random.default_rng(7)
    for person in range(people):
        name = f"{chr(65 + person // 5)}{chr(75 + person % 5)}"
        for code in CODES:
            for shot in range(1, shots + 1):
                small = generator.integers(0, 256, (8, 8), np.uint8)
                image = np.kron(small, np.ones((6, 6), np.uint8))
                Image.fromarray(image).save(root / f"{name}.{code}{shot}.{person * 20 + shot}.tiff")
    return root


@pytest.mark.timeout(200)
def test_from_a_folder_to_a_set_that_others_read(emovere, tmp_path):
    write_jaffe(tmp_path / "jaffe")
    told = emovere("data", "import", "jaffe", tmp_path / "jaffe", "-o", "set")
    assert told.stdout == "set: 168 faces (24 angry, 24 disgust, 24 fear, 24 happy, 24 sad, 24 surprise, 24 neutral)\n"
    assert "168 faces have no split yet: emovere data split set -o NEW" in emovere("data", "check", "set").stdout

    parts = ["--parts", "Training=0.5,PublicTest=0.25,PrivateTest=0.25"]
    emovere("data", "split", "set", "-o", "new", *parts, "--seed", "3")
    rows = load_rows(tmp_path / "new")
    people = {name: set(np.array(rows.column("group"))[rows.faces.splits == name]) for name in set(rows.faces.splits)}
    assert {name: len(found) for name, found in people.items()} == {"Training": 6, "PublicTest": 3, "PrivateTest": 3}
    assert len(set.union(*people.values())) == 12
    assert emovere("data", "check", "new").stdout == "nothing wrong: 168 faces in 7 classes and 3 splits\n"
    emovere("data", "split", "set", "-o", "again", *parts, "--seed", "3")
    assert load_rows(tmp_path / "again").faces.splits.tolist() == rows.faces.splits.tolist()

    told = json.loads(emovere("data", "stats", "new", "--format", "json", "--report", "page.html").stdout)
    assert told["splits"]["Training"] == [12] * 7
    assert told["imbalance"]["ratio"] == 1.0
    assert "<h2>Faces of each class</h2>" in (tmp_path / "page.html").read_text(encoding="utf-8")

    for form in ("csv", "parquet"):
        emovere("data", "export", "new", "-o", form, "--format", form)
        found = load_fer2013(tmp_path / form)
        assert sorted(zip(found.labels, found.splits, map(bytes, found.images), strict=True)) == sorted(
            zip(rows.faces.labels, rows.faces.splits, map(bytes, rows.faces.images), strict=True)
        )
    assert "JAFFE terms (non-commercial research)" in (tmp_path / "csv" / "README.md").read_text(encoding="utf-8")


@pytest.mark.timeout(120)
def test_a_leak_is_found_listed_and_told_by_the_exit_code(emovere, tmp_path):
    image = " ".join(map(str, np.random.default_rng(1).integers(0, 256, 2304)))
    lines = [f"{label},{image},{split}" for label, split in ((0, "Training"), (3, "PublicTest"))]
    (tmp_path / "fer2013.csv").write_text("\n".join(["emotion,pixels,Usage", *lines]) + "\n")
    told = emovere("data", "check", "fer2013.csv", "--list", "rows.csv", expect=1).stdout
    assert "wrong  1 groups of identical faces stand in several splits (2 faces): " in told
    assert "wrong  1 groups of identical faces have several labels (2 faces): " in told
    assert f"wrong  6 classes without a face in PublicTest: {', '.join(n for n in FER7 if n != 'happy')}: " in told
    with (tmp_path / "rows.csv").open(newline="") as file:
        found = [row for row in csv.DictReader(file) if row["finding"] == "copy across splits"]
    assert [(row["row"], row["split"], row["label"]) for row in found] == [
        ("0", "Training", "angry"),
        ("1", "PublicTest", "happy"),
    ]
    assert [
        one["wrong"] for one in json.loads(emovere("data", "check", "fer2013.csv", "--format", "json", expect=1).stdout)
    ]


@pytest.mark.timeout(120)
def test_what_is_wrong_is_one_line_and_leaves_nothing(emovere, tmp_path):
    root = write_jaffe(tmp_path / "jaffe", people=2, shots=1)
    (root / "AK.AN1.1.tiff").write_bytes(b"no picture")
    told = emovere("data", "import", "jaffe", root, "-o", "set", expect=1)
    assert told.stdout.startswith("set: 13 faces")
    assert "emovere: 1 of 14 pictures left out (1 unreadable): set/left-out.csv" in told.stderr
    for arguments, words in (
        (("import", "jaffe", root, "-o", "set"), "set: holds a set already"),
        (("import", "rafdb", root, "-o", "x"), "expected RAF-DB"),
        (("split", "set", "-o", "x", "--parts", "a=0.5,b=0.6"), "expected two or more shares that add up to 1"),
        (("export", "set", "-o", "x", "--format", "csv"), "this set has 'faces without a split'"),
        (("stats", "nowhere"), "there is no such file or folder"),
    ):
        told = emovere("data", *arguments, expect=1)
        assert words in told.stderr
        assert len(told.stderr.splitlines()) == 1
        assert told.stdout == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["jaffe", "set"]
