"""``emovere data patch`` as a process."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from emovere.datasets.faceset import FaceSet
from emovere.datasets.folder import write_folder
from emovere.datasets.load import load_rows
from emovere.datasets.patch import Patch, Verdict, write_patch
from emovere.datasets.rows import FaceRows
from emovere.labels import FER7


def data(*words):
    command = [sys.executable, "-m", "emovere", "data", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ))


@pytest.fixture
def a_set(tmp_path):
    images = np.random.default_rng(5).integers(0, 256, (4, 48, 48), np.uint8)
    rows = FaceRows(FaceSet(images, np.arange(4), np.array(["Training"] * 4), FER7))
    write_folder(rows, tmp_path / "set")
    said = (Verdict(str(rows.keys[0]), "drop", "dark"), Verdict(str(rows.keys[1]), "relabel", "label", label="sad"))
    write_patch(Patch(said, FER7, {"by": "me"}), tmp_path / "first.jsonl")
    write_patch(Patch((Verdict(str(rows.keys[0]), "keep", "people"),), FER7), tmp_path / "second.jsonl")
    return tmp_path


def test_a_patch_is_laid_over_and_taken_back(a_set):
    whole = (a_set / "set" / "faces.parquet").read_bytes()
    done = data("patch", "apply", a_set / "set", a_set / "first.jsonl", a_set / "second.jsonl")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "001-first: with it 1 of 4 faces are dropped and 1 labelled anew",
        "002-second: with it 0 of 4 faces are dropped and 1 labelled anew",
    ]
    assert load_rows(a_set / "set").faces.labels.tolist() == [0, 4, 2, 3]
    shown = data("patch", "show", a_set / "set").stdout
    assert "001-first: 2 verdicts (by me)" in shown
    assert "relabel   label" in shown
    assert data("patch", "withdraw", a_set / "set", "002").returncode == 0
    assert load_rows(a_set / "set").faces.labels.tolist() == [4, 2, 3]
    assert data("patch", "withdraw", a_set / "set", "001-first.jsonl").returncode == 0
    assert load_rows(a_set / "set").faces.labels.tolist() == [0, 1, 2, 3]
    assert (a_set / "set" / "faces.parquet").read_bytes() == whole
    assert (
        json.loads((a_set / "set" / "patches" / "withdrawn" / "001-first.jsonl").read_text().splitlines()[0])["patch"]
        == 1
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["apply", "set", "nothing.jsonl"], "nothing.jsonl: cannot be read"),
        (["apply", "nowhere", "first.jsonl"], "expected a set's folder"),
        (["withdraw", "set", "7"], "expected the name of one of its patches; got '7'; there are: none"),
        (["show", "set/set.json"], "expected a JSON object in each line"),
    ],
)
def test_what_cannot_be_done_is_one_line(a_set, words, message):
    done = data("patch", words[0], *(word if word == "7" else a_set / word for word in words[1:]))
    assert done.returncode == 1
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
