"""Architectures, and the frame that turns one into a finished classifier with two heads."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from emovere.errors import UnknownModel, unknown_name
from emovere.labels import FER7, FERPLUS8
from emovere.train.recipe import NetworkRecipe


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


ARCHITECTURES: dict[str, Callable[[int, int, int, bool], nn.Module]] = {
    "residual": ResidualBlock,
    "separable": SeparableBlock,
}
"""The block of each architecture, made from inputs, outputs, stride and attention."""


class Trunk(nn.Sequential):
    """A stem and stages of one architecture's blocks, averaged over the picture: (N, 1, H, W) -> (N, widths[-1])."""

    def __init__(self, recipe: NetworkRecipe) -> None:
        widths, block = recipe.widths, ARCHITECTURES[recipe.architecture]
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


class FaceNetwork(nn.Module):
    """One trunk, two heads. Takes (N, 1, 48, 48) float in [0, 255]; gives the logits of fer7 and of ferplus8."""

    def __init__(self, recipe: NetworkRecipe) -> None:
        super().__init__()
        if recipe.architecture not in ARCHITECTURES:
            raise UnknownModel(unknown_name("architecture", recipe.architecture, ARCHITECTURES))
        self.crop = recipe.crop
        self.trunk = Trunk(recipe)
        self.dropout = nn.Dropout(recipe.dropout)
        self.fer7 = nn.Linear(self.trunk.features, len(FER7))
        self.ferplus8 = nn.Linear(self.trunk.features, len(FERPLUS8))

    def forward(self, faces: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 1, 48, 48) -> (N, 7), (N, 8)."""
        edge = (faces.shape[-1] - self.crop) // 2
        if edge:
            faces = faces[:, :, edge:-edge, edge:-edge]
        x = (faces - 128.0) / 64.0
        features = self.dropout(self.trunk(x.contiguous(memory_format=torch.channels_last)))
        return self.fer7(features), self.ferplus8(features)


def parameter_count(network: nn.Module) -> int:
    """Number of trained values."""
    return sum(p.numel() for p in network.parameters())
