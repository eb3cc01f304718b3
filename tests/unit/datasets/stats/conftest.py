"""A small set with something of everything that a check looks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from emovere.datasets.faceset import FaceSet
from emovere.datasets.rows import FaceRows


@pytest.fixture
def rows_of(rng: np.random.Generator) -> Callable[..., FaceRows]:
    """Made faces that are not alike, with these labels and splits."""

    def make(labels: list[int], splits: list[str], names: tuple[str, ...] = ("a", "b"), **columns: Any) -> FaceRows:
        small = rng.integers(0, 256, (len(labels), 6, 6), np.uint8)
        images = np.kron(small, np.ones((8, 8), np.uint8)) if labels else np.zeros((0, 48, 48), np.uint8)
        faces = FaceSet(images, np.array(labels, np.int64), np.array(splits, np.str_), names)
        return FaceRows(faces).with_columns(**columns)

    return make
