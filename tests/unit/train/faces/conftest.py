"""Made-up photographs with made-up faces: a bright disc with two dark eyes and a mouth, on a grainy ground."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from emovere.config import override
from emovere.datasets.faceset import FaceSet
from emovere.labels import FER7
from emovere.train.faces.fit import Lessons
from emovere.train.faces.labels import FaceLabels, Labels
from emovere.train.faces.recipe import FacesRecipe, load_faces_recipe
from emovere.train.faces.scenes import Scenes

LANDMARKS = np.array([[14, 18], [33, 18], [23, 28], [16, 36], [31, 36]], np.float32)


def drawn_face() -> np.ndarray:
    """(48, 48) uint8; its landmarks are LANDMARKS, its box (4, 0, 43, 47)."""
    y, x = np.mgrid[:48, :48]
    face = np.where(((x - 23.5) / 19.5) ** 2 + ((y - 23.5) / 23.5) ** 2 < 1, 210, 90).astype(np.uint8)
    for across, down in LANDMARKS[:2]:
        face[(x - across) ** 2 + (y - down) ** 2 < 14] = 10
    face[35:38, 16:32] = 20
    return face


def photograph(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(96, 128) grey, up to ``count`` faces side by side, their boxes and their landmarks."""
    image = rng.integers(60, 120, (96, 128)).astype(np.uint8)
    boxes, landmarks = [], []
    for place in range(count):
        x, y = 8 + 60 * place, int(rng.integers(4, 40))
        image[y : y + 48, x : x + 48] = drawn_face()
        boxes.append((x + 4, y, x + 43, y + 47))
        landmarks.append(LANDMARKS + np.array([x, y], np.float32))
    return image, np.array(boxes, np.float32).reshape(-1, 4), np.array(landmarks, np.float32).reshape(-1, 5, 2)


NAMES = [f"{source}/{source}_{k:03d}.jpg" for source in ("streets", "people") for k in range(40)]


def made_up_lessons() -> Lessons:
    rng = np.random.default_rng(3)
    made = [photograph(rng, k % 3) for k in range(len(NAMES))]
    sizes = np.array([image.shape for image, _, _ in made])
    starts = np.concatenate([[0], np.cumsum(sizes.prod(axis=1))[:-1]])
    scenes = Scenes(np.concatenate([image.ravel() for image, _, _ in made]), sizes, starts, tuple(NAMES), 1)
    rows = np.concatenate([np.full(len(boxes), k) for k, (_, boxes, _) in enumerate(made)]).astype(np.int64)
    sure = np.full(len(rows), 0.9, np.float32)
    boxes, landmarks = (np.concatenate([part[k] for part in made]) for k in (1, 2))
    labels = Labels(rows, boxes, landmarks, sure, sure)
    images = np.repeat(drawn_face()[None], 6, axis=0)
    faces = FaceSet(images, np.arange(6) % 7, np.full(6, "Training"), FER7)
    box = np.array([[4, 0, 43, 47]], np.float32).repeat(6, axis=0)
    return Lessons(scenes, labels, faces, FaceLabels(np.ones(6, np.float32), box, LANDMARKS[None].repeat(6, axis=0)))


@pytest.fixture
def lessons() -> Lessons:
    return made_up_lessons()


@pytest.fixture
def tiny() -> FacesRecipe:
    """About four thousand parameters, a few seconds."""
    settings = (
        "name=tiny", "seed=4", "steps=30", "network.stem=8,8", "network.width=16", "network.blocks=1,1,1",
        "network.kernel=3", "scenes.side=128", "scenes.large=7", "scenes.mined=2", "scenes.rough=0", "scenes.turned=0",
        "scenes.covered=0", "schedule.epochs=3", "schedule.batch=8", "schedule.lr=0.01", "schedule.ema=0.9",
        "train.precision=32-true", "train.threads=1",
    )  # fmt: skip
    return override(load_faces_recipe("faces"), settings)


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    """Four photographs in colours as a parquet file."""
    rng = np.random.default_rng(1)
    rows = []
    for name in ("people/Ann_Lee_0001.png", "people/Ann_Lee_0002.png", "streets/a.png", "streets/b.png"):
        file = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (40, 56 if "streets" in name else 40, 3)).astype(np.uint8)).save(
            file, "PNG"
        )
        rows.append({"image": {"bytes": file.getvalue(), "path": name}, "source": name.partition("/")[0]})
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "scenes.parquet")
    return tmp_path / "scenes.parquet"
