"""A network in 8-bit integers answers nearly as before, is smaller, and is refused where it lost too much."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import onnx
import pytest

from emovere.classify.classifier import load_model, locate_model
from emovere.datasets.faceset import FaceSet
from emovere.datasets.fer2013 import load_fer2013
from emovere.errors import ConfigError, DatasetError, ModelError
from emovere.export.manifest import register
from emovere.export.quantise import quantise
from emovere.labels import FER7, FERPLUS_COLUMNS


@pytest.fixture(scope="module")
def faces() -> FaceSet:
    """Noise that light tells right: its own answers are the labels."""
    rng = np.random.default_rng(4)
    images = rng.integers(0, 256, (120, 6, 6), dtype=np.uint8).repeat(8, axis=1).repeat(8, axis=2)
    labels = load_model("light").predict(images).probs.argmax(axis=1).astype(np.int64)
    votes = np.zeros((120, len(FERPLUS_COLUMNS)), np.int64)
    votes[np.arange(120), labels] = 10
    return FaceSet(images, labels, np.repeat(["Training", "PublicTest", "PrivateTest"], 40), FER7, votes)


@pytest.fixture(scope="module")
def done(faces, tmp_path_factory):
    return quantise("light", faces, tmp_path_factory.mktemp("int8") / "light-int8.onnx", most_lost=0.5)


def test_it_answers_nearly_as_before_in_half_the_space(done, faces):
    before, after = (load_model(name).predict(faces.images).probs for name in ("light", done.path))
    assert np.abs(before - after).mean() < 0.03
    assert done.path.stat().st_size < 0.6 * locate_model("light").stat().st_size
    assert done.accuracy_before == 1.0
    assert 0.5 < done.accuracy_after <= 1.0


def test_it_holds_integers_and_says_so(done):
    model = onnx.load(done.path)
    assert {node.op_type for node in model.graph.node} >= {"QuantizeLinear", "DequantizeLinear"}
    (entry,) = model.metadata_props
    described = json.loads(entry.value)
    assert described["name"] == "light-int8"
    assert described["data"].endswith("in 8-bit integers")
    assert described["heads"]["fer7"]["public_accuracy"] == pytest.approx(done.accuracy_after, abs=1e-4)
    assert len(described["heads"]["fer7"]["thresholds"]) == 7


def test_it_is_entered_under_a_name_of_its_own(done, tmp_path):
    manifest = tmp_path / "manifest.toml"
    assert register(done, manifest) == "light-int8"
    assert (tmp_path / "models" / "light-int8.onnx").is_file()


def test_one_that_loses_too_much_is_refused_and_not_written(faces, tmp_path):
    with pytest.raises(ModelError, match=r"in 8 bits it tells .* nothing is written"):
        quantise("light", faces, tmp_path / "no.onnx", most_lost=-0.01)
    assert not list(tmp_path.iterdir())


def test_a_network_of_others_is_refused(faces, tmp_path):
    node = onnx.helper.make_node("Identity", ["a"], ["b"])
    values = [onnx.helper.make_tensor_value_info(name, 1, [1]) for name in "ab"]
    path = tmp_path / "theirs.onnx"
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([node], "g", values[:1], values[1:])), path)
    with pytest.raises(ModelError, match="expected a network that `emovere export` wrote"):
        quantise(path, faces, tmp_path / "out.onnx")


def test_data_without_votes_or_a_split_are_refused(faces, tmp_path):
    with pytest.raises(ConfigError, match="name them with --ferplus"):
        quantise("light", dataclasses.replace(faces, votes=None), tmp_path / "out.onnx")
    with pytest.raises(DatasetError):
        quantise("light", faces.split("PublicTest"), tmp_path / "out.onnx")


def test_the_shipped_one_agrees_with_light_on_real_faces(shared):
    public = load_fer2013(shared("data/fer2013.parquet")).split("PublicTest")
    images, labels = public.images[:700], public.labels[:700]
    light, small = (load_model(name).predict(images).probs for name in ("light", "light-int8"))
    assert (light.argmax(axis=1) == small.argmax(axis=1)).mean() > 0.97
    assert abs((light.argmax(axis=1) == labels).mean() - (small.argmax(axis=1) == labels).mean()) < 0.015
