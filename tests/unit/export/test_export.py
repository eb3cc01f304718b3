"""A run becomes one file that answers as torch does, and stands in the manifest."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

import emovere
from emovere.classify.classifier import load_model
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, EngineError, ModelError
from emovere.export import onnx as exporter
from emovere.export.manifest import register
from emovere.export.run import export_run, load_run
from emovere.labels import FER7, FERPLUS_COLUMNS
from emovere.train.fit import fit
from emovere.train.recipe import NetworkRecipe, Recipe, ScheduleRecipe, TrainOptions
from emovere.weights import sha256_of


@pytest.fixture(scope="module")
def faces() -> FaceSet:
    rng = np.random.default_rng(2)
    votes = np.zeros((90, len(FERPLUS_COLUMNS)), np.int64)
    votes[np.arange(90), np.arange(90) % 8] = 10
    return FaceSet(
        rng.integers(0, 255, (90, 48, 48), dtype=np.uint8),
        (np.arange(90) % 7).astype(np.int64),
        np.repeat(["Training", "PublicTest", "PrivateTest"], 30),
        FER7,
        votes,
    )


@pytest.fixture(scope="module", params=["residual", "separable"])
def run(tmp_path_factory: pytest.TempPathFactory, faces: FaceSet, request: pytest.FixtureRequest) -> Path:
    folder = tmp_path_factory.mktemp("run") / "tiny"
    recipe = Recipe(
        name="tiny",
        network=NetworkRecipe(request.param, widths=(6, 24), blocks=(0, 1), attention=request.param == "separable"),
        schedule=ScheduleRecipe(epochs=1, batch=10),
        train=TrainOptions(precision="32-true", threads=1),
    )
    fit(recipe, faces, folder)
    return folder


def test_the_file_answers_as_torch_does(tmp_path, run, faces):
    exported = export_run(run, faces, tmp_path / "tiny.onnx")
    network = load_run(run)[1]
    exporter.halve_weights(network)
    heads = exported.description["heads"]
    with torch.no_grad():
        logits = network(torch.from_numpy(faces.images)[:, None].float())[0]
    expected = torch.softmax(logits / heads["fer7"]["temperature"], dim=1).numpy()
    np.testing.assert_allclose(load_model(exported.path).predict(faces.images).probs, expected, atol=1e-4)
    votes = load_model(exported.path, labels="ferplus8").predict(faces.images)
    assert votes.labels[-1] == "contempt"


def test_large_weights_are_stored_as_half_and_lose_nothing(tmp_path, run, faces):
    model = onnx.load(export_run(run, faces, tmp_path / "tiny.onnx").path)
    halved = [w for w in model.graph.initializer if w.data_type == onnx.TensorProto.FLOAT16]
    assert halved
    assert str(Path(emovere.__file__).parent).encode() not in (tmp_path / "tiny.onnx").read_bytes()
    assert [p.key for p in model.metadata_props] == ["emovere"]


def test_the_conformal_sets_cover_what_they_state(tmp_path, run, faces):
    exported = export_run(run, faces, tmp_path / "tiny.onnx")
    public = faces.split("PublicTest")
    sets = load_model(exported.path).predict(public.images).sets
    assert sets is not None
    assert sets[np.arange(len(public)), public.labels].mean() >= 0.9 - 1e-9


def test_a_file_that_disagrees_is_refused(tmp_path, run, faces, monkeypatch):
    monkeypatch.setattr(exporter, "PARITY", -1.0)
    with pytest.raises(EngineError, match="differs from torch"):
        export_run(run, faces, tmp_path / "tiny.onnx")
    assert list(tmp_path.iterdir()) == []


def test_the_manifest_gets_its_entry_once(tmp_path, run, faces):
    manifest = tmp_path / "manifest.toml"
    manifest.write_text('# kept\n\n[other]\nrole = "detector"\n')
    exported = export_run(run, faces, tmp_path / "a.onnx")
    register(exported, manifest)
    register(export_run(run, faces, tmp_path / "b.onnx", version="2"), manifest)
    data = tomllib.loads(manifest.read_text())
    assert list(data) == ["other", "tiny"]
    assert data["tiny"]["version"] == "2"
    assert data["tiny"]["sha256"] == sha256_of(tmp_path / "models" / "tiny.onnx")
    assert manifest.read_text().startswith("# kept")


def test_a_taught_network_names_its_teacher(tmp_path, run, faces):
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    summary = json.loads((copy / "run.json").read_text())
    taught = {"name": "light", "sha256": "ab"}
    (copy / "run.json").write_text(json.dumps({**summary, "teacher": taught}))
    exported = export_run(copy, faces, tmp_path / "a.onnx")
    assert exported.description["teacher"] == taught
    register(exported, tmp_path / "manifest.toml")
    assert "taught by light; seed" in tomllib.loads((tmp_path / "manifest.toml").read_text())["tiny"]["description"]
    del summary["teacher"]
    (copy / "run.json").write_text(json.dumps(summary))
    assert export_run(copy, faces, tmp_path / "b.onnx").description["teacher"] is None


def test_what_is_no_run(tmp_path, run, faces):
    with pytest.raises(ConfigError, match=r"recipe\.toml is missing; expected the folder of a finished"):
        load_run(tmp_path)
    for name in ("recipe.toml", "run.json"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    (tmp_path / "best.ckpt").write_bytes(b"nonsense")
    with pytest.raises(ModelError, match=r"best\.ckpt: is damaged"):
        load_run(tmp_path)
