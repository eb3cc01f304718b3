"""Architectures, and the frame that turns one into a finished classifier with a head or more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from emovere.align.crop import SIDE
from emovere.errors import ConfigError, UnknownModel, unknown_name
from emovere.labels import FER7, FERPLUS8
from emovere.train.plain import PlainTrunk
from emovere.train.recipe import NetworkRecipe
from emovere.train.xception import XceptionTrunk


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions with a way around them (He et al. 2016, arXiv 1512.03385, figure 2)."""

    def __init__(self, inputs: int, outputs: int, stride: int, attention: bool) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.attention = ChannelAttention(outputs) if attention else nn.Identity()
        self.around: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.around = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H / stride, W / stride)."""
        y = functional.relu(self.first_norm(self.first(x)))
        y = self.second_norm(self.second(y))
        return functional.relu(self.attention(y) + self.around(x))


class SeparableBlock(nn.Module):
    """A residual block whose convolutions are split into one for each channel and one across channels.

    Depthwise and pointwise, each normalised (Howard et al. 2017, arXiv 1704.04861): about an eighth of the parameters.
    Halves the picture by averaging, which is less sensitive to shifts than steps of two (Zhang 2019, arXiv 1904.11486)
    and faster to train: bfloat16 has no quick strided depthwise convolution on processors.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, attention: bool) -> None:
        super().__init__()
        self.first = _separable(inputs, outputs, stride)
        self.second = _separable(outputs, outputs, 1)
        self.attention = ChannelAttention(outputs) if attention else nn.Identity()
        self.around: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.around = nn.Sequential(
                _halving(stride), nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H / stride, W / stride), rounded up."""
        y = self.second(functional.relu(self.first(x)))
        return functional.relu(self.attention(y) + self.around(x))


def _separable(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, 1, 1, groups=inputs, bias=False),
        _halving(stride),
        nn.BatchNorm2d(inputs),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
    )


def _halving(stride: int) -> nn.Module:
    return nn.AvgPool2d(2, ceil_mode=True) if stride == 2 else nn.Identity()


class ChannelAttention(nn.Module):
    """Squeeze and excitation: weighs channels by their means over the picture (Hu et al. 2018, arXiv 1709.01507)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(1, channels // 8)
        self.weigh = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, inner, 1),
            nn.ReLU(),
            nn.Conv2d(inner, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        weighed: Tensor = x * self.weigh(x)
        return weighed


BLOCKS: dict[str, Callable[[int, int, int, bool], nn.Module]] = {
    "residual": ResidualBlock,
    "separable": SeparableBlock,
}
"""The block of each architecture that has a way around, made from inputs, outputs, stride and attention."""


class Trunk(nn.Sequential):
    """A stem and stages of one architecture's blocks, averaged over the picture: (N, 1, H, W) -> (N, widths[-1])."""

    def __init__(self, recipe: NetworkRecipe) -> None:
        widths, block = recipe.widths, BLOCKS[recipe.architecture]
        layers: list[nn.Module] = [
            nn.Conv2d(1, widths[0], 3, recipe.stem_stride, 1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
        ]
        inputs = widths[0]
        for stage, (width, count) in enumerate(zip(widths, recipe.blocks, strict=True)):
            for place in range(count):
                layers.append(block(inputs, width, 2 if stage and not place else 1, recipe.attention))
                inputs = width
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.features = inputs

    def head(self, classes: int) -> nn.Module:
        """(N, features) -> (N, classes)."""
        return nn.Linear(self.features, classes)


ARCHITECTURES: dict[str, Callable[[NetworkRecipe], Any]] = {
    "residual": Trunk,
    "separable": Trunk,
    "plain": PlainTrunk,
    "xception": XceptionTrunk,
}
"""What makes the trunk of each architecture: a module that also knows its ``head(classes)``."""

BOTH = {"fer7": len(FER7), "ferplus8": len(FERPLUS8)}


class FaceNetwork(nn.Module):
    """One trunk, a head or more. Takes (N, 1, 48, 48) float in [0, 255]; gives the logits of each head, in order."""

    def __init__(self, recipe: NetworkRecipe, heads: Mapping[str, int] | None = None) -> None:
        """heads: their names and numbers of classes; fer7 and ferplus8 unless given.

        Raises UnknownModel for an architecture that is not known, ConfigError for sizes that cannot be.
        """
        super().__init__()
        _check(recipe)
        self.crop, self.side, self.threshold = recipe.crop, recipe.side, recipe.threshold
        self.trunk = ARCHITECTURES[recipe.architecture](recipe)
        self.dropout = nn.Dropout(recipe.dropout)
        self.heads = dict(BOTH if heads is None else heads)
        for name, classes in self.heads.items():
            self.add_module(name, self.trunk.head(classes))

    def forward(self, faces: Tensor) -> tuple[Tensor, ...]:
        """(N, 1, 48, 48) -> (N, K) of each head."""
        features = self.dropout(self.trunk(self.prepared(faces)))
        return tuple(self.get_submodule(name)(features) for name in self.heads)

    def prepared(self, faces: Tensor) -> Tensor:
        """What the trunk sees of a face: (N, 1, 48, 48) in [0, 255] -> (N, 1, S, S) around 0."""
        edge = (faces.shape[-1] - self.crop) // 2
        if edge:
            faces = faces[:, :, edge:-edge, edge:-edge]
        if self.side:
            faces = functional.interpolate(faces, (self.side, self.side), mode="bilinear", align_corners=False)
        if self.threshold:
            faces = torch.where(faces > self.threshold, 255.0, 0.0)
        return ((faces - 128.0) / 64.0).contiguous(memory_format=torch.channels_last)


def _check(recipe: NetworkRecipe) -> None:
    if recipe.architecture not in ARCHITECTURES:
        raise UnknownModel(unknown_name("architecture", recipe.architecture, ARCHITECTURES))
    if not recipe.widths or (recipe.architecture != "xception" and len(recipe.widths) != len(recipe.blocks)):
        got = f"{len(recipe.widths)} widths and {len(recipe.blocks)} blocks"
        raise ConfigError(f"network: expected a width for each stage and as many blocks; got {got}")
    if not 8 <= recipe.crop <= SIDE:
        raise ConfigError(f"network.crop: expected 8 to {SIDE} pixels; got {recipe.crop}")
    if recipe.side and not 8 <= recipe.side <= 512:
        raise ConfigError(f"network.side: expected 8 to 512 pixels, or 0; got {recipe.side}")
    if not 0 <= recipe.threshold <= 254:
        raise ConfigError(f"network.threshold: expected a grey level from 1 to 254, or 0; got {recipe.threshold}")


def parameter_count(network: nn.Module) -> int:
    """Number of trained values."""
    return sum(p.numel() for p in network.parameters())
