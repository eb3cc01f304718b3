from __future__ import annotations

import pytest

from emovere.config import override
from emovere.errors import ConfigError
from emovere.train.faces.network import FaceFinder
from emovere.train.faces.recipe import check_recipe, load_faces_recipe
from emovere.train.networks import parameter_count


def test_the_recipe_that_the_package_carries_makes_a_small_network():
    recipe = load_faces_recipe("faces")
    assert recipe.name == "faces"
    assert 50_000 < parameter_count(FaceFinder(recipe.network)) <= 150_000


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("network.channels=2", "expected 1 .grey. or 3"),
        ("network.blocks=1,2", "three numbers in blocks"),
        ("scenes.side=100", "multiple of 64"),
        ("steps=0", "at least 1"),
    ],
)
def test_a_recipe_that_means_nothing_is_refused(setting, said):
    with pytest.raises(ConfigError, match=said):
        check_recipe(override(load_faces_recipe("faces"), [setting]))
