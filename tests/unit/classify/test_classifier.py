"""The embedded network, and files that are none."""

from __future__ import annotations

import json

import numpy as np
import pytest

import emovere
from emovere import weights
from emovere.classify.classifier import METADATA, Classifier, Description, load_model, resize_crops
from emovere.config import EngineOptions
from emovere.errors import ConfigError, EngineError, ModelError, ShapeError, UnknownModel
from emovere.labels import FER7, FERPLUS8


@pytest.fixture(scope="module")
def light() -> Classifier:
    return load_model("light", engine=EngineOptions(threads=1))


@pytest.mark.parametrize("count", [0, 1, 5])
@pytest.mark.parametrize("size", [(48, 48), (20, 31), (200, 120), (1, 1)])
def test_any_number_of_faces_of_any_size(light, count, size, rng):
    seen = light.predict(rng.integers(0, 255, (count, *size), dtype=np.uint8))
    assert seen.labels == FER7
    assert seen.probs.shape == (count, 7)
    np.testing.assert_allclose(seen.probs.sum(axis=1), 1, atol=1e-5)


def test_faces_of_several_sizes_in_one_list(light, rng):
    faces = [rng.integers(0, 255, (s, s), dtype=np.uint8) for s in (30, 48, 99)]
    one_by_one = np.concatenate([light.predict(face[None]).probs for face in faces])
    np.testing.assert_allclose(light.predict(faces).probs, one_by_one, atol=1e-5)


def test_a_batch_answers_as_one_face_does(rng):
    faces = rng.integers(0, 255, (11, 48, 48), dtype=np.uint8)
    whole = load_model("light", batch=64).predict(faces).probs
    np.testing.assert_allclose(load_model("light", batch=3).predict(faces).probs, whole, atol=1e-5)


def test_labels_of_both_heads_and_of_a_list(rng):
    faces = rng.integers(0, 255, (4, 48, 48), dtype=np.uint8)
    assert load_model("light", labels="ferplus8").predict(faces).labels == FERPLUS8
    few = load_model("light", labels="sad,happy").predict(faces)
    assert few.labels == ("sad", "happy")
    np.testing.assert_allclose(few.probs.sum(axis=1), 1, atol=1e-5)
    with pytest.raises(ConfigError, match="did you mean 'happy'"):
        load_model("light", labels="hapy,sad")


def test_sets_hold_the_likeliest_label_and_what_stays_possible(light, rng):
    seen = light.predict(rng.integers(0, 255, (20, 48, 48), dtype=np.uint8))
    assert seen.sets is not None
    assert seen.sets[np.arange(20), seen.probs.argmax(axis=1)].all()
    limits = np.array(light.description.heads["fer7"].limits, np.float32)
    assert limits.shape == (7,), "one threshold a label"
    likeliest = seen.probs == seen.probs.max(axis=1, keepdims=True)
    np.testing.assert_array_equal(seen.sets, (seen.probs >= limits) | likeliest)


@pytest.mark.parametrize(
    "faces",
    [
        np.zeros((48, 48), np.uint8),
        np.zeros((1, 48, 48), np.float32),
        np.zeros((1, 48, 48, 3), np.uint8),
        np.zeros((1, 0, 48), np.uint8),
        [[1, 2], [3, 4]],
    ],
)
def test_anything_but_grey_crops_is_refused(light, faces):
    with pytest.raises(ShapeError, match="faces: expected"):
        light.predict(faces)


def test_crops_of_the_right_size_are_left_alone(rng):
    faces = rng.integers(0, 255, (3, 48, 48), dtype=np.uint8)
    assert (resize_crops(faces, 48) == faces).all()


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(UnknownModel, match=r"unknown model 'ligth'; did you mean 'light'\? \(light"):
        load_model("ligth")


def test_a_missing_file(tmp_path):
    with pytest.raises(UnknownModel, match="no such file"):
        load_model(tmp_path / "mine.onnx")


@pytest.mark.parametrize("content", [b"", b"not onnx at all", b"\x08\x08" * 100])
def test_a_file_that_is_no_network(tmp_path, content):
    path = tmp_path / "mine.onnx"
    path.write_bytes(content)
    with pytest.raises(EngineError, match="ONNX Runtime cannot load it") as caught:
        load_model(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("metadata", [{}, {METADATA: "no json"}, {METADATA: json.dumps({"name": "x"})}])
def test_a_network_without_a_description(tmp_path, metadata):
    with pytest.raises(ModelError, match="is no network of emovere's"):
        Description.read(metadata, tmp_path / "mine.onnx")


def test_the_file_can_be_named_itself(rng):
    faces = rng.integers(0, 255, (2, 48, 48), dtype=np.uint8)
    by_path = load_model(weights.place("light")).predict(faces).probs
    np.testing.assert_array_equal(by_path, emovere.load_model().predict(faces).probs)


def test_the_shipped_network_is_small():
    entry = weights.entry("light")
    assert entry.parameters <= 3_000_000
    assert weights.place("light").stat().st_size == entry.size <= 6_000_000
