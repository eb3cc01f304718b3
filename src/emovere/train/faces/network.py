"""The detector's network: a small pyramid that says of every place whether a face has its middle there."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from emovere.train.faces.recipe import DetectorRecipe

STRIDES = (8, 16, 32)
"""Pixels between the places of each level of the pyramid."""

SHRINK = STRIDES[-1]
"""Height and width of a picture must be multiples of this."""

VALUES = 15
"""For each place: a score, the box's middle and the logarithms of its size, and five landmarks."""


class Answers(NamedTuple):
    """What the network says of N pictures at A places."""

    logits: Tensor
    """(N, A) before the sigmoid."""
    boxes: Tensor
    """(N, A, 4) x1 y1 x2 y2 in pixels."""
    landmarks: Tensor
    """(N, A, 5, 2) pixels."""


class FaceFinder(nn.Module):
    """(N, C, H, W) pictures in [0, 255], H and W multiples of 32 -> Answers."""

    def __init__(self, recipe: DetectorRecipe) -> None:
        super().__init__()
        half, quarter = recipe.stem
        width, (eighth, sixteenth, last) = recipe.width, recipe.blocks
        self.stem = nn.Sequential(
            _convolution(recipe.channels, half), _convolution(half, quarter), _convolution(quarter, width)
        )
        self.eighth = nn.Sequential(*(Block(width, 3) for _ in range(eighth)))
        self.sixteenth = nn.Sequential(*(Block(width, recipe.kernel) for _ in range(sixteenth)))
        self.last = nn.Sequential(*(Block(width, recipe.kernel) for _ in range(last)))
        self.joined = nn.ModuleList([Block(width, 3), Block(width, 3)])
        self.heads = nn.ModuleList([Head(Block(width, 3), nn.Conv2d(width, VALUES, 1)) for _ in STRIDES])
        for head in self.heads:
            _begin_shyly(head[-1])  # type: ignore[index]

    def forward(self, pictures: Tensor) -> Answers:
        """Every place of every level, the finest level first, each from left to right and from top to bottom."""
        fine = self.eighth(self.stem((pictures - 128.0) / 64.0))
        middle = self.sixteenth(functional.max_pool2d(fine, 2))
        coarse = self.last(functional.max_pool2d(middle, 2))
        middle = self.joined[0](middle + functional.interpolate(coarse, scale_factor=2.0, mode="nearest"))
        fine = self.joined[1](fine + functional.interpolate(middle, scale_factor=2.0, mode="nearest"))
        levels = [head(level) for head, level in zip(self.heads, (fine, middle, coarse), strict=True)]
        parts = [_answers(level, stride) for level, stride in zip(levels, STRIDES, strict=True)]
        return Answers(*(torch.cat(values, dim=1) for values in zip(*parts, strict=True)))


class Block(nn.Module):
    """A residual depthwise-separable convolution (Howard et al. 2017, arXiv 1704.04861)."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.each = nn.Conv2d(width, width, kernel, 1, kernel // 2, groups=width, bias=False)
        self.each_norm: nn.Module = nn.BatchNorm2d(width)
        self.across = nn.Conv2d(width, width, 1, bias=False)
        self.across_norm: nn.Module = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the same."""
        return functional.relu(self.across_norm(self.across(self.each_norm(self.each(x)))) + x)


class Head(nn.Sequential):
    """A block and what reads the values off it, in float32: bfloat16 would round landmarks by a third of a pixel."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, 15, H, W) float32."""
        block, read = self
        y: Tensor = block(x)
        with torch.autocast(y.device.type, enabled=False) if _halved(y) else contextlib.nullcontext():
            values: Tensor = read(y.float())
        return values


def _halved(x: Tensor) -> bool:
    return torch.is_autocast_enabled(x.device.type)


def _convolution(inputs: int, outputs: int) -> nn.Sequential:
    """Halves the picture. A plain filter: bfloat16 has no quick strided depthwise one on processors."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


def _begin_shyly(layer: nn.Conv2d) -> None:
    """Let every place begin by saying no (Lin et al. 2017, arXiv 1708.02002, section 3.3), with boxes of 4 strides."""
    nn.init.normal_(layer.weight, std=0.01)
    assert layer.bias is not None
    with torch.no_grad():
        layer.bias.zero_()
        layer.bias[0] = -4.6
        layer.bias[3:5] = 1.4


def places(height: int, width: int, device: torch.device | None = None) -> Tensor:
    """(A, 3) x, y in pixels and stride of every place of a picture, in the order of the answers."""
    levels = []
    for stride in STRIDES:
        grid = _grid(height // stride, width // stride, stride, device)
        levels.append(torch.cat([grid, torch.full_like(grid[:, :1], stride)], dim=1))
    return torch.cat(levels)


def _grid(rows: int, columns: int, stride: int, device: torch.device | None) -> Tensor:
    y = (torch.arange(rows, device=device, dtype=torch.float32) + 0.5) * stride
    x = (torch.arange(columns, device=device, dtype=torch.float32) + 0.5) * stride
    return torch.stack([x[None, :].expand(rows, -1), y[:, None].expand(-1, columns)], dim=2).reshape(-1, 2)


def _answers(level: Tensor, stride: int) -> Answers:
    """(N, 15, h, w) of one level in pixels."""
    _, _, rows, columns = level.shape
    flat = level.flatten(2).transpose(1, 2)
    grid = _grid(rows, columns, stride, level.device)
    middle = grid + flat[..., 1:3] * stride
    size = flat[..., 3:5].clamp(-3.0, 5.0).exp() * stride
    landmarks = grid[:, None] + torch.unflatten(flat[..., 5:], 2, (5, 2)) * stride
    return Answers(flat[..., 0], torch.cat([middle - size / 2, middle + size / 2], dim=2), landmarks)
