"""A made-up FER2013 that is learned in a second: each class is striped more coarsely than the one before."""

from __future__ import annotations

import numpy as np
import pytest

from emovere.datasets.faceset import FaceSet
from emovere.labels import FER7, FERPLUS_COLUMNS, FERPLUS_TO_LABEL
from emovere.train.recipe import (
    AugmentRecipe,
    NetworkRecipe,
    Recipe,
    ScheduleRecipe,
    TrainOptions,
)


def made_up_faces(counts: tuple[int, int, int] = (210, 42, 42)) -> FaceSet:
    rng = np.random.default_rng(5)
    total = sum(counts)
    labels = np.arange(total) % len(FER7)
    images = rng.integers(0, 60, (total, 48, 48)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[np.arange(48) // (label + 1) % 2 == 0] += 150
    votes = np.zeros((total, 10), np.int64)
    for column, name in enumerate(FERPLUS_COLUMNS):
        if FERPLUS_TO_LABEL.get(name) in FER7:
            votes[labels == FER7.index(FERPLUS_TO_LABEL[name]), column] = 10
    splits = np.repeat(["Training", "PublicTest", "PrivateTest"], counts)
    return FaceSet(images, labels.astype(np.int64), splits, FER7, votes)


@pytest.fixture
def few_faces() -> FaceSet:
    return made_up_faces((42, 28, 7))


@pytest.fixture
def faces() -> FaceSet:
    return made_up_faces()


@pytest.fixture
def tiny() -> Recipe:
    """About two thousand parameters."""
    return Recipe(
        name="tiny",
        seed=3,
        network=NetworkRecipe(widths=(6, 12), blocks=(0, 1), dropout=0.0),
        augment=AugmentRecipe(flip=0.5, degrees=2, translate=0.0, scale=0.02, erase=0.0),
        schedule=ScheduleRecipe(epochs=4, batch=14, lr=0.2, ema=0.5, patience=3),
        train=TrainOptions(precision="32-true", threads=1),
    )
