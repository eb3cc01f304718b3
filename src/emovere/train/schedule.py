"""How the learning rate rises, stays and falls."""

from __future__ import annotations

import math

from emovere.errors import ConfigError, unknown_name
from emovere.train.optimizers import OPTIMIZERS
from emovere.train.recipe import ScheduleRecipe

DECAYS = ("cosine", "none")

FIRST = 1 / 25
"""Share of the peak with which a run begins."""

LAST = 1 / 25_000
"""Share of the peak with which a run ends."""


def share_of_peak(step: int, steps: int, schedule: ScheduleRecipe) -> float:
    """The share of the peak learning rate at a step of a run, counted from 0.

    A cosine up over ``warmup`` of the steps, the peak for ``hold`` of them, a cosine down over the rest. Without a
    plateau it is torch's OneCycleLR (Smith and Topin 2019, arXiv 1708.07120); without a decay the peak stays.
    """
    top, slope, end = schedule.warmup * steps - 1, (schedule.warmup + schedule.hold) * steps - 1, steps - 1
    if step <= top:
        return _between(FIRST, 1.0, step / top if top > 0 else 1.0)
    if step <= slope or schedule.decay == "none":
        return 1.0
    return _between(1.0, LAST, min(1.0, (step - slope) / max(end - slope, 1e-9)))


def _between(start: float, end: float, way: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * way)) / 2


def steps_of_epoch(schedule: ScheduleRecipe) -> int:
    """Steps of each epoch; 0 where the faces decide."""
    return schedule.steps // schedule.epochs


def check_schedule(schedule: ScheduleRecipe) -> None:
    """Raises ConfigError for rates that cannot be followed, steps that cannot be shared out, and unknown words."""
    if schedule.optimizer not in OPTIMIZERS:
        raise ConfigError(unknown_name("schedule.optimizer", schedule.optimizer, OPTIMIZERS))
    if schedule.decay not in DECAYS:
        raise ConfigError(unknown_name("schedule.decay", schedule.decay, DECAYS))
    if schedule.warmup < 0 or schedule.hold < 0 or schedule.warmup + schedule.hold >= 1:
        raise ConfigError(
            "schedule: expected warmup and hold of at least 0 and together below 1; "
            f"got {schedule.warmup:g} and {schedule.hold:g}"
        )
    if schedule.epochs < 1:
        raise ConfigError(f"schedule.epochs: expected at least 1; got {schedule.epochs}")
    if schedule.steps < 0 or schedule.steps % schedule.epochs:
        nearest = max(1, round(schedule.steps / schedule.epochs)) * schedule.epochs
        raise ConfigError(
            f"schedule.steps: expected a multiple of the {schedule.epochs} epochs, or 0; got {schedule.steps}; write "
            f"{nearest}"
        )
