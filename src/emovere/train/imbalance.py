"""What a label weighs: the loss of the head on FER2013's labels, which may favour classes with few faces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from emovere.errors import ConfigError, unknown_name
from emovere.train.draws import drawn_shares
from emovere.train.recipe import ImbalanceRecipe, Recipe

WEIGHTS = ("none", "inverse", "effective")


class HardLoss:
    """Cross-entropy with hard labels, smoothed, weighed, focused and adjusted as the recipe says."""

    def __init__(self, recipe: ImbalanceRecipe, smoothing: float, counts: Sequence[int]) -> None:
        """counts: faces of each class that is trained on."""
        self._recipe, self._smoothing = recipe, smoothing
        self._weights = torch.from_numpy(class_weights(counts, recipe)).float()
        self._shares = torch.from_numpy(log_shares(counts, recipe.balance)).float()

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """(N, K) logits and (N,) int64 labels -> the mean loss of a face."""
        recipe = self._recipe
        if recipe.adjust:
            logits = logits + recipe.adjust * self._shares.to(logits.device)
        weighed = recipe.weights != "none"
        if not weighed and not recipe.focus:
            return functional.cross_entropy(logits, labels, label_smoothing=self._smoothing)
        losses = functional.cross_entropy(logits, labels, label_smoothing=self._smoothing, reduction="none")
        if recipe.focus:
            told = functional.softmax(logits.float(), dim=1).gather(1, labels[:, None])[:, 0]
            losses = losses * (1 - told).clamp(min=1e-6) ** recipe.focus
        if weighed:
            losses = losses * self._weights.to(labels.device)[labels]
        return losses.mean()

    def after(self, logits: Tensor) -> Tensor:
        """(N, K) logits of a finished network as ``adjust_after`` has them."""
        amount = self._recipe.adjust_after
        return logits - amount * self._shares.to(logits.device) if amount else logits


def class_weights(counts: Sequence[int], recipe: ImbalanceRecipe) -> npt.NDArray[np.float64]:
    """What a face of each class weighs: (K,) -> (K,); the mean over all faces is 1."""
    faces = np.maximum(np.asarray(counts, np.float64), 1)
    if recipe.weights == "inverse":
        weights = 1 / faces
    elif recipe.weights == "effective":
        weights = (1 - recipe.beta) / -np.expm1(faces * np.log(recipe.beta)) if recipe.beta else np.ones_like(faces)
    else:
        weights = np.ones_like(faces)
    return np.asarray(weights * faces.sum() / (weights * faces).sum())


def log_shares(counts: Sequence[int], balance: float) -> npt.NDArray[np.float64]:
    """The logarithm of the share with which a step sees each class: (K,) -> (K,); no face counts as one."""
    return np.asarray(np.log(drawn_shares([max(1, count) for count in counts], balance)))


def adjust_after(network: nn.Module, recipe: ImbalanceRecipe, counts: Sequence[int]) -> None:
    """Take the adjustment after training off the biases of a finished network's fer7 head, in place.

    counts: faces of each class of that head that the network was trained on.
    """
    if not recipe.adjust_after:
        return
    shares = torch.from_numpy(log_shares(counts, recipe.balance))
    layers = [layer for layer in network.get_submodule("fer7").modules() if isinstance(layer, nn.Linear | nn.Conv2d)]
    bias = layers[-1].bias
    if bias is None:
        raise ConfigError("imbalance.adjust_after: the head fer7 of this network has no biases to adjust")
    with torch.no_grad():
        bias.sub_((recipe.adjust_after * shares).to(bias))


def check_imbalance(recipe: Recipe) -> None:
    """Raises ConfigError for what means nothing, and where labels are weighed that no head learns."""
    wanted = recipe.imbalance
    if wanted.weights not in WEIGHTS:
        raise ConfigError(unknown_name("imbalance.weights", wanted.weights, WEIGHTS))
    if not 0 <= wanted.balance <= 1:
        raise ConfigError(f"imbalance.balance: expected 0 to 1; got {wanted.balance:g}")
    if not 0 <= wanted.beta < 1:
        raise ConfigError(f"imbalance.beta: expected 0 to below 1; got {wanted.beta:g}")
    for name in ("focus", "adjust", "adjust_after"):
        if getattr(wanted, name) < 0:
            raise ConfigError(f"imbalance.{name}: expected 0 or more; got {getattr(wanted, name):g}")
    acts = wanted.weights != "none" or wanted.focus or wanted.adjust or wanted.adjust_after
    if acts and "fer7" not in recipe.network.heads:
        raise ConfigError(
            "imbalance: labels are learned by the head fer7; add it to network.heads, or use balance alone"
        )
