"""The way back from a file to a network: the shipped ones, a run's folder, and what does not fit."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch

from emovere import weights
from emovere.classify.classifier import METADATA, load_model
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, ModelError, UnknownModel
from emovere.export import load
from emovere.export.load import load_start
from emovere.export.run import export_run, load_run
from emovere.labels import FER7, FERPLUS8
from emovere.train.fit import fit
from emovere.train.recipe import NetworkRecipe, Recipe, ScheduleRecipe, TrainOptions, load_recipe


@pytest.mark.parametrize("name", ["light", "nano"])
def test_a_shipped_network_is_had_back_and_answers_alike(name, rng):
    start = load_start(name, load_recipe(name).network)
    assert dict(start.labels) == {"fer7": FER7, "ferplus8": FERPLUS8}
    assert start.sha256 == weights.entry(name).sha256
    faces = rng.integers(0, 256, (5, 48, 48), dtype=np.uint8)
    with torch.no_grad():
        logits = start.network(torch.from_numpy(faces)[:, None].float())[0].numpy()
    path = weights.place(name)
    said = json.loads(next(p.value for p in onnx.load(path).metadata_props if p.key == METADATA))
    scaled = np.exp(logits / said["heads"]["fer7"]["temperature"])
    expected = load_model(name).predict(faces).probs
    np.testing.assert_allclose(scaled / scaled.sum(axis=1, keepdims=True), expected, atol=1e-3)
    assert not start.network.training


def test_another_architecture_or_rounded_weights_are_refused():
    with pytest.raises(ModelError, match=r"weights are missing, of another shape.*name the recipe that it was trained"):
        load_start("light", load_recipe("nano").network)
    with pytest.raises(ModelError, match="rounded to whole numbers"):
        load_start("light-int8", load_recipe("light").network)
    with pytest.raises(ModelError, match=r"its weights do not give its answers \(head fer7 differs by"):
        load_start("nano", replace(load_recipe("nano").network, crop=46))


def test_a_small_difference_is_one(monkeypatch):
    monkeypatch.setattr(load, "PARITY", 0.0)
    with pytest.raises(ModelError, match="expected at most 0e"):
        load_start("nano", load_recipe("nano").network)


def test_what_is_no_network_to_begin_with(tmp_path):
    with pytest.raises(UnknownModel, match="did you mean 'light'"):
        load_start("lihgt", NetworkRecipe())
    with pytest.raises(ConfigError, match=r"recipe\.toml is missing; expected the folder of a finished"):
        load_start(str(tmp_path), NetworkRecipe())
    (tmp_path / "a.onnx").write_bytes(b"nothing")
    with pytest.raises(ModelError):
        load_start(str(tmp_path / "a.onnx"), NetworkRecipe())


def test_a_run_and_its_export_are_the_same_beginning(tmp_path, rng):
    """An export states its architecture; equal biases and folded normalisations are told apart."""
    labels = (np.arange(56) % 7).astype(np.int64)
    splits = np.repeat(["Training", "PublicTest"], 28)
    faces = FaceSet(rng.integers(0, 255, (56, 48, 48), dtype=np.uint8), labels, splits, FER7)
    network = NetworkRecipe("separable", ("fer7",), widths=(6, 24), blocks=(1, 1), attention=True, dropout=0.0)
    schedule = ScheduleRecipe(epochs=1, batch=14)
    fit(
        Recipe("tiny", network=network, schedule=schedule, train=TrainOptions("32-true", threads=1)),
        faces,
        tmp_path / "r",
    )
    export_run(tmp_path / "r", faces, tmp_path / "tiny.onnx")
    trained = load_run(tmp_path / "r")[1]
    pictures = torch.from_numpy(faces.images)[:, None].float()
    for source in (tmp_path / "r", tmp_path / "tiny.onnx"):
        start = load_start(str(source), load_recipe("light").network)
        assert start.recipe == network
        assert dict(start.labels) == {"fer7": FER7}
        with torch.no_grad():
            np.testing.assert_allclose(start.network(pictures)[0], trained(pictures)[0], atol=0.02)
