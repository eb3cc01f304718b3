"""What labels weigh, compared with the papers' formulas written out in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from emovere.config import override, read_toml
from emovere.errors import ConfigError
from emovere.labels import FER7
from emovere.train.fit import fit
from emovere.train.imbalance import HardLoss, adjust_after, class_weights, log_shares
from emovere.train.networks import FaceNetwork
from emovere.train.recipe import ImbalanceRecipe, NetworkRecipe, Recipe

COUNTS = (3995, 436, 4097, 7215, 4830, 3171, 4965)
LOGITS = np.random.default_rng(1).normal(0, 2, (11, 7))
LABELS = np.array([0, 1, 2, 3, 4, 5, 6, 1, 1, 3, 3])


def told(recipe: ImbalanceRecipe, smoothing: float = 0.0) -> float:
    loss = HardLoss(recipe, smoothing, COUNTS)(torch.from_numpy(LOGITS), torch.from_numpy(LABELS))
    return float(loss)


def log_softmax(logits: np.ndarray) -> np.ndarray:
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def cross_entropies(logits: np.ndarray, smoothing: float = 0.0) -> np.ndarray:
    target = np.full((11, 7), smoothing / 7)
    target[np.arange(11), LABELS] += 1 - smoothing
    return -(target * log_softmax(logits)).sum(axis=1)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_as_it_comes_it_is_cross_entropy(smoothing):
    assert told(ImbalanceRecipe(), smoothing) == pytest.approx(cross_entropies(LOGITS, smoothing).mean())


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_inverse_weights(smoothing):
    weights = np.array([sum(COUNTS) / (7 * n) for n in COUNTS])
    expected = (cross_entropies(LOGITS, smoothing) * weights[LABELS]).mean()
    assert told(ImbalanceRecipe(weights="inverse"), smoothing) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("beta", [0.9, 0.999, 0.9999])
def test_effective_weights(beta):
    raw = np.array([(1 - beta) / (1 - beta**n) for n in COUNTS])
    weights = raw / np.average(raw, weights=COUNTS)
    expected = (cross_entropies(LOGITS) * weights[LABELS]).mean()
    recipe = ImbalanceRecipe(weights="effective", beta=beta)
    assert told(recipe) == pytest.approx(expected, rel=1e-5)
    assert np.average(class_weights(COUNTS, recipe), weights=COUNTS) == pytest.approx(1)


def test_effective_weights_lie_between_none_and_inverse():
    none = class_weights(COUNTS, ImbalanceRecipe())
    np.testing.assert_allclose(class_weights(COUNTS, ImbalanceRecipe(weights="effective", beta=0)), none)
    inverse = class_weights(COUNTS, ImbalanceRecipe(weights="inverse"))
    nearly = class_weights(COUNTS, ImbalanceRecipe(weights="effective", beta=1 - 1e-9))
    np.testing.assert_allclose(nearly, inverse, rtol=1e-4)
    np.testing.assert_allclose(none, np.ones(7))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_focal_loss(smoothing):
    likely = np.exp(log_softmax(LOGITS))[np.arange(11), LABELS]
    expected = ((1 - likely) ** 2 * cross_entropies(LOGITS, smoothing)).mean()
    assert told(ImbalanceRecipe(focus=2.0), smoothing) == pytest.approx(expected, rel=1e-5)


def test_focal_loss_of_a_face_that_is_told_surely_has_a_gradient():
    logits = torch.tensor([[80.0, 0, 0, 0, 0, 0, 0]], requires_grad=True)
    HardLoss(ImbalanceRecipe(focus=0.5), 0.1, COUNTS)(logits, torch.tensor([0])).backward()
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("amount", [1.0, 1.5])
def test_logit_adjustment_in_the_loss(amount):
    shares = np.array(COUNTS) / sum(COUNTS)
    expected = cross_entropies(LOGITS + amount * np.log(shares)).mean()
    assert told(ImbalanceRecipe(adjust=amount)) == pytest.approx(expected, rel=1e-5)


def test_logit_adjustment_goes_by_the_faces_as_they_are_drawn():
    assert told(ImbalanceRecipe(adjust=1.0, balance=1.0)) == pytest.approx(cross_entropies(LOGITS).mean(), rel=1e-5)
    roots = np.sqrt(COUNTS)
    np.testing.assert_allclose(log_shares(COUNTS, 0.5), np.log(roots / roots.sum()))


@pytest.mark.parametrize("architecture", ["separable", "plain", "xception"])
def test_logit_adjustment_after_training_is_in_the_biases(architecture):
    recipe = ImbalanceRecipe(adjust_after=0.8)
    torch.manual_seed(1)
    network = FaceNetwork(NetworkRecipe(architecture, widths=(4, 8), blocks=(0, 1))).eval()
    faces = torch.rand(3, 1, 48, 48) * 255
    with torch.no_grad():
        before = dict(zip(network.heads, network(faces), strict=True))
        adjust_after(network, recipe, COUNTS)
        after = dict(zip(network.heads, network(faces), strict=True))
    expected = before["fer7"].numpy() - 0.8 * np.log(np.array(COUNTS) / sum(COUNTS))
    np.testing.assert_allclose(after["fer7"].numpy(), expected, atol=1e-4)
    torch.testing.assert_close(after["ferplus8"], before["ferplus8"])
    np.testing.assert_allclose(HardLoss(recipe, 0.0, COUNTS).after(before["fer7"]).numpy(), expected, atol=1e-4)


def test_without_an_adjustment_biases_stay():
    network = FaceNetwork(NetworkRecipe(widths=(4, 8), blocks=(0, 1)))
    before = network.get_submodule("fer7").bias.clone()
    adjust_after(network, ImbalanceRecipe(), COUNTS)
    assert torch.equal(network.get_submodule("fer7").bias, before)


def test_all_of_it_can_be_learned_with(tmp_path, faces, tiny):
    rare = np.flatnonzero((faces.splits != "Training") | (faces.labels != 1) | (np.arange(len(faces)) < 40))
    some = faces[rare]
    assert some.split("Training").counts[1] < 7
    settings = ["weights=effective", "focus=1", "adjust=0.5", "adjust_after=0.5", "balance=0.5"]
    wanted = override(tiny, [f"imbalance.{setting}" for setting in settings])
    run = fit(wanted, some, tmp_path)
    assert run["public_accuracy"] > 0.4
    assert read_toml(Recipe, tmp_path / "recipe.toml") == wanted
    assert run["data"]["classes"][FER7[1]] == some.split("Training").counts[1]


def test_a_class_without_faces_does_not_spoil_the_loss():
    counts = (10, 0, 10, 10, 10, 10, 10)
    for recipe in (ImbalanceRecipe(weights="inverse"), ImbalanceRecipe(adjust=1.0)):
        loss = HardLoss(recipe, 0.0, counts)(torch.from_numpy(LOGITS), torch.from_numpy(LABELS))
        assert torch.isfinite(loss)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["imbalance.weights=invers"], "did you mean 'inverse'"),
        (["imbalance.balance=1.5"], r"imbalance\.balance: expected 0 to 1; got 1\.5"),
        (["imbalance.beta=1"], r"imbalance\.beta: expected 0 to below 1; got 1"),
        (["imbalance.focus=-1"], r"imbalance\.focus: expected 0 or more; got -1"),
        (["imbalance.adjust=-1"], r"imbalance\.adjust: expected 0 or more; got -1"),
        (["imbalance.focus=2", "network.heads=ferplus8"], "learned by the head fer7; add it to network.heads"),
    ],
)
def test_what_means_nothing_is_one_clear_line(tmp_path, few_faces, tiny, settings, message):
    with pytest.raises(ConfigError, match=message):
        fit(override(tiny, settings), few_faces, tmp_path)
