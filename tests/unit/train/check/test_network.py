"""The checking network: small, and blind to how dark a crop is."""

from __future__ import annotations

import torch

from emovere.train.check.network import CheckNetwork, FinishedCheck
from emovere.train.check.recipe import CheckNetworkRecipe, load_check_recipe


def test_the_shipped_recipe_is_small():
    network = CheckNetwork(load_check_recipe("check").network)
    assert sum(value.numel() for value in network.parameters()) <= 40_000


def test_one_answer_a_crop_for_any_number_of_stages():
    for widths in ((4,), (4, 8), (4, 8, 8, 8)):
        network = CheckNetwork(CheckNetworkRecipe(widths=widths)).eval()
        assert network(torch.rand(3, 1, 48, 48) * 255).shape == (3,)


def test_darkness_is_no_reason_to_be_no_face():
    torch.manual_seed(0)
    network = CheckNetwork(CheckNetworkRecipe()).eval()
    crops = torch.rand(8, 1, 48, 48) * 200 + 50
    with torch.no_grad():
        bright, dim = network(crops), network(crops * 0.6 + 10)
    assert torch.allclose(bright, dim, atol=0.1 * float(bright.std() + 0.1))


def test_the_finished_one_gives_probabilities_by_slope_and_offset():
    network = CheckNetwork(CheckNetworkRecipe(widths=(4, 8)))
    faces = torch.randint(0, 256, (5, 1, 48, 48), dtype=torch.uint8)
    finished = FinishedCheck(network, 2.0, -1.0).eval()
    with torch.no_grad():
        torch.testing.assert_close(finished(faces), torch.sigmoid(2 * network(faces.float()) - 1))
