"""Recipes of the field's usual networks: each builds, takes a step, is exported, and answers as torch does."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from emovere.classify.classifier import load_model
from emovere.config import override
from emovere.errors import ConfigError, DatasetError
from emovere.export.onnx import halve_weights
from emovere.export.run import export_run, load_run
from emovere.labels import FER7
from emovere.train.data import limited, selected, with_classes
from emovere.train.fit import fit
from emovere.train.networks import FaceNetwork, parameter_count
from emovere.train.recipe import DataRecipe, NetworkRecipe, Recipe, labels_by_head, load_recipe

FOUR = ("angry", "happy", "neutral", "sad")
SEEDS = ("mini-xception", "cnn4", "vgg11", "threshold-cnn", "small-set")


@pytest.mark.parametrize("name", SEEDS)
def test_a_seed_takes_a_step_is_exported_and_matches(tmp_path, few_faces, name):
    faces = few_faces
    recipe = override(
        load_recipe(name),
        ["schedule.epochs=1", "schedule.batch=14", "train.threads=1", "train.precision=32-true"],
    )
    run = fit(recipe, faces, tmp_path / name)
    labels = recipe.data.classes or FER7
    assert list(run["data"]["classes"]) == list(labels)
    exported = export_run(tmp_path / name, faces, tmp_path / "out.onnx")
    assert list(exported.description["heads"]) == ["fer7"]
    network = load_run(tmp_path / name)[1]
    halve_weights(network)
    with torch.no_grad():
        (logits,) = network(torch.from_numpy(faces.images[:9])[:, None].float())
    expected = torch.softmax(logits / exported.description["heads"]["fer7"]["temperature"], dim=1).numpy()
    loaded = load_model(tmp_path / "out.onnx")
    assert loaded.labels == labels
    np.testing.assert_allclose(loaded.predict(faces.images[:9]).probs, expected, atol=2e-4)
    with pytest.raises(ConfigError, match="contempt is not among what the model tells apart"):
        load_model(tmp_path / "out.onnx", labels="ferplus8")
    assert "votes" not in (tmp_path / name / "metrics.csv").read_text().splitlines()[1]
    assert "public_votes_accuracy" not in json.dumps(run)


def test_mini_xception_has_the_parameters_of_its_paper():
    network = FaceNetwork(load_recipe("mini-xception").network, {"fer7": 7})
    statistics = sum(b.numel() for name, b in network.named_buffers() if "running" in name)
    assert parameter_count(network) + statistics == 58_423


def test_vgg11_on_all_seven_classes():
    recipe = override(load_recipe("vgg11"), ["data.classes="])
    assert labels_by_head(recipe) == {"fer7": FER7}
    assert sum(recipe.network.blocks) + len(recipe.network.dense) + 1 == 11


def test_a_threshold_leaves_black_and_white():
    faces = torch.randint(0, 256, (3, 1, 48, 48)).float()
    network = FaceNetwork(NetworkRecipe("plain", ("fer7",), crop=48, threshold=127, widths=(4,), blocks=(1,)))
    seen = network.prepared(faces)
    assert len(seen.unique()) == 2
    assert torch.equal(seen > 0, faces > 127)


def test_a_face_is_brought_to_the_side_that_the_trunk_takes():
    network = FaceNetwork(NetworkRecipe("plain", ("fer7",), crop=40, side=64, widths=(4,), blocks=(1,)))
    assert network.prepared(torch.zeros(2, 1, 48, 48)).shape == (2, 1, 64, 64)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (NetworkRecipe("plain", widths=(4,) * 6, blocks=(1,) * 6), "6 stages halve 44 pixels to nothing"),
        (NetworkRecipe(widths=(4, 4), blocks=(1,)), "got 2 widths and 1 blocks"),
        (NetworkRecipe(crop=60), r"network\.crop: expected 8 to 48 pixels; got 60"),
        (NetworkRecipe(side=4), r"network\.side: expected 8 to 512 pixels, or 0; got 4"),
        (NetworkRecipe(threshold=255), r"network\.threshold: expected a grey level from 1 to 254"),
    ],
)
def test_sizes_that_cannot_be_are_one_clear_line(recipe, message):
    with pytest.raises(ConfigError, match=message):
        FaceNetwork(recipe)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["data.classes=happy,joyful"], r"data\.classes: expected some of angry.*got happy, joyful"),
        (["data.classes=happy"], "at least two, or none for all seven; got happy alone"),
        (["data.classes=happy,sad"], r"write network\.heads = \['fer7'\]"),
        (["network.heads="], r"network\.heads: expected at least one"),
        (["network.heads=fer7,fer7"], "each once; got fer7, fer7"),
        (["loss.teacher=light", "network.heads=fer7"], r"loss\.teacher: expected a network with the heads"),
        (["schedule.optimizer=adm"], "did you mean 'adam'"),
        (["schedule.decay=cosin"], "did you mean 'cosine'"),
        (["train.devices=0"], r"train\.devices, train\.nodes: expected at least 1"),
        (["train.devices=3"], "14 faces a step cannot be shared out among 3 processes; write a multiple of 3"),
    ],
)
def test_a_recipe_that_cannot_be_is_one_clear_line(tmp_path, few_faces, tiny, settings, message):
    with pytest.raises(ConfigError, match=message):
        fit(override(tiny, settings), few_faces, tmp_path)


def test_some_classes_and_a_limit(faces):
    four = with_classes(faces, FOUR)
    assert four.label_names == FOUR
    for place, name in enumerate(FOUR):
        before = faces.images[faces.labels == FER7.index(name)]
        np.testing.assert_array_equal(four.images[four.labels == place], before)
    with pytest.raises(DatasetError, match="no face of disgust"):
        with_classes(faces[faces.labels != 1], ("disgust", "sad"))
    few = limited(faces, 5, seed=1)
    assert few.counts == (5,) * 7
    assert not np.array_equal(few.images, limited(faces, 5, seed=2).images)
    training, public, cleaning = selected(faces, DataRecipe(FOUR, 5), seed=1)
    assert training.counts == (5,) * 4
    assert cleaning.faces == 20
    assert len(public) == 24


def test_votes_alone_can_be_learned_from(tmp_path, faces, tiny):
    run = fit(override(tiny, ["network.heads=ferplus8", "schedule.epochs=2"]), faces, tmp_path / "run")
    assert run["public_accuracy"] > 0.2
    assert list(export_run(tmp_path / "run", faces, tmp_path / "a.onnx").description["heads"]) == ["ferplus8"]
    assert load_model(tmp_path / "a.onnx").labels[-1] == "contempt"


def test_recipes_of_before_read_as_they_did(tmp_path):
    old = "[network]\nwidths = [6, 12]\nblocks = [0, 1]\n"
    (tmp_path / "old.toml").write_text(old)
    recipe = load_recipe(str(tmp_path / "old.toml"))
    assert recipe == Recipe(network=NetworkRecipe(widths=(6, 12), blocks=(0, 1)))
    assert list(labels_by_head(recipe)) == ["fer7", "ferplus8"]
