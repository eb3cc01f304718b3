"""Sharing out: every class in each part, near copies together, the same by the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from emovere.datasets.faceset import FaceSet
from emovere.errors import DatasetError
from emovere.train.own.parts import CHOOSING, HELD_OUT, TRAINING, groups_of, shared_out
from emovere.train.own.recipe import PartsRecipe


def faces_of(*counts: int, images: np.ndarray | None = None) -> FaceSet:
    total = sum(counts)
    drawn = np.random.default_rng(3).integers(0, 256, (total, 48, 48), dtype=np.uint8)
    return FaceSet(
        drawn if images is None else images,
        np.repeat(np.arange(len(counts)), counts).astype(np.int64),
        np.full(total, "", "U8"),
        tuple("abcdef"[: len(counts)]),
    )


@pytest.mark.parametrize("counts", [(5, 5), (60, 60, 60, 60), (300, 20, 7), (11, 13)])
def test_shares_in_every_class(counts):
    shared = shared_out(faces_of(*counts), PartsRecipe(), seed=1)
    for label, count in enumerate(counts):
        splits = shared.splits[shared.labels == label].tolist()
        assert sum(splits.count(part) for part in (TRAINING, CHOOSING, HELD_OUT)) == count
        for part, share in ((TRAINING, 0.6), (CHOOSING, 0.2), (HELD_OUT, 0.2)):
            assert splits.count(part) >= 1
            assert abs(splits.count(part) - share * count) <= 1.5


def test_near_copies_stay_together_mirrored_or_not(rng):
    faces = faces_of(40, 40)
    images = faces.images.copy()
    images[40:50] = images[:10]  # other classes, too
    images[40:45] = images[40:45, :, ::-1]
    images[20:25] = np.clip(images[19:20].astype(int) + rng.integers(-3, 4, (5, 48, 48)), 0, 255)
    groups = groups_of(images)
    assert (groups[40:50] == groups[:10]).all()
    assert len(set(groups[19:25].tolist())) == 1
    assert len(set(groups.tolist())) == 80 - 10 - 5
    shared = shared_out(faces_of(40, 40, images=images), PartsRecipe(), seed=1)
    assert (shared.splits[40:50] == shared.splits[:10]).all()
    assert len(set(shared.splits[19:25].tolist())) == 1


def test_the_seed_draws():
    faces = faces_of(30, 30)
    once, again = (shared_out(faces, PartsRecipe(), seed=1).splits for _ in range(2))
    assert (once == again).all()
    assert (once != shared_out(faces, PartsRecipe(), seed=2).splits).any()


def test_too_few_faces():
    with pytest.raises(DatasetError, match="class 'b': 4 usable faces; at least 5 are needed"):
        shared_out(faces_of(9, 4), PartsRecipe(), seed=1)
    images = faces_of(9, 9).images.copy()
    images[10:] = images[9]
    with pytest.raises(DatasetError, match="class 'b': 9 usable faces, 1 without near copies; at least 5 are needed"):
        shared_out(faces_of(9, 9, images=images), PartsRecipe(), seed=1)


def test_no_faces_are_no_groups():
    assert groups_of(np.zeros((0, 48, 48), np.uint8)).shape == (0,)
