"""What a network makes of a face before it answers."""

from __future__ import annotations

import numpy as np
import pytest

from emovere import weights
from emovere.classify.classifier import load_model, locate_model
from emovere.datasets.clean.features import PENULTIMATE, Features
from emovere.datasets.clean.probes import NAMES, TENSORS, load_probes, summarised
from emovere.errors import ModelError


@pytest.fixture(scope="module")
def faces():
    return np.random.default_rng(0).integers(0, 255, (5, 48, 48), np.uint8)


@pytest.mark.parametrize(("name", "wide"), [("light", 256), ("nano", 96), ("light-int8", 256)])
def test_the_values_behind_the_answers_of_every_network_we_ship(name, wide, faces):
    (values,) = Features(locate_model(name)).read(faces)
    assert values.shape == (5, wide)
    assert values.dtype == np.float32
    assert np.isfinite(values).all()
    assert len(np.unique(values, axis=0)) == 5


def test_they_are_what_the_last_layer_reads():
    many = np.random.default_rng(1).integers(0, 255, (150, 48, 48), np.uint8)
    (values,) = Features(locate_model("nano")).read(many)
    answers = np.log(load_model("nano").read(many))
    answers = answers[:, 1:] - answers[:, :1]  # what softmax leaves of a linear layer
    values = np.column_stack([values, np.ones(150)])
    layer = np.linalg.lstsq(values[:130], answers[:130], rcond=None)[0]
    assert np.abs(values[130:] @ layer - answers[130:]).max() < 0.02


def test_a_long_name_is_encoded_too(faces, tmp_path):
    with pytest.raises(ModelError, match=r"has no inner values called x{300}"):
        Features(locate_model("nano"), "x" * 300)


def test_several_values_at_once(faces):
    found = Features(locate_model("light"), PENULTIMATE, *TENSORS).read(faces)
    assert [value.shape[:2] for value in found] == [(5, 256), (5, 128), (5, 256)]
    probes = load_probes()
    probabilities = probes.read(summarised(found[1:]))
    assert probabilities.shape == (5, len(NAMES))
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


def test_the_probes_belong_to_the_network_that_is_shipped():
    assert load_probes().network == weights.sha256_of(locate_model("light"))
