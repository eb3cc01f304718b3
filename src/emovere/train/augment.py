"""Variations of faces, made on whole batches by kornia."""

from __future__ import annotations

import torch
from kornia import augmentation as vary
from torch import Tensor, nn
from torch.nn import functional

from emovere.train.recipe import AugmentRecipe


class Augment(nn.Module):
    """Mirror, turn, shift, scale, relight and blot out: (N, 1, S, S) float in [0, 255] -> the same."""

    def __init__(self, recipe: AugmentRecipe) -> None:
        super().__init__()
        self.vary = recipe.vary
        steps: list[nn.Module] = [
            vary.RandomHorizontalFlip(p=recipe.flip),
            vary.RandomAffine(
                degrees=recipe.degrees,
                translate=(recipe.translate, recipe.translate),
                scale=(1 - recipe.scale, 1 + recipe.scale),
                padding_mode="border",
            ),
            vary.RandomContrast((1 - recipe.contrast, 1 + recipe.contrast)),
            vary.RandomBrightness((1 - recipe.brightness, 1 + recipe.brightness)),
            vary.RandomErasing(p=recipe.erase, scale=(0.02, 0.2), ratio=(0.4, 2.5), value=0.5),
        ]
        self.steps = nn.Sequential(*steps)

    def forward(self, faces: Tensor) -> Tensor:
        """Vary every face on its own; leave all as they are where the recipe says so."""
        if not self.vary:
            return faces
        varied: Tensor = self.steps(faces / 255.0)
        return varied.clamp(0, 1) * 255.0


def mirrored(faces: Tensor, chance: float) -> Tensor:
    """Mirror each of (N, 1, S, S) faces with a chance."""
    turned = torch.rand(len(faces), 1, 1, 1, device=faces.device) < chance
    return torch.where(turned, faces.flip(-1), faces)


def shifted(faces: Tensor, reach: int) -> Tensor:
    """Shift each of (N, 1, S, S) faces by whole pixels, at most ``reach`` either way; edges are repeated."""
    if not reach:
        return faces
    count, side, device = len(faces), faces.shape[-1], faces.device
    padded = functional.pad(faces, [reach] * 4, mode="replicate")
    down, right = torch.randint(0, 2 * reach + 1, (2, count, 1), device=device)
    along = torch.arange(side, device=device)
    each = torch.arange(count, device=device)[:, None, None]
    return padded[each, 0, (along + down)[:, :, None], (along + right)[:, None, :]][:, None]


def roughened(faces: Tensor, noise: float, blur: float) -> Tensor:
    """Add grain to (N, 1, S, S) faces in [0, 255], of a strength of each face's own, and soften some of them.

    noise: the largest standard deviation, in grey levels; small ones are drawn more often. blur: the chance of a
    softened face (the mean of 3 x 3 pixels, once or twice). A teacher is not asked about these: the pupil is to tell a
    rough picture as the teacher tells the clean one.
    """
    count, device = len(faces), faces.device
    if blur:
        soft = functional.avg_pool2d(faces, 3, stride=1, padding=1, count_include_pad=False)
        softer = functional.avg_pool2d(soft, 3, stride=1, padding=1, count_include_pad=False)
        drawn = torch.rand(count, 1, 1, 1, device=device)
        faces = torch.where(drawn < blur / 2, softer, torch.where(drawn < blur, soft, faces))
    if noise:
        strength = noise * torch.rand(count, 1, 1, 1, device=device) ** 2
        faces = (faces + strength * torch.randn_like(faces)).clamp(0, 255)
    return faces
