from __future__ import annotations

import pytest
import torch

from emovere.train.faces.network import FaceFinder, places
from emovere.train.faces.recipe import DetectorRecipe

SMALL = DetectorRecipe(stem=(4, 8), width=8, blocks=(1, 1, 1), kernel=3)


@pytest.mark.parametrize("channels", [1, 3])
def test_every_place_gives_a_score_a_box_and_five_landmarks(channels):
    network = FaceFinder(DetectorRecipe(channels=channels, stem=(4, 8), width=8, blocks=(1, 1, 1), kernel=3)).eval()
    with torch.no_grad():
        answers = network(torch.zeros(2, channels, 64, 96))
    count = 8 * 12 + 4 * 6 + 2 * 3
    assert answers.logits.shape == (2, count)
    assert answers.boxes.shape == (2, count, 4)
    assert answers.landmarks.shape == (2, count, 5, 2)
    assert len(places(64, 96)) == count


def test_an_untrained_network_says_no_with_boxes_around_its_places():
    torch.manual_seed(0)
    network = FaceFinder(SMALL).eval()
    with torch.no_grad():
        answers = network(torch.randint(0, 255, (1, 1, 64, 96)).float())
    assert float(answers.logits.sigmoid().max()) < 0.05
    where = places(64, 96)
    middle = (answers.boxes[0, :, :2] + answers.boxes[0, :, 2:]) / 2
    assert float(((middle - where[:, :2]).abs() / where[:, 2:]).max()) < 0.5
    size = (answers.boxes[0, :, 2:] - answers.boxes[0, :, :2]) / where[:, 2:]
    assert 2 < float(size.min()) <= float(size.max()) < 8


def test_a_network_of_a_batch_says_of_each_picture_what_it_says_of_it_alone():
    torch.manual_seed(0)
    network = FaceFinder(SMALL).eval()
    pictures = torch.randint(0, 255, (3, 1, 64, 64)).float()
    with torch.no_grad():
        together, alone = network(pictures), network(pictures[1:2])
    torch.testing.assert_close(together.boxes[1:2], alone.boxes, rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(together.logits[1:2], alone.logits, rtol=1e-4, atol=1e-4)
