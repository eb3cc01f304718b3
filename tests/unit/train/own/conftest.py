"""A person's folders that are learned in a second: each class is striped more coarsely than the one before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from emovere.train.own.recipe import OwnRecipe, TuneRecipe, own_recipe
from emovere.train.recipe import NetworkRecipe, TrainOptions, load_recipe


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def write_faces(tmp_path: Path) -> Callable[..., Path]:
    def write(counts: Sequence[int] = (12, 12, 12), names: Sequence[str] = ("grin", "frown", "blank")) -> Path:
        rng = np.random.default_rng(7)
        for label, (name, count) in enumerate(zip(names, counts, strict=True)):
            (tmp_path / "own" / name).mkdir(parents=True)
            for k in range(count):
                face = rng.integers(0, 120, (48, 48)).astype(np.uint8)
                face[np.arange(48) // (2 * label + 1) % 2 == 0] += 130
                Image.fromarray(face).save(tmp_path / "own" / name / f"{k}.png")
        return tmp_path / "own"

    return write


@pytest.fixture
def small() -> OwnRecipe:
    """From nothing, a few hundred parameters."""
    recipe = own_recipe(load_recipe("nano"), "", "", "mine")
    return replace(
        recipe,
        network=NetworkRecipe(widths=(6, 12), blocks=(0, 1), dropout=0.0),
        augment=replace(recipe.augment, vary=False),
        tune=TuneRecipe(frozen_epochs=2, released_epochs=6, released_lr=1e-2, keep_statistics=False, smoothing=0.0),
        train=TrainOptions(precision="32-true", threads=1),
    )
