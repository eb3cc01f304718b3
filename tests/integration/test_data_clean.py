"""`emovere data clean` and `emovere data fold` as processes of their own."""

from __future__ import annotations

import csv
import json

import cv2
import numpy as np
import pytest

from emovere.datasets.clean.predictions import read_predictions
from emovere.datasets.faceset import FaceSet
from emovere.datasets.folder import read_folder, write_folder
from emovere.datasets.load import load_rows
from emovere.datasets.patch import read_patch
from emovere.datasets.rows import FaceRows
from emovere.labels import FER7

pytestmark = pytest.mark.timeout(200)


@pytest.fixture
def made_set(shared, yunet_weights, tmp_path):
    """Forty faces of FER2013 with a copy, a contradicting copy, a nearly mirrored one, a black one and a dark one."""
    read = pytest.importorskip("pyarrow.parquet").ParquetFile(shared("data/fer2013.parquet"))
    table = next(read.iter_batches(batch_size=60, columns=["image", "label"])).to_pylist()
    images = [cv2.imdecode(np.frombuffer(row["image"]["bytes"], np.uint8), 0) for row in table[:40]]
    labels = [row["label"] for row in table[:40]]
    images += [images[3], images[4], np.ascontiguousarray(images[5][:, ::-1]), np.zeros((48, 48), np.uint8)]
    labels += [labels[3], (labels[4] + 1) % 7, labels[5], 0]
    images[6] = images[6] // 12
    splits = ["Training"] * 40 + ["PublicTest", "Training", "PublicTest", "Training"]
    faces = FaceSet(np.stack(images), np.array(labels, np.int64), np.array(splits), FER7)
    write_folder(FaceRows(faces), tmp_path / "mine")
    return tmp_path / "mine"


def listed(path):
    with path.open(newline="", encoding="utf-8") as file:
        return {(line["reason"], int(line["row"])): line for line in csv.DictReader(file)}


def test_a_set_is_looked_over_and_stays_as_it_is(made_set, emovere):
    before = (made_set / "faces.parquet").read_bytes()
    done = emovere("data", "clean", made_set)
    found = listed(made_set / "findings.csv")
    assert found["copy across splits", 3]["action"] == "drop"
    assert {row for reason, row in found if reason == "conflicting copy"} >= {4, 41}
    assert "mirror image" in found["near copy", 5]["note"]
    assert found["near copy", 5]["action"] == "drop"
    assert found["no face", 43]["action"] == "drop"
    assert ("dark", 6) in found
    assert not any(reason == "label" for reason, _ in found)
    assert (made_set / "sheets" / "near-copy.jpg").stat().st_size > 1000
    assert "faces of 44 have a finding" in done.stdout
    assert "patch apply" in done.stderr
    assert (made_set / "faces.parquet").read_bytes() == before
    assert len(load_rows(made_set)) == 44
    patch = read_patch(made_set / "clean.jsonl")
    assert patch.header["command"] == "emovere data clean"
    assert "made_set" not in json.dumps(dict(patch.header))
    emovere("data", "patch", "apply", made_set, made_set / "clean.jsonl")
    kept = load_rows(made_set)
    assert kept.keys.tolist().count(read_folder(made_set).keys[3]) == 1
    assert read_folder(made_set).keys[4] not in kept.keys
    emovere("data", "patch", "withdraw", made_set, "001")
    assert len(load_rows(made_set)) == 44


def test_options_change_what_is_found(made_set, emovere):
    quiet = emovere(
        "data", "clean", made_set, "-q", "--set", "without=near copy,turned,outlier", "--set", "drop=dark",
        "--set", "pictures.dark=40", "-o", made_set.parent / "out",
    )  # fmt: skip
    found = listed(made_set.parent / "out" / "findings.csv")
    assert quiet.stderr == ""
    assert not {"near copy", "turned", "outlier"} & {reason for reason, _ in found}
    assert found["dark", 6]["action"] == "drop"
    command = read_patch(made_set.parent / "out" / "clean.jsonl").header["command"]
    assert "--set pictures.dark=40.0" in command
    assert "--set drop=dark" in command


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "drop=darkk"], "unknown reason 'darkk'; did you mean 'dark'?"),
        (["--set", "copies.distance=70"], "copies.distance: expected 0 to 20 bits; got 70"),
        (["--set", "faces.lest=1"], "did you mean 'faces.least'?"),
        (["--predictions", "none.npz"], "there is no such file"),
        (["--detector", "yunett"], "did you mean 'yunet'?"),
    ],
)
def test_mistakes_are_one_line(made_set, emovere, arguments, said):
    failed = emovere("data", "clean", made_set, *arguments, expect=1)
    assert said in failed.stderr
    assert len(failed.stderr.strip().splitlines()) == 1
    assert not (made_set / "findings.csv").exists()


def test_pictures_become_a_set(shared, yunet_weights, emovere, tmp_path):
    for name, photo in (("happy", "one_smiling"), ("neutral", "two_standing")):
        (tmp_path / "mine" / name).mkdir(parents=True)
        (tmp_path / "mine" / name / f"{photo}.jpg").write_bytes(shared(f"photos/{photo}.jpg").read_bytes())
    usage = emovere("data", "clean", tmp_path / "mine", expect=2)
    assert "name the new set's folder" in " ".join(usage.stderr.replace("│", "").split())
    done = emovere("data", "clean", tmp_path / "mine", "-o", tmp_path / "set")
    rows = load_rows(tmp_path / "set")
    assert set(rows.faces.label_names) == {"happy", "neutral"}
    assert len(rows) >= 3
    found = listed(tmp_path / "set" / "findings.csv")
    assert {reason for reason, _ in found} >= {"several faces"}
    assert f"faces of {len(rows)} have a finding" in done.stdout
    again = emovere("data", "clean", tmp_path / "mine", "-o", tmp_path / "set", expect=1)
    assert "holds a set already" in again.stderr


def test_folds_then_doubtful_labels(made_set, emovere, tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("cleanlab")
    said = tmp_path / "said.npz"
    quick = ["schedule.epochs=1", "network.widths=4,8", "network.blocks=0,1", "schedule.batch=8", "train.threads=1"]
    settings = [word for setting in quick for word in ("--set", setting)]
    first = emovere("data", "fold", made_set, "--folds", "2", "-o", said, *settings)
    assert "44 faces told by 2 networks" in first.stdout
    assert "left" in first.stderr
    kept = read_predictions(said)
    assert kept.done == (0, 1)
    emovere("data", "clean", made_set, "--predictions", said, "--set", "labels.least=0")
    labels = [line for (reason, _), line in listed(made_set / "findings.csv").items() if reason == "label"]
    told = dict(zip(kept.keys.tolist(), kept.probs.argmax(axis=1).tolist(), strict=True))
    assert labels
    assert all(line["new_label"] == FER7[told[line["key"]]] != line["label"] for line in labels)
