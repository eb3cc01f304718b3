"""The recipe of the network that tells faces from what is none: all that its training depends on but the data."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from emovere.config import has_table, read_toml
from emovere.errors import ConfigError
from emovere.weights import assets

NAME = "check"
"""The recipe that the package carries."""

LEAST_BATCH = 32
"""Fewest crops in a batch: some of every kind."""


@dataclass(frozen=True)
class CheckNetworkRecipe:
    """What is trained."""

    widths: tuple[int, ...] = (12, 24, 48, 64)
    """Channels of each stage; each stage halves the picture."""
    dropout: float = 0.1


@dataclass(frozen=True)
class VaryRecipe:
    """How crops are varied in training: each number is a chance unless it says otherwise."""

    degrees: float = 12.0
    """Standard deviation of the rotation; at most 30 either way."""
    shift: float = 0.05
    """Standard deviation of the shift, as a share of the side."""
    scale: float = 0.08
    """Standard deviation of the logarithm of the size."""
    covered: float = 0.25
    """A face of which a rectangle hides up to half: a hand, a mask, dark glasses."""
    dark: float = 0.2
    """Little light, and grain."""
    small: float = 0.25
    """As if it had been 10 to 32 pixels wide."""
    blurred: float = 0.15
    noise: float = 0.15


@dataclass(frozen=True)
class CheckSchedule:
    """How it is minimised: AdamW, a warm-up, a cosine decay to zero."""

    epochs: int = 12
    steps: int = 250
    """Batches of an epoch; half of each batch are faces."""
    batch: int = 192
    lr: float = 4e-3
    weight_decay: float = 1e-3
    warmup: float = 0.05
    """Share of the steps in which the learning rate rises."""


@dataclass(frozen=True)
class CheckRecipe:
    """A whole training run."""

    name: str = NAME
    seed: int = 1
    network: CheckNetworkRecipe = field(default_factory=CheckNetworkRecipe)
    vary: VaryRecipe = field(default_factory=VaryRecipe)
    schedule: CheckSchedule = field(default_factory=CheckSchedule)
    threads: int = 1
    """Threads of the processor."""


def load_check_recipe(name: str) -> CheckRecipe:
    """Read the recipe ``check`` or one from a TOML file. Raises ConfigError for one that means nothing."""
    path = Path(name) if name.endswith(".toml") else assets() / "recipes" / "verifier" / f"{NAME}.toml"
    return checked_recipe(read_toml(CheckRecipe, path))


def checked_recipe(recipe: CheckRecipe) -> CheckRecipe:
    """The recipe itself. Raises ConfigError where it means nothing."""
    if not recipe.network.widths or min(recipe.network.widths) < 1:
        raise ConfigError(f"network.widths: expected one positive width or more; got {recipe.network.widths}")
    if min(recipe.schedule.epochs, recipe.schedule.steps) < 1 or recipe.schedule.batch < LEAST_BATCH:
        raise ConfigError(f"schedule: expected an epoch, a step and {LEAST_BATCH} crops in a batch, or more of each")
    return recipe


def is_check_recipe(name: str) -> bool:
    """Whether a recipe's name or TOML file means this kind of network."""
    return name == NAME or (name.endswith(".toml") and has_table(Path(name), "vary"))


def is_check_run(folder: Path) -> bool:
    """Whether a folder holds a run of this kind of network."""
    return has_table(folder / "recipe.toml", "vary")
