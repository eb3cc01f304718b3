"""Variations of crops, made on whole batches: misplaced, turned, covered, dark, small, blurred, grainy."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from emovere.align.crop import SIDE
from emovere.train.check.recipe import VaryRecipe

MOST_DEGREES = 30.0


def varied(patches: Tensor, faces: Tensor, recipe: VaryRecipe) -> Tensor:
    """(N, 72, 72) uint8 with some surroundings -> (N, 1, 48, 48) float in [0, 255].

    faces: (N,) bool. What is no face is moved as little or as much as a face, but not covered: it would hide what makes
    it none.
    """
    crops = _moved(patches[:, None].float(), recipe)
    crops = torch.where(_drawn(len(crops), recipe.covered) & faces[:, None, None, None], _covered(crops), crops)
    crops = torch.where(_drawn(len(crops), recipe.small), _small(crops), crops)
    crops = torch.where(_drawn(len(crops), recipe.blurred), _blurred(crops), crops)
    light = torch.exp(torch.randn(len(crops), 1, 1, 1) * 0.25)
    light = torch.where(_drawn(len(crops), recipe.dark), torch.empty_like(light).uniform_(0.06, 0.4), light)
    crops = crops * light + torch.empty_like(light).uniform_(-15, 15)
    grain = torch.where(_drawn(len(crops), recipe.noise), torch.rand_like(light) * 14, torch.rand_like(light) * 2)
    grain = grain * (0.2 + 0.8 * light.clamp(max=1))
    return (crops + grain * torch.randn_like(crops)).clamp(0, 255).round()


def middle(patches: Tensor) -> Tensor:
    """(N, 72, 72) uint8 -> (N, 1, 48, 48) float: the crop as the pipeline cuts it."""
    edge = (patches.shape[-1] - SIDE) // 2
    return patches[:, None, edge : edge + SIDE, edge : edge + SIDE].float()


def textures(count: int) -> Tensor:
    """(N, 72, 72) uint8 pictures of nothing: flat, noise of all sizes, gradients, stripes."""
    side = 72
    flat = torch.empty(count, 1, 1, 1).uniform_(0, 255).expand(-1, 1, side, side)
    noise = torch.randn(count, 1, side, side)
    coarse = torch.stack(
        [
            functional.interpolate(part[None, :, :size, :size], side, mode="bicubic", align_corners=False)[0]
            for part, size in zip(noise, torch.randint(2, side, (count,)).tolist(), strict=True)
        ]
    )
    along = torch.linspace(-1, 1, side)
    angle = torch.rand(count, 1, 1) * 6.28
    ramp = (torch.cos(angle) * along[None, None] + torch.sin(angle) * along[None, :, None])[:, None]
    stripes = torch.sin(ramp * torch.empty(count, 1, 1, 1).uniform_(3, 40))
    kind = torch.randint(0, 4, (count, 1, 1, 1))
    shape = torch.where(kind == 1, coarse, torch.where(kind == 2, ramp, stripes)) * (kind > 0)
    return (flat + shape * torch.empty(count, 1, 1, 1).uniform_(5, 80)).clamp(0, 255)[:, 0].to(torch.uint8)


def _drawn(count: int, chance: float) -> Tensor:
    return torch.rand(count, 1, 1, 1) < chance


def _moved(patches: Tensor, recipe: VaryRecipe) -> Tensor:
    count, wide = len(patches), patches.shape[-1]
    degrees = (torch.randn(count) * recipe.degrees).clamp(-MOST_DEGREES, MOST_DEGREES)
    angle, factor = torch.deg2rad(degrees), torch.exp(torch.randn(count) * recipe.scale) * SIDE / wide
    flip = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    shift = torch.randn(count, 2) * recipe.shift * 2 * SIDE / wide
    cos, sin = torch.cos(angle) * factor, torch.sin(angle) * factor
    rows = [torch.stack([cos * flip, -sin, shift[:, 0]], 1), torch.stack([sin * flip, cos, shift[:, 1]], 1)]
    grid = functional.affine_grid(torch.stack(rows, 1), [count, 1, SIDE, SIDE], align_corners=False)
    return functional.grid_sample(patches, grid, padding_mode="border", align_corners=False)


def _covered(crops: Tensor) -> Tensor:
    """A rectangle of one brightness, with some grain, over part of each: low as a mask, anywhere as a hand, a bar."""
    count = len(crops)
    kind = torch.randint(0, 3, (count,))
    draw = torch.rand(count, 4)
    # mask: mouth and nose; hand: a block anywhere; glasses: a bar over the eyes
    left = torch.where(kind == 1, draw[:, 0] * 36 - 6, draw[:, 0] * 8)
    right = torch.where(kind == 1, left + 12 + draw[:, 1] * 14, 48 - draw[:, 1] * 8)
    top = torch.where(kind == 0, 24 + draw[:, 2] * 6, torch.where(kind == 1, draw[:, 2] * 36 - 6, 11 + draw[:, 2] * 4))
    bottom = torch.where(
        kind == 0, top + 16 + draw[:, 3] * 10, torch.where(kind == 1, top + 12 + draw[:, 3] * 20, top + 8)
    )
    at = torch.arange(SIDE)
    down = (at >= top[:, None]) & (at < bottom[:, None])
    across = (at >= left[:, None]) & (at < right[:, None])
    hidden = (down[:, :, None] & across[:, None, :])[:, None]
    shade = torch.empty(count, 1, 1, 1).uniform_(0, 255)
    return torch.where(hidden, (shade + torch.randn_like(crops) * 6).clamp(0, 255), crops)


def _small(crops: Tensor) -> Tensor:
    """As if each had been a few pixels wide; one width for each of four groups, which is quicker than one for each."""
    parts = []
    for part in crops.chunk(4):
        side = int(torch.randint(10, 33, ()))
        little = functional.interpolate(part, side, mode="area")
        parts.append(functional.interpolate(little, SIDE, mode="bicubic", align_corners=False))
    return torch.cat(parts)


def _blurred(crops: Tensor) -> Tensor:
    soft = crops
    for _ in range(int(torch.randint(1, 5, ()))):
        soft = functional.avg_pool2d(functional.pad(soft, [1] * 4, mode="replicate"), 3, stride=1)
    return soft
