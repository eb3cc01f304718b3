"""Faces that tests of cleaning share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest

from emovere.datasets.faceset import FaceSet
from emovere.datasets.rows import FaceRows
from emovere.labels import FER7
from emovere.types import UInt8

Make = Callable[..., FaceRows]


def scribble(seed: int) -> UInt8:
    """A picture with details of every size, unlike any of another seed."""
    random = np.random.default_rng(seed)
    picture = np.zeros((48, 48), np.float32)
    for side, weight in ((3, 60), (6, 40), (12, 30), (24, 15)):
        patch = random.normal(0, weight, (side, side)).astype(np.float32)
        picture += cv2.resize(patch, (48, 48), interpolation=cv2.INTER_CUBIC)
    return np.asarray((picture + 128).clip(0, 255), np.uint8)


@pytest.fixture
def scribbles() -> list[UInt8]:
    """Thirty pictures that have nothing to do with each other."""
    return [scribble(seed) for seed in range(30)]


@pytest.fixture
def make_rows() -> Make:
    """Make rows of pictures, places of labels in FER7, and splits; Training unless given."""

    def make(
        images: Sequence[UInt8], labels: Sequence[int], splits: Sequence[str] = (), names: tuple[str, ...] = ()
    ) -> FaceRows:
        parts = np.array(splits or ["Training"] * len(images))
        return FaceRows(FaceSet(np.stack(images), np.array(labels, np.int64), parts, FER7, names=names))

    return make
