"""A tiny run from made-up crops to a file that tells bright rings from noise."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import torch

from emovere.classify.check import Check
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, DatasetError, EngineError, ModelError
from emovere.labels import FER7
from emovere.train.check import export as exporter
from emovere.train.check import fit as fitting
from emovere.train.check.export import export_check
from emovere.train.check.fit import BEST, dropped_at, fit_check, platt
from emovere.train.check.material import PATCH, Candidates
from emovere.train.check.pools import SHARES, training_pools
from emovere.train.check.recipe import (
    CheckNetworkRecipe,
    CheckRecipe,
    CheckSchedule,
    checked_recipe,
    is_check_recipe,
    is_check_run,
    load_check_recipe,
)

TINY = CheckRecipe(
    network=CheckNetworkRecipe(widths=(8, 16), dropout=0.0),
    schedule=CheckSchedule(epochs=2, steps=12, batch=64, lr=1e-2),
)


def rings(rng, count, side):
    y, x = np.mgrid[:side, :side] - side / 2
    ring = np.exp(-((np.hypot(x, y) - 14) ** 2) / 20) * 120
    return np.clip(60 + ring + rng.normal(0, 8, (count, side, side)), 0, 255).astype(np.uint8)


def noise(rng, count, side):
    return rng.integers(0, 256, (count, side, side), dtype=np.uint8)


@pytest.fixture
def found(rng):
    """Rings are faces; names decide the part."""
    names = np.array([f"here/{k}.png" for k in range(200)])

    def one(truth):
        patches = np.where(truth[:, None, None] == 1, rings(rng, 200, PATCH), noise(rng, 200, PATCH))
        scores = np.full(200, 0.8, np.float32)
        return Candidates(np.arange(200), scores, truth, patches.astype(np.uint8), names)

    mixed = (np.arange(200) % 2).astype(np.int64)
    return {"random": one(np.zeros(200, np.int64)), "yunet": one(np.ones(200, np.int64)), "haar": one(mixed)}


@pytest.fixture
def faces(rng):
    count = 120
    splits = np.array(["Training"] * 80 + ["PublicTest"] * 20 + ["PrivateTest"] * 20)
    votes = np.zeros((count, 10), np.int64)
    votes[:, 0] = 10
    votes[:10] = [0] * 9 + [10]
    images = np.where(votes[:, 9:, None] > 4, noise(rng, count, 48), rings(rng, count, 48))
    return FaceSet(images.astype(np.uint8), np.arange(count) % 7, splits, FER7, votes)


@pytest.fixture
def run(tmp_path, found, faces, monkeypatch):
    monkeypatch.setattr(fitting, "available", lambda: ["haar", "yunet"])
    monkeypatch.setattr(fitting, "candidates", lambda path, name, say: found[name])
    folder = tmp_path / "run"
    fit_check(TINY, faces, tmp_path / "scenes.parquet", folder, say=lambda text: None)
    return folder


def test_batches_are_half_faces_from_every_pool(found, faces):
    pools = training_pools(faces, found)
    patches, are_faces = pools.draw(64, torch.Generator().manual_seed(0))
    assert patches.shape[1:] == (PATCH, PATCH)
    assert int(are_faces.sum()) == 32
    assert len(patches) == 32 + sum(round(32 * share) for share in SHARES.values())
    assert len(pools.faces[0]) <= 70
    assert len(pools.others["voted"]) == 10, "what the annotators call no face is none"


def test_only_the_training_part_is_learned_from(found, faces):
    pools = training_pools(faces, found)
    training = found["random"].parts == "training"
    assert 0 < training.sum() < 200
    assert len(pools.others["anywhere"]) == training.sum()


@pytest.mark.timeout(120)
def test_a_run_keeps_what_it_made_and_exports_to_a_file_that_tells_them_apart(run, tmp_path, rng):
    assert {path.name for path in run.iterdir()} == {"recipe.toml", "run.json", "metrics.csv", BEST}
    assert is_check_run(run)
    summary = json.loads((run / "run.json").read_text())
    assert summary["mistakes_dropped"] > 0.9
    check = Check(export_check(run, tmp_path / "check.onnx", version="4"))
    assert check.info.version == "4"
    assert check.read(rings(rng, 20, 48)).min() > 0.5 > check.read(noise(rng, 20, 48)).max()


@pytest.mark.timeout(120)
def test_a_folder_with_a_run_is_left_alone(run, faces, tmp_path):
    before = (run / BEST).read_bytes()
    with pytest.raises(ConfigError, match="holds a run already"):
        fit_check(TINY, faces, tmp_path / "scenes.parquet", run, say=lambda text: None)
    assert (run / BEST).read_bytes() == before


@pytest.mark.timeout(120)
def test_what_cannot_be_exported(run, tmp_path, monkeypatch):
    monkeypatch.setattr(exporter, "PARITY", -1.0)
    with pytest.raises(EngineError, match="differs from torch"):
        export_check(run, tmp_path / "check.onnx")
    assert not (tmp_path / "check.onnx").exists()
    (run / BEST).write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="is damaged or does not fit"):
        export_check(run, tmp_path / "check.onnx")
    (run / BEST).unlink()
    with pytest.raises(ConfigError, match=r"best\.pt is missing; expected the folder of a finished"):
        export_check(run, tmp_path / "check.onnx")


def test_votes_and_every_kind_of_material_are_needed(found, faces):
    with pytest.raises(ConfigError, match="no FER\\+ votes"):
        training_pools(dataclasses.replace(faces, votes=None), found)
    none = dataclasses.replace(found["haar"], truth=np.ones(200, np.int64))
    with pytest.raises(DatasetError, match="nothing of 'mistakes'"):
        training_pools(faces, {**found, "haar": none})


def test_the_share_dropped_is_that_below_the_limit_of_lost_faces():
    faces = np.arange(100, dtype=np.float32)
    assert dropped_at(faces, np.float32([-5, 0, 2, 50]), 0.01) == 0.5
    assert dropped_at(faces, faces + 200, 0.01) == 0.0


def test_platt_finds_the_curve_that_made_the_truth(rng):
    values = rng.normal(0, 3, 40_000).astype(np.float32)
    chance = 1 / (1 + np.exp(-(0.7 * values)))
    are = rng.random(40_000) < chance
    slope, offset = platt(values[are], values[~are])
    assert slope == pytest.approx(0.7, abs=0.03)
    assert offset == pytest.approx(0.0, abs=0.05)


def test_recipes_are_told_apart_and_checked(tmp_path):
    assert is_check_recipe("check")
    assert not is_check_recipe("faces")
    assert load_check_recipe("check") == CheckRecipe()
    other = tmp_path / "mine.toml"
    other.write_text('name = "mine"\n\n[vary]\ndark = 0.5\n')
    assert is_check_recipe(str(other))
    assert load_check_recipe(str(other)).vary.dark == 0.5
    for wrong in (CheckNetworkRecipe(widths=()), CheckNetworkRecipe(widths=(8, 0))):
        with pytest.raises(ConfigError, match=r"network\.widths"):
            checked_recipe(CheckRecipe(network=wrong))
    with pytest.raises(ConfigError, match="schedule: expected"):
        checked_recipe(CheckRecipe(schedule=CheckSchedule(batch=4)))
