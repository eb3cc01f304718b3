"""Variations through which gradients go: differentiable augmentation (Zhao et al. 2020, arXiv 2006.10738)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from emovere.train.generate.recipe import GeneratorAugment


def varied(faces: Tensor, recipe: GeneratorAugment) -> Tensor:
    """Relight, shift and blot out each of (N, 1, S, S) faces from -1 to 1, each in a way of its own."""
    count, side = len(faces), faces.shape[-1]
    faces = faces + recipe.brightness * _around_zero(count)
    mean = faces.mean(dim=(1, 2, 3), keepdim=True)
    faces = (faces - mean) * (1 + recipe.contrast * _around_zero(count)) + mean
    reach = round(recipe.translate * side)
    if reach:
        faces = _shifted(faces, reach)
    hole = round(recipe.cutout * side)
    return faces * _kept(count, side, hole) if hole else faces


def _around_zero(count: int) -> Tensor:
    return 2 * torch.rand(count, 1, 1, 1) - 1


def _shifted(faces: Tensor, reach: int) -> Tensor:
    """Shift by whole pixels, at most ``reach`` either way; what comes in is grey."""
    count, side = len(faces), faces.shape[-1]
    padded = functional.pad(faces, [reach] * 4)
    down, right = torch.randint(0, 2 * reach + 1, (2, count, 1))
    along, each = torch.arange(side), torch.arange(count)[:, None, None]
    return padded[each, 0, (along + down)[:, :, None], (along + right)[:, None, :]][:, None]


def _kept(count: int, side: int, hole: int) -> Tensor:
    """(N, 1, S, S) ones with a square of zeros, part of which may lie outside."""
    top, left = torch.randint(-(hole // 2), side - hole // 2 + 1, (2, count, 1))
    along = torch.arange(side)
    rows = (along >= top) & (along < top + hole)
    columns = (along >= left) & (along < left + hole)
    kept: Tensor = ~(rows[:, :, None] & columns[:, None, :])
    return kept[:, None].float()
