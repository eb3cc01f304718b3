from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from emovere.train.faces import roughen
from emovere.train.faces.recipe import SceneRecipe

WAYS = ("relit", "blurred", "coarse", "grained", "compressed")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("channels", [1, 3])
def test_each_way_changes_pixels_and_keeps_shape_and_kind(way, channels, rng):
    image = rng.integers(0, 256, (96, 128, channels)).astype(np.uint8)
    before = image.copy()
    for seed in range(4):
        out = getattr(roughen, way)(image, np.random.default_rng(seed))
        assert out.shape == image.shape
        assert out.dtype == np.uint8
        assert (out != image).any()
    np.testing.assert_array_equal(image, before)


def test_pictures_stay_as_they_are_where_nothing_is_to_be_done(rng):
    image = rng.integers(0, 256, (64, 64, 1)).astype(np.uint8)
    recipe = dataclasses.replace(SceneRecipe(), rough=0.0, relit=0.0)
    np.testing.assert_array_equal(roughen.roughened(image, rng, recipe), image)
