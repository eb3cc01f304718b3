"""The network that tells faces from what is none, and the frame that makes it ready to ship."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from emovere.align.crop import SIDE
from emovere.train.check.recipe import CheckNetworkRecipe


class CheckNetwork(nn.Module):
    """(N, 1, 48, 48) grey in [0, 255] -> (N,) logits of a face.

    Each crop is brought to the same brightness and contrast first: darkness is no reason to be no face.
    """

    def __init__(self, recipe: CheckNetworkRecipe) -> None:
        super().__init__()
        first, *later = recipe.widths
        layers: list[nn.Module] = [nn.Conv2d(1, first, 3, 2, 1, bias=False), nn.BatchNorm2d(first), nn.ReLU()]
        for before, width in zip(recipe.widths, later, strict=False):
            layers += [_separable(before, width, 2), _separable(width, width, 1)]
        self.trunk = nn.Sequential(*layers)
        side = SIDE
        for _ in recipe.widths:
            side = -(-side // 2)
        self.where = nn.Conv2d(recipe.widths[-1], recipe.widths[-1], side, groups=recipe.widths[-1], bias=False)
        self.norm = nn.BatchNorm2d(recipe.widths[-1])
        self.dropout = nn.Dropout(recipe.dropout)
        self.answer = nn.Linear(recipe.widths[-1], 1)

    def forward(self, crops: Tensor) -> Tensor:
        """(N, 1, 48, 48) -> (N,)."""
        mean = crops.mean(dim=(1, 2, 3), keepdim=True)
        spread = ((crops - mean) ** 2).mean(dim=(1, 2, 3), keepdim=True).sqrt()
        evened = (crops - mean) / (spread + 4.0)
        features = self.trunk(evened.contiguous(memory_format=torch.channels_last))
        # a weight for each place and channel: where an eye stands matters, which an average would forget
        features = functional.relu(self.norm(self.where(features))).flatten(1)
        return cast(Tensor, self.answer(self.dropout(features)).squeeze(1))


class FinishedCheck(nn.Module):
    """A CheckNetwork as it is shipped: (N, 1, 48, 48) uint8 -> (N,) calibrated probabilities of a face."""

    def __init__(self, network: CheckNetwork, slope: float, offset: float) -> None:
        super().__init__()
        self.network, self.slope, self.offset = network, slope, offset

    def forward(self, faces: Tensor) -> Tensor:
        """(N, 1, 48, 48) uint8 -> (N,) float32 in [0, 1]."""
        return torch.sigmoid(self.slope * self.network(faces.float()) + self.offset)


def _separable(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )
