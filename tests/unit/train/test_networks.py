"""Every architecture at small size, with 0, 1 and 5 faces."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from emovere.config import read_toml
from emovere.errors import UnknownModel
from emovere.train.augment import Augment, mirrored, shifted
from emovere.train.networks import ARCHITECTURES, BLOCKS, ChannelAttention, FaceNetwork, parameter_count
from emovere.train.recipe import AugmentRecipe, NetworkRecipe, Recipe, load_recipe, recipes


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
@pytest.mark.parametrize("count", [0, 1, 5])
@pytest.mark.parametrize(("stem_stride", "attention"), [(1, False), (2, True)])
def test_two_heads_for_any_number_of_faces(architecture, count, stem_stride, attention):
    recipe = NetworkRecipe(architecture, widths=(4, 8), blocks=(1, 1), stem_stride=stem_stride, attention=attention)
    network = FaceNetwork(recipe).eval()
    fer7, ferplus8 = network(torch.rand(count, 1, 48, 48) * 255)
    assert fer7.shape == (count, 7)
    assert ferplus8.shape == (count, 8)


@pytest.mark.parametrize("architecture", sorted(BLOCKS))
@pytest.mark.parametrize("side", [11, 12])
def test_a_block_halves_and_rounds_up(architecture, side):
    block = BLOCKS[architecture](3, 5, 2, True)
    assert block(torch.rand(2, 3, side, side)).shape == (2, 5, 6, 6)


def test_separable_blocks_need_a_fraction_of_the_parameters():
    plain, separable = (parameter_count(BLOCKS[name](64, 64, 1, False)) for name in ("residual", "separable"))
    assert separable < plain / 7


def test_attention_weighs_channels_by_the_whole_picture():
    attention = ChannelAttention(8)
    x = torch.rand(2, 8, 4, 4) + 1
    share = attention(x) / x
    torch.testing.assert_close(share, share[:, :, :1, :1].expand_as(share))
    assert ((share > 0) & (share < 1)).all()


def test_only_the_middle_is_looked_at():
    network = FaceNetwork(NetworkRecipe(widths=(4,), blocks=(1,), crop=40)).eval()
    faces = torch.rand(2, 1, 48, 48) * 255
    framed = faces.clone()
    framed[:, :, :4] = 0
    framed[:, :, :, -4:] = 0
    torch.testing.assert_close(network(faces)[0], network(framed)[0])


def test_an_unknown_architecture_suggests_the_nearest():
    with pytest.raises(UnknownModel, match="did you mean 'residual'"):
        FaceNetwork(NetworkRecipe(architecture="residul"))


@pytest.mark.parametrize("name", sorted(recipes()))
def test_every_recipe_builds_its_network(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    assert parameter_count(FaceNetwork(recipe.network)) > 1000


def test_light_has_at_most_three_million_parameters():
    assert parameter_count(FaceNetwork(load_recipe("light").network)) <= 3_000_000


def test_nano_has_at_most_sixty_thousand_parameters():
    assert parameter_count(FaceNetwork(load_recipe("nano").network)) <= 60_000


def test_a_recipe_from_before_there_were_teachers_reads_as_one_without():
    old = read_toml(Recipe, Path(__file__).parents[3] / "docs/models/light/recipe.toml")
    assert old.loss.teacher == ""
    assert old == load_recipe("light")


def test_an_unknown_recipe():
    with pytest.raises(UnknownModel, match="did you mean 'light'"):
        load_recipe("lite")


def test_variations_keep_shape_and_range_and_differ():
    faces = torch.randint(0, 256, (6, 1, 48, 48)).float()
    torch.manual_seed(0)
    varied = Augment(AugmentRecipe())(faces)
    assert varied.shape == faces.shape
    assert 0 <= varied.min() <= varied.max() <= 255
    assert (varied != faces).flatten(1).any(dim=1).all()


@pytest.mark.parametrize(("chance", "turned"), [(0.0, 0), (1.0, 6)])
def test_mirroring(chance, turned):
    faces = torch.rand(6, 1, 48, 48)
    out = mirrored(faces, chance)
    assert int((out == faces.flip(-1)).flatten(1).all(dim=1).sum()) == turned
    assert int((out == faces).flatten(1).all(dim=1).sum()) == 6 - turned


def test_shifting_by_whole_pixels():
    torch.manual_seed(0)
    faces = torch.rand(40, 1, 12, 12)
    out = shifted(faces, 2)
    inner = faces[:, :, 4:-4, 4:-4]
    found = {
        (down, right)
        for down in range(-2, 3)
        for right in range(-2, 3)
        for same in (out[:, :, 4 - down : 8 - down, 4 - right : 8 - right] == inner).flatten(1).all(dim=1)
        if same
    }
    assert len(found) > 10
    assert len(torch.unique(out[0])) <= len(torch.unique(faces[0]))
    assert shifted(faces, 0) is faces


def test_nothing_is_varied_where_nothing_is_asked_for():
    still = AugmentRecipe(flip=0, degrees=0, translate=0, scale=0, brightness=0, contrast=0, erase=0)
    faces = torch.randint(0, 256, (6, 1, 48, 48)).float()
    torch.testing.assert_close(Augment(still)(faces), faces, atol=0.01, rtol=0)
