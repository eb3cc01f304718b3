"""Variations keep their shape and range, leave what they should alone, and depend on torch's seed only."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from emovere.train.check.material import MARGIN, PATCH, around
from emovere.train.check.recipe import VaryRecipe
from emovere.train.check.vary import middle, textures, varied

NOTHING = VaryRecipe(degrees=0, shift=0, scale=0, covered=0, dark=0, small=0, blurred=0, noise=0)


@pytest.fixture
def patches(rng):
    coarse = rng.integers(60, 200, (64, 9, 9), dtype=np.uint8)
    return torch.from_numpy(coarse.repeat(8, axis=1).repeat(8, axis=2))


def correlation(a, b):
    a, b = (x - x.mean() for x in (a.double(), b.double()))
    return float((a * b).sum() / torch.sqrt((a * a).sum() * (b * b).sum()))


def test_the_middle_is_the_crop():
    crops = np.random.default_rng(0).integers(0, 256, (3, 48, 48), dtype=np.uint8)
    patches = around(crops)
    assert patches.shape == (3, PATCH, PATCH)
    np.testing.assert_array_equal(middle(torch.from_numpy(patches))[:, 0].numpy(), crops)
    assert (patches[:, 0, MARGIN] == crops[:, 0, 0]).all()


def test_without_variation_there_is_the_crop_or_its_mirror_image_in_another_light(patches):
    torch.manual_seed(0)
    out = varied(patches, torch.ones(64, dtype=torch.bool), NOTHING)
    plain = middle(patches)
    straight = [correlation(a, b) for a, b in zip(out, plain, strict=True)]
    mirrored = [correlation(a, b) for a, b in zip(out, plain.flip(-1), strict=True)]
    assert min(max(pair) for pair in zip(straight, mirrored, strict=True)) > 0.8
    assert 10 < sum(a > b for a, b in zip(straight, mirrored, strict=True)) < 54


def test_all_variations_stay_in_range_and_follow_the_seed(patches):
    faces = torch.arange(64) < 32
    torch.manual_seed(5)
    first = varied(patches, faces, VaryRecipe())
    torch.manual_seed(5)
    again = varied(patches, faces, VaryRecipe())
    assert first.shape == (64, 1, 48, 48)
    assert first.dtype == torch.float32
    assert float(first.min()) >= 0
    assert float(first.max()) <= 255
    assert torch.equal(first, again)
    assert not torch.equal(first, varied(patches, faces, VaryRecipe()))


def test_only_faces_are_covered_and_at_most_by_about_half(patches):
    recipe = dataclasses.replace(NOTHING, covered=1.0)
    flat = torch.full_like(patches, 100)
    torch.manual_seed(1)
    faces = torch.arange(64) < 32
    out = varied(flat, faces, recipe)
    spread = out.std(dim=(1, 2, 3))
    assert (spread[32:] < 3).all()
    assert (spread[:32] > 3).sum() > 24
    changed = (out[:32] - out[:32].flatten(1).median(dim=1).values[:, None, None, None]).abs() > 12
    assert float(changed.float().mean(dim=(1, 2, 3)).max()) < 0.62


@pytest.mark.parametrize("name", ["small", "blurred"])
def test_fine_detail_goes(patches, name):
    torch.manual_seed(2)
    stripes = (torch.arange(PATCH) % 2 * 200).to(torch.uint8).expand(64, PATCH, PATCH).contiguous()
    faces = torch.ones(64, dtype=torch.bool)
    plain = varied(stripes, faces, NOTHING)
    coarse = varied(stripes, faces, dataclasses.replace(NOTHING, **{name: 1.0}))
    assert float(coarse.std(dim=(1, 2, 3)).median()) < 0.6 * float(plain.std(dim=(1, 2, 3)).median())


def test_textures_are_of_many_kinds():
    torch.manual_seed(3)
    made = textures(60)
    assert made.shape == (60, PATCH, PATCH)
    assert made.dtype == torch.uint8
    spread = made.float().std(dim=(1, 2))
    assert (spread == 0).any()
    assert (spread > 10).sum() > 20
