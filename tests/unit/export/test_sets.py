"""Sets fitted anew change nothing but the sets."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import onnx
import pytest

from emovere.classify.classifier import load_model, locate_model
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, ModelError
from emovere.export.sets import refit_sets
from emovere.labels import FER7, FERPLUS_COLUMNS


@pytest.fixture(scope="module")
def faces() -> FaceSet:
    rng = np.random.default_rng(8)
    images = rng.integers(0, 256, (140, 6, 6), dtype=np.uint8).repeat(8, axis=1).repeat(8, axis=2)
    labels = (np.arange(140) % 7).astype(np.int64)
    votes = np.zeros((140, len(FERPLUS_COLUMNS)), np.int64)
    votes[np.arange(140), labels] = 10
    return FaceSet(images, labels, np.repeat("PublicTest", 140), FER7, votes)


def test_each_label_is_in_the_set_of_nine_in_ten_of_its_faces_and_answers_stay(faces, tmp_path):
    done = refit_sets("nano", faces, tmp_path / "nano.onnx")
    before, after = load_model("nano").predict(faces.images), load_model(done.path).predict(faces.images)
    np.testing.assert_array_equal(before.probs, after.probs)
    for label in range(7):
        rows = faces.labels == label
        assert after.sets[rows, label].mean() >= 0.9
    assert len(set(done.description["heads"]["fer7"]["thresholds"])) > 1


def test_a_file_can_be_written_over_itself(faces, tmp_path):
    path = tmp_path / "mine.onnx"
    shutil.copyfile(locate_model("nano"), path)
    refit_sets(path, faces, path)
    assert load_model(path).description.heads["fer7"].thresholds is not None


def test_what_it_cannot_use_is_refused_and_nothing_is_written(faces, tmp_path):
    with pytest.raises(ConfigError, match="name them with --ferplus"):
        refit_sets("nano", dataclasses.replace(faces, votes=None), tmp_path / "out.onnx")
    node = onnx.helper.make_node("Identity", ["a"], ["b"])
    values = [onnx.helper.make_tensor_value_info(name, 1, [1]) for name in "ab"]
    theirs = tmp_path / "theirs.onnx"
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([node], "g", values[:1], values[1:])), theirs)
    with pytest.raises(ModelError, match="expected a network that `emovere export` wrote"):
        refit_sets(theirs, faces, tmp_path / "out.onnx")
    assert not (tmp_path / "out.onnx").exists()
