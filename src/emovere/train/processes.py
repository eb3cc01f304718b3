"""Several processes that train one network: which is the first, and what they can share."""

from __future__ import annotations

from lightning.fabric.utilities.rank_zero import rank_zero_only

from emovere.errors import ConfigError
from emovere.train.recipe import Recipe


def is_first_process() -> bool:
    """Whether this process is the one that writes files and speaks: the only one, or the first of several."""
    return bool(getattr(rank_zero_only, "rank", 0) == 0)


def check_processes(recipe: Recipe) -> None:
    """Raises ConfigError for numbers of processes that cannot be, or among which no step can be shared out."""
    train = recipe.train
    if train.devices < 1 or train.nodes < 1:
        raise ConfigError(
            f"train.devices, train.nodes: expected at least 1 of each; got {train.devices} and {train.nodes}"
        )
    processes = train.devices * train.nodes
    if recipe.schedule.batch % processes:
        raise ConfigError(
            f"schedule.batch: {recipe.schedule.batch} faces a step cannot be shared out among {processes} processes; "
            f"write a multiple of {processes}"
        )
