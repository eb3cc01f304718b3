"""Small made pictures and rows to give away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emovere.datasets.faceset import FaceSet
from emovere.datasets.rows import FaceRows
from emovere.labels import FER7


@pytest.fixture
def draw(rng: np.random.Generator) -> Callable[..., np.ndarray]:
    """Write a made picture of some size; 48 x 48 grey ones are face crops already."""

    def write(path: Path, side: int = 48) -> np.ndarray:
        path.parent.mkdir(parents=True, exist_ok=True)
        image = rng.integers(0, 256, (side, side), np.uint8)
        Image.fromarray(image).save(path)
        return image

    return write


@pytest.fixture
def rows(rng: np.random.Generator) -> FaceRows:
    """Twenty-one made faces in FER2013's seven classes and three splits, with votes and licences."""
    votes = rng.multinomial(10, np.full(10, 0.1), 21).astype(np.int64)
    faces = FaceSet(
        rng.integers(0, 256, (21, 48, 48), np.uint8),
        np.arange(21, dtype=np.int64) % 7,
        np.repeat(["Training", "PublicTest", "PrivateTest"], 7),
        FER7,
        votes,
    )
    return FaceRows(faces).with_columns(
        source=[f"https://pictures.example/{row}.jpg" for row in range(21)],
        author=[f"author {row % 3}" for row in range(21)],
        licence=["CC BY 4.0"] * 14 + ["CC0"] * 6 + [""],
        licence_url=["https://creativecommons.org/licenses/by/4.0/"] * 14 + [""] * 7,
    )
