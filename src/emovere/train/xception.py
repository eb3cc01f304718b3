"""mini-Xception (Arriaga et al. 2017, arXiv 1710.07557, figure 4): few parameters, no fully connected layer."""

from __future__ import annotations

from torch import Tensor, nn

from emovere.train.recipe import NetworkRecipe


class XceptionTrunk(nn.Sequential):
    """Two plain convolutions, then a block for each further width: (N, 1, S, S) -> (N, widths[-1], S', S')."""

    def __init__(self, recipe: NetworkRecipe) -> None:
        first, *others = recipe.widths
        layers: list[nn.Module] = []
        for inputs in (1, first):
            layers += [nn.Conv2d(inputs, first, 3, bias=False), nn.BatchNorm2d(first), nn.ReLU()]
        for inputs, outputs in zip(recipe.widths, others, strict=False):
            layers.append(XceptionBlock(inputs, outputs))
        super().__init__(*layers)
        self.features = recipe.widths[-1]

    def head(self, classes: int) -> nn.Module:
        """(N, features, S', S') -> (N, classes): a map of each class, averaged."""
        return nn.Sequential(nn.Conv2d(self.features, classes, 3, 1, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())


class XceptionBlock(nn.Module):
    """Two separable convolutions and a maximum, halved, with a convolution around them (Chollet 2017)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.inside = nn.Sequential(
            *_separable(inputs, outputs), nn.ReLU(), *_separable(outputs, outputs), nn.MaxPool2d(3, 2, 1)
        )
        self.around = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H / 2, W / 2), rounded up."""
        # A convolution of 1 x 1 in steps of two takes every second pixel; torch 2.13's own step crashes on processors
        # for 8 channels that lie last.
        out: Tensor = self.inside(x) + self.around(x[:, :, ::2, ::2])
        return out


def _separable(inputs: int, outputs: int) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, inputs, 3, 1, 1, groups=inputs, bias=False),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
    ]
