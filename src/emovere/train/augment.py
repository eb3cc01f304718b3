"""Variations of faces, made on whole batches by kornia."""

from __future__ import annotations

from kornia import augmentation as vary
from torch import Tensor, nn

from emovere.train.recipe import AugmentRecipe


class Augment(nn.Module):
    """Mirror, turn, shift, scale, relight and blot out: (N, 1, S, S) float in [0, 255] -> the same."""

    def __init__(self, recipe: AugmentRecipe) -> None:
        super().__init__()
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
        """Vary every face on its own."""
        varied: Tensor = self.steps(faces / 255.0)
        return varied.clamp(0, 1) * 255.0
