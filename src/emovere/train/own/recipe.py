"""Everything that a network for a person's own faces depends on but the faces. Saved beside the run."""

from __future__ import annotations

from dataclasses import dataclass, field

from emovere.config import DetectOptions
from emovere.errors import ConfigError
from emovere.train.recipe import AugmentRecipe, NetworkRecipe, Recipe, TrainOptions


@dataclass(frozen=True)
class PartsRecipe:
    """How the faces are shared out; what is left is trained on."""

    choosing: float = 0.2
    """Share of the faces on which the epoch is chosen and probabilities are calibrated."""
    held_out: float = 0.2
    """Share of the faces on which the result is measured, once."""


@dataclass(frozen=True)
class TuneRecipe:
    """How the network is brought to the new classes: first its head alone, then all of it at a small rate."""

    frozen_epochs: int = 10
    """Epochs in which only the head learns."""
    frozen_lr: float = 1e-2
    released_epochs: int = 15
    """Epochs after that in which everything learns."""
    released_lr: float = 2e-4
    batch: int = 32
    weight_decay: float = 1e-2
    smoothing: float = 0.1
    """Label smoothing."""
    patience: int = 5
    """Epochs without a smaller loss on the choosing part after which either stage ends."""
    keep_statistics: bool = True
    """Whether normalisation keeps the statistics that it brought along; a small set has none worth having."""


@dataclass(frozen=True)
class OwnRecipe:
    """A whole run on a person's own faces."""

    name: str = "mine"
    seed: int = 1
    start: str = "light"
    """The network that is begun with: a name, an ONNX file, or a run's folder; empty begins from nothing."""
    data: str = ""
    """The folder that holds a folder for each class."""
    parts: PartsRecipe = field(default_factory=PartsRecipe)
    tune: TuneRecipe = field(default_factory=TuneRecipe)
    network: NetworkRecipe = field(default_factory=NetworkRecipe)
    augment: AugmentRecipe = field(default_factory=AugmentRecipe)
    detect: DetectOptions = field(default_factory=DetectOptions)
    train: TrainOptions = field(default_factory=TrainOptions)


def own_recipe(recipe: Recipe, start: str, data: str, name: str) -> OwnRecipe:
    """A recipe's network and variations, for a person's own faces."""
    return OwnRecipe(
        name=name,
        seed=recipe.seed,
        start=start,
        data=data,
        network=recipe.network,
        augment=recipe.augment,
        train=recipe.train,
    )


def check_own(recipe: OwnRecipe) -> None:
    """Raises ConfigError for shares and numbers that cannot be."""
    parts, tune = recipe.parts, recipe.tune
    if min(parts.choosing, parts.held_out) <= 0 or parts.choosing + parts.held_out > 0.8:
        raise ConfigError(
            "parts: expected shares above 0 that leave at least a fifth to train on; "
            f"got choosing = {parts.choosing:g} and held_out = {parts.held_out:g}"
        )
    if min(tune.frozen_epochs, tune.released_epochs) < 0 or tune.frozen_epochs + tune.released_epochs < 1:
        raise ConfigError(
            "tune: expected at least one epoch; "
            f"got frozen_epochs = {tune.frozen_epochs} and released_epochs = {tune.released_epochs}"
        )
    for key in ("batch", "patience"):
        if getattr(tune, key) < 1:
            raise ConfigError(f"tune.{key}: expected at least 1; got {getattr(tune, key)}")
    if recipe.train.devices != 1 or recipe.train.nodes != 1:
        raise ConfigError("train.devices, train.nodes: a person's own faces are few; one process learns them")
