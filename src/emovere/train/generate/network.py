"""Two networks that learn from each other: one makes faces of a class, the other judges them."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from emovere.train.generate.recipe import JudgeRecipe, MakerRecipe

FIRST = 3
"""Side of the smallest picture inside either network, in pixels."""


class ConditionalNorm(nn.Module):
    """Batch normalisation whose scale and offset depend on class and noise (de Vries et al. 2017, arXiv 1707.00683)."""

    def __init__(self, channels: int, condition: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.scale = nn.Linear(condition, channels)
        self.offset = nn.Linear(condition, channels)
        for layer in (self.scale, self.offset):
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """(N, C, H, W) and (N, D) -> (N, C, H, W)."""
        scale, offset = self.scale(condition)[:, :, None, None], self.offset(condition)[:, :, None, None]
        return cast(Tensor, self.norm(x) * (1 + scale) + offset)


class MakerBlock(nn.Module):
    """A 3 x 3 convolution, one more at twice the side, and a way around them (Miyato et al. 2018, arXiv 1802.05957).

    The first stands before the picture grows, which takes half the time.
    """

    def __init__(self, inputs: int, outputs: int, condition: int) -> None:
        super().__init__()
        self.first_norm, self.second_norm = ConditionalNorm(inputs, condition), ConditionalNorm(outputs, condition)
        self.first = nn.Conv2d(inputs, outputs, 3, 1, 1)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1)
        self.around = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """(N, C, H, W) and (N, D) -> (N, C', 2 H, 2 W)."""
        y = self.first(functional.relu(self.first_norm(x, condition)))
        y = functional.interpolate(functional.relu(self.second_norm(y, condition)), scale_factor=2.0)
        y = self.second(y)
        return cast(Tensor, y + functional.interpolate(self.around(x), scale_factor=2.0))


class Maker(nn.Module):
    """(N, noise) standard normal values and (N,) int64 classes -> (N, 1, 48, 48) from -1 to 1."""

    def __init__(self, recipe: MakerRecipe, classes: int) -> None:
        super().__init__()
        self.noise, self.classes = recipe.noise, classes
        first, *later = recipe.widths
        condition = recipe.noise + recipe.embedding
        self.embedding = nn.Embedding(classes, recipe.embedding)
        self.begin = nn.Linear(condition, first * FIRST * FIRST)
        self.blocks = nn.ModuleList(
            MakerBlock(before, width, condition) for before, width in zip(recipe.widths, later, strict=False)
        )
        last = later[-1]
        self.norm = nn.BatchNorm2d(last)
        self.spread = nn.Conv2d(last, last, 3, 1, 1)
        self.finish = nn.Conv2d(last // 4, 1, 3, 1, 1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d) or layer is self.begin:
                nn.init.orthogonal_(layer.weight)

    def forward(self, noise: Tensor, labels: Tensor) -> Tensor:
        """(N, noise) and (N,) -> (N, 1, 48, 48)."""
        condition = torch.cat([noise, self.embedding(labels)], dim=1)
        x = self.begin(condition).unflatten(1, (-1, FIRST, FIRST)).contiguous(memory_format=torch.channels_last)
        for block in self.blocks:
            x = block(x, condition)
        x = functional.pixel_shuffle(self.spread(functional.relu(self.norm(x))), 2)
        return torch.tanh(self.finish(functional.relu(x)))


class JudgeBlock(nn.Module):
    """A 3 x 3 convolution, one more at half the side, and a way around them."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = spectral_norm(nn.Conv2d(inputs, inputs, 3, 1, 1))
        self.second = spectral_norm(nn.Conv2d(inputs, outputs, 3, 1, 1))
        self.around = spectral_norm(nn.Conv2d(inputs, outputs, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H / 2, W / 2)."""
        y = self.second(functional.avg_pool2d(functional.relu(self.first(functional.relu(x))), 2))
        return cast(Tensor, y + self.around(functional.avg_pool2d(x, 2)))


class Judge(nn.Module):
    """(N, 1, 48, 48) and (N,) int64 classes -> (N,): above 0 for a real face of the class, below for another.

    The class goes in as a projection (Miyato and Koyama 2018, arXiv 1802.05637); all weights have spectral norm 1.
    """

    def __init__(self, recipe: JudgeRecipe, classes: int) -> None:
        super().__init__()
        first, *later = recipe.widths
        self.begin = spectral_norm(nn.Conv2d(4, first, 3, 1, 1))
        self.blocks = nn.Sequential(
            *(JudgeBlock(before, width) for before, width in zip(recipe.widths, later, strict=False))
        )
        self.answer = spectral_norm(nn.Linear(later[-1], 1))
        self.projection = spectral_norm(nn.Embedding(classes, later[-1]))

    def forward(self, faces: Tensor, labels: Tensor) -> Tensor:
        """(N, 1, 48, 48) and (N,) -> (N,)."""
        small = functional.pixel_unshuffle(faces, 2).contiguous(memory_format=torch.channels_last)
        features = functional.relu(self.blocks(self.begin(small))).sum(dim=(2, 3))
        return cast(Tensor, self.answer(features)[:, 0] + (self.projection(labels) * features).sum(dim=1))
