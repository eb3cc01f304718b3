"""A whole run on somebody's folders in small: what it learns and leaves, interrupted or not."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch

from emovere.classify.classifier import METADATA, load_model
from emovere.errors import ConfigError, DatasetError, Interrupted
from emovere.export import own as exporter
from emovere.export.load import load_start
from emovere.export.own import export_own
from emovere.train.own.kept import load_own, read_faces
from emovere.train.own.parts import HELD_OUT
from emovere.train.own.run import begin, train_own
from emovere.train.own.tune import Tuning
from emovere.train.recipe import load_recipe


@pytest.fixture
def recipe(small, write_faces):
    return replace(small, data=str(write_faces((40, 30, 20))))


def test_a_run_learns_and_leaves_its_files(tmp_path, recipe, capsys):
    result = train_own(recipe, tmp_path / "mine")
    assert sorted(p.name for p in (tmp_path / "mine").iterdir()) == [
        "best.pt", "faces.npz", "held-out.csv", "last.pt", "metrics.csv", "own.toml", "run.json", "skipped.csv",
    ]  # fmt: skip
    assert result.right > 0.8 * len(result.truth)
    said = capsys.readouterr().err
    assert "90 pictures in 3 classes" in said
    assert "from nothing; 90 faces: 54 training, 18 choosing, 18 held-out" in said
    assert "frozen" in said
    assert "released" in said
    run = json.loads((tmp_path / "mine" / "run.json").read_text())
    assert run["labels"] == ["blank", "frown", "grin"]
    assert run["data"]["held-out"] == {"blank": 4, "frown": 6, "grin": 8}
    assert run["held_out"]["right"] == result.right
    with pytest.raises(ConfigError, match="holds a run already; go on with --resume"):
        train_own(recipe, tmp_path / "mine")
    with pytest.raises(ConfigError, match=r"own\.toml differs from these settings"):
        train_own(replace(recipe, seed=5), tmp_path / "mine", resume=True)


@pytest.mark.parametrize("at", [1, 5])
def test_an_interrupted_run_ends_as_an_uninterrupted_one(tmp_path, recipe, monkeypatch, at):
    train_own(recipe, tmp_path / "whole")
    judge = Tuning._judge

    def stop(self, row, told, started=None):
        if row["epoch"] == at:
            raise KeyboardInterrupt
        judge(self, row, told, started)

    with monkeypatch.context() as patch:
        patch.setattr(Tuning, "_judge", stop)
        with pytest.raises(Interrupted, match="keeps the last whole epoch: go on with --resume"):
            train_own(recipe, tmp_path / "cut")
    train_own(recipe, tmp_path / "cut", resume=True)
    whole, cut = (load_own(tmp_path / name) for name in ("whole", "cut"))
    for name, value in whole.network.state_dict().items():
        torch.testing.assert_close(cut.network.state_dict()[name], value)
    assert cut.summary["held_out"] == whole.summary["held_out"]
    assert cut.summary["epochs"] == whole.summary["epochs"]


def test_an_export_has_its_own_classes_and_says_what_it_is(tmp_path, recipe, monkeypatch):
    train_own(recipe, tmp_path / "mine")
    exported = export_own(tmp_path / "mine", tmp_path / "mine.onnx")
    head = exported.description["heads"]["own"]
    assert head["temperature"] == 1.0, "18 faces are too few to calibrate on"
    assert "threshold" not in head
    assert exported.description["temperature_and_threshold_fitted_on"] is None
    assert exported.description["held_out"]["needed"] == 93
    assert "54 faces of a person's own folders, begun from nothing" in exported.description["data"]
    model = load_model(tmp_path / "mine.onnx")
    assert model.labels == ("blank", "frown", "grin")
    part = read_faces(tmp_path / "mine").split(HELD_OUT)
    right = (model.predict(part.images).probs.argmax(axis=1) == part.labels).sum()
    assert right == json.loads((tmp_path / "mine" / "run.json").read_text())["held_out"]["right"]
    assert model.predict(part.images).sets is None
    monkeypatch.setattr(exporter, "ENOUGH", 18)
    head = export_own(tmp_path / "mine", tmp_path / "b.onnx").description["heads"]["own"]
    assert head["coverage"] == 0.9
    assert head["temperature"] != 1.0
    assert load_model(tmp_path / "b.onnx").predict(part.images).sets is not None
    text = onnx.load(tmp_path / "b.onnx").metadata_props[0]
    assert text.key == METADATA
    assert str(tmp_path) not in text.value


def test_one_may_begin_from_an_export_or_a_folder_of_ones_own(tmp_path, recipe):
    train_own(recipe, tmp_path / "mine")
    export_own(tmp_path / "mine", tmp_path / "mine.onnx")
    other = load_recipe("nano").network
    runs = [load_start(str(source), other) for source in (tmp_path / "mine", tmp_path / "mine.onnx")]
    for start in runs:
        assert start.recipe == recipe.network
        assert start.labels == {"own": ("blank", "frown", "grin")}
        network = begin(start, replace(recipe, network=start.recipe), ("grin", "new"))
        torch.testing.assert_close(network.own.weight[0], start.network.own.weight[2])
    faces = torch.rand(3, 1, 48, 48) * 255
    with torch.no_grad():
        a, b = (start.network(faces)[0] for start in runs)
    np.testing.assert_allclose(a, b, atol=0.02)
    again = train_own(replace(recipe, start=str(tmp_path / "mine")), tmp_path / "again")
    assert again.start_name == "mine"


def test_a_shipped_network_keeps_what_it_knows_of_emotions(recipe):
    start = load_start("nano", load_recipe("nano").network)
    network = begin(start, replace(recipe, network=start.recipe), ("joy", "contempt", "zzz"))
    fer7, ferplus8 = start.network.fer7.weight, start.network.ferplus8.weight
    torch.testing.assert_close(network.own.weight[0], fer7[3])
    torch.testing.assert_close(network.own.weight[1], ferplus8[7])
    assert not any(torch.allclose(network.own.weight[2], row) for row in fer7)


def test_emotions_are_compared_with_what_was_known_before(tmp_path, small, write_faces):
    tune = replace(small.tune, frozen_epochs=1, released_epochs=1, keep_statistics=True)
    data = str(write_faces((12, 12), ("joy", "Sad")))
    recipe = replace(small, start="nano", network=load_recipe("nano").network, data=data, tune=tune)
    result = train_own(recipe, tmp_path / "mine")
    assert result.start_name == "nano"
    assert result.start_answers is not None
    assert set(result.start_answers.tolist()) <= {0, 1}
    assert "nano as it was, on the same faces: " in result.text()
    assert json.loads((tmp_path / "mine" / "run.json").read_text())["start"]["name"] == "nano"


def test_too_few_faces_say_so_and_leave_the_table(tmp_path, small, write_faces):
    recipe = replace(small, data=str(write_faces((9, 3), ("a", "b"))))
    with pytest.raises(DatasetError, match="class 'b': 3 usable faces; at least 5 are needed"):
        train_own(recipe, tmp_path / "mine")
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["skipped.csv"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parts": {"held_out": 0.0}}, "parts: expected shares above 0"),
        ({"parts": {"held_out": 0.7}}, "leave at least a fifth to train on"),
        ({"tune": {"frozen_epochs": 0, "released_epochs": 0}}, "tune: expected at least one epoch"),
        ({"tune": {"batch": 0}}, r"tune\.batch: expected at least 1; got 0"),
        ({"train": {"devices": 2}}, "one process learns them"),
    ],
)
def test_settings_that_cannot_be(tmp_path, recipe, change, message):
    changed = replace(recipe, **{key: replace(getattr(recipe, key), **values) for key, values in change.items()})
    with pytest.raises(ConfigError, match=message):
        train_own(changed, tmp_path / "mine")


@pytest.mark.parametrize("name", ["last.pt", "faces.npz"])
def test_a_damaged_file_is_one_clear_line(tmp_path, recipe, name):
    train_own(recipe, tmp_path / "mine")
    (tmp_path / "mine" / name).write_bytes(b"nonsense")
    with pytest.raises(ConfigError, match=rf"{name}: is (missing or )?damaged.*start anew in another folder"):
        train_own(recipe, tmp_path / "mine", resume=True)


def test_nothing_to_resume(tmp_path, recipe):
    with pytest.raises(ConfigError, match="no run on own faces to resume; start without --resume"):
        train_own(recipe, tmp_path / "mine", resume=True)
