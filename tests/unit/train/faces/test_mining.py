from __future__ import annotations

import dataclasses

import numpy as np
import torch

from emovere.train.faces import mining
from emovere.train.faces.draws import Draws, Order, Places
from emovere.train.faces.network import Answers
from emovere.train.faces.pasting import FaceBank
from emovere.train.faces.recipe import SceneRecipe


class Wrong(torch.nn.Module):
    """Sees one face at the right edge of every photograph, and nothing else."""

    def forward(self, pictures: torch.Tensor) -> Answers:
        boxes = torch.tensor([[[116.0, 80, 126, 92]]])
        return Answers(torch.tensor([[2.0]]), boxes, torch.zeros(1, 1, 5, 2))


def draws(lessons, recipe) -> Draws:
    return Draws(lessons.scenes, lessons.labels, FaceBank(lessons.faces.images, lessons.face_labels, 0.7), recipe, 1)


def test_false_boxes_and_missed_faces_are_errors(lessons):
    made = draws(lessons, SceneRecipe())
    hard = mining.errors(Wrong(), made, seed=0)
    false = (hard.boxes == np.array([116, 80, 126, 92], np.float32)).all(axis=1)
    assert false.sum() == len(made)
    assert len(false) - false.sum() == sum(int((made.known(k)[1].kinds == 1).sum()) for k in range(len(made)))
    for number, box in zip(hard.scenes[~false], hard.boxes[~false], strict=True):
        assert (made.known(int(number))[1].boxes == box).all(axis=1).any()


def test_views_go_where_the_network_erred(lessons):
    recipe = dataclasses.replace(
        SceneRecipe(), plain=0, pasted=0, decoys=0, mosaic=0, turned=0, covered=0, rough=0, relit=0, hard=1.0
    )
    made = draws(lessons, recipe)
    number = next(k for k in range(len(made)) if (made.known(k)[1].kinds == 1).sum() == 1)
    box = made.known(number)[1].boxes[:1]
    made.hard = Places(np.array([number]), box)
    for draw in range(8):
        marks = made.picture(Order(draw, 128))[1]
        assert len(marks) == 1
        middle = (marks.boxes[0, :2] + marks.boxes[0, 2:]) / 2
        assert ((middle > 0) & (middle < 128)).all()
