"""What moves the weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from emovere.train.recipe import ScheduleRecipe

OPTIMIZERS: dict[str, Callable[[list[dict[str, Any]], ScheduleRecipe], torch.optim.Optimizer]] = {
    "sgd": lambda groups, s: torch.optim.SGD(groups, lr=s.lr, momentum=s.momentum, nesterov=s.momentum > 0),
    "adam": lambda groups, s: torch.optim.AdamW(groups, lr=s.lr),
    "rmsprop": lambda groups, s: torch.optim.RMSprop(groups, lr=s.lr, alpha=0.9, momentum=s.momentum),
}
"""sgd with Nesterov momentum; adam with its weight decay apart from its steps (Loshchilov and Hutter 2019, arXiv
1711.05101); rmsprop (Tieleman and Hinton 2012)."""


def make_optimizer(network: nn.Module, schedule: ScheduleRecipe) -> torch.optim.Optimizer:
    """Weight decay on weights only, not on biases and normalisation (He et al. 2019, arXiv 1812.01187)."""
    decayed = [p for p in network.parameters() if p.ndim > 1]
    plain = [p for p in network.parameters() if p.ndim <= 1]
    groups: list[dict[str, Any]] = [
        {"params": decayed, "weight_decay": schedule.weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]
    return OPTIMIZERS[schedule.optimizer](groups, schedule)
