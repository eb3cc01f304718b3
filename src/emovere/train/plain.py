"""Networks without ways around: convolutions, maxima, fully connected layers."""

from __future__ import annotations

from torch import nn

from emovere.errors import ConfigError
from emovere.train.recipe import NetworkRecipe


class PlainTrunk(nn.Sequential):
    """Stages of 3 x 3 convolutions, each halved by a maximum (Simonyan and Zisserman 2015, arXiv 1409.1556).

    (N, 1, S, S) -> (N, features). Fully connected layers follow where the recipe names any, each after dropout; else
    the picture is averaged. Raises ConfigError where the stages leave nothing of the picture.
    """

    def __init__(self, recipe: NetworkRecipe) -> None:
        layers: list[nn.Module] = []
        inputs, side = 1, recipe.side or recipe.crop + recipe.crop % 2  # whole pixels are cut off on both sides
        if side >> len(recipe.widths) == 0:
            raise ConfigError(f"network.widths: {len(recipe.widths)} stages halve {side} pixels to nothing; name fewer")
        for width, count in zip(recipe.widths, recipe.blocks, strict=True):
            for _ in range(count):
                layers.append(nn.Conv2d(inputs, width, 3, 1, 1, bias=not recipe.normalise))
                layers += [nn.BatchNorm2d(width), nn.ReLU()] if recipe.normalise else [nn.ReLU()]
                inputs = width
            layers.append(nn.MaxPool2d(2))
            side //= 2
        if recipe.dense:
            inputs *= side * side
        else:
            layers.append(nn.AdaptiveAvgPool2d(1))
        layers.append(nn.Flatten())
        for width in recipe.dense:
            layers += [nn.Dropout(recipe.dropout), nn.Linear(inputs, width), nn.ReLU()]
            inputs = width
        super().__init__(*layers)
        self.features = inputs

    def head(self, classes: int) -> nn.Module:
        """(N, features) -> (N, classes)."""
        return nn.Linear(self.features, classes)
