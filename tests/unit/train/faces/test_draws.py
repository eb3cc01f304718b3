from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from emovere.errors import DatasetError
from emovere.train.faces.draws import Draws, Order, Orders
from emovere.train.faces.labels import Labels
from emovere.train.faces.marked import FACE, IGNORED
from emovere.train.faces.pasting import FaceBank
from emovere.train.faces.recipe import SceneRecipe


def draws(lessons, recipe=None, seed=1) -> Draws:
    bank = FaceBank(lessons.faces.images, lessons.face_labels, 0.7)
    return Draws(lessons.scenes, lessons.labels, bank, recipe or SceneRecipe(), seed)


PLAIN = dataclasses.replace(
    SceneRecipe(), plain=0, pasted=0, decoys=0, mosaic=0, turned=0, covered=0, rough=0, relit=0, background=0
)


def test_a_number_gives_one_picture_and_another_number_another(lessons):
    a, b = draws(lessons), draws(lessons)
    first = a.picture(Order(17, 128))
    again = b.picture(Order(17, 128))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1].boxes, again[1].boxes)
    assert (a.picture(Order(18, 128))[0] != first[0]).any()
    assert (draws(lessons, seed=2).picture(Order(17, 128))[0] != first[0]).any()


def test_marks_stand_on_faces(lessons):
    """The middle of a made-up face is brighter than anything but faces; its eyes are darker."""
    made = [draws(lessons, PLAIN).picture(Order(number, 256)) for number in range(40)]
    seen = 0
    for image, marks in made:
        for box, eyes in zip(marks.boxes[marks.kinds == FACE], marks.landmarks[marks.kinds == FACE], strict=True):
            if (box[2:] - box[:2]).min() < 30 or eyes.min() < 1 or eyes.max() > 254:
                continue
            x, y = eyes[2].round().astype(int)
            assert image[y, x, 0] > 180
            for x, y in eyes[:2].round().astype(int):
                assert image[y, x, 0] < 60
            seen += 1
    assert seen > 15


def test_faces_come_in_all_sizes_and_none_is_sought_that_is_too_small(lessons):
    made = [draws(lessons).picture(Order(number, 256))[1] for number in range(120)]
    sides = np.concatenate([(m.boxes[:, 2:] - m.boxes[:, :2]).min(axis=1)[m.kinds == FACE] for m in made])
    assert sides.min() >= SceneRecipe().smallest
    assert np.percentile(sides, 15) < 25
    assert np.percentile(sides, 85) > 60


def test_only_photographs_of_the_training_part_are_used(lessons):
    scenes = lessons.scenes
    pixels = scenes.pixels.copy()
    for row in np.flatnonzero(scenes.parts != "training"):
        start = scenes.starts[row]
        pixels[start : start + scenes.sizes[row].prod()] = 251
    marked = dataclasses.replace(lessons, scenes=dataclasses.replace(scenes, pixels=pixels))
    recipe = dataclasses.replace(PLAIN, background=1.0)
    for number in range(60):
        assert (draws(marked, recipe).picture(Order(number, 64))[0] == 251).mean() < 0.9


def test_without_photographs_for_training_there_are_no_pictures(lessons):
    held_out = tuple(
        name for name, part in zip(lessons.scenes.names, lessons.scenes.parts, strict=True) if part != "training"
    )
    scenes = dataclasses.replace(
        lessons.scenes,
        sizes=lessons.scenes.sizes[: len(held_out)],
        starts=lessons.scenes.starts[: len(held_out)],
        names=held_out,
    )
    with pytest.raises(DatasetError, match="no photograph is left for training"):
        draws(dataclasses.replace(lessons, scenes=scenes))


def test_doubtful_boxes_are_neither_sought_nor_punished(lessons):
    old = lessons.labels
    half = np.full(len(old.scene), 0.5, np.float32)
    doubtful = Labels(old.scene, old.boxes, old.landmarks, half, half)
    made = draws(dataclasses.replace(lessons, labels=doubtful), dataclasses.replace(PLAIN, background=1.0))
    kinds = np.concatenate([made.picture(Order(number, 256))[1].kinds for number in range(30)])
    assert len(kinds) > 5
    assert set(kinds) == {IGNORED}


def test_batches_hold_pictures_and_as_many_boxes_as_the_fullest(lessons):
    pictures, targets = draws(lessons).__getitems__([Order(number, 128) for number in range(5)])
    assert pictures.shape == (5, 1, 128, 128)
    count = targets.kinds.shape[1]
    assert targets.boxes.shape == (5, count, 4)
    assert targets.landmarks.shape == (5, count, 5, 2)
    assert bool((targets.boxes[targets.kinds == 0] == 0).all())


def test_every_so_many_batches_are_large_and_no_number_comes_twice():
    orders = Orders(dataclasses.replace(SceneRecipe(), side=64, large=3), batch=8, steps=5)
    first = list(orders)
    orders.set_epoch(1)
    second = list(orders)
    assert len(first) == len(orders) == 5
    assert [(len(batch), batch[0].side) for batch in first + second] == [
        (8, 64), (8, 64), (2, 128), (8, 64), (8, 64), (2, 128), (8, 64), (8, 64), (2, 128), (8, 64),
    ]  # fmt: skip
    numbers = [order.number for batch in first + second for order in batch]
    assert len(set(numbers)) == len(numbers)
