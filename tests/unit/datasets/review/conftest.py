"""Small sets to review."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from emovere.datasets.faceset import FaceSet
from emovere.datasets.folder import write_folder
from emovere.datasets.review.review import Review
from emovere.datasets.rows import FaceRows
from emovere.labels import FER7


def made_rows(count: int = 20, labels: tuple[str, ...] = FER7, seed: int = 0) -> FaceRows:
    """Different faces of noise; the last one stands there once more, under another label."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, 48, 48), np.uint8)
    images[-1] = images[0]
    numbers = np.arange(count) % len(labels)
    names = tuple(f"fer{place:07d}.png" for place in range(count))
    splits = np.array(["Training", "PublicTest"])[np.arange(count) % 2]
    faces = FaceSet(images, numbers.astype(np.int64), splits, labels, names=names)
    return FaceRows(faces, about={"author": tuple(f"author {place}" for place in range(count))})


@pytest.fixture
def rows() -> FaceRows:
    return made_rows()


@pytest.fixture
def folder(tmp_path: Path, rows: FaceRows) -> Path:
    """A set's folder of 20 rows, 19 different faces."""
    write_folder(rows, tmp_path / "set", name="noise")
    return tmp_path / "set"


@pytest.fixture
def begin(folder: Path) -> Iterator[Callable[..., Review]]:
    """Opens the review of the folder, as often as asked."""
    opened: list[Review] = []

    def begin(path: Path | None = None) -> Review:
        opened.append(Review(path or folder))
        return opened[-1]

    yield begin
    for one in opened:
        one.close()


@pytest.fixture
def review(begin: Callable[..., Review]) -> Review:
    return begin()
