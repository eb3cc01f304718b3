"""A tiny generator: what a run leaves, that it goes on as if it had not stopped, and that it learns its classes."""

from __future__ import annotations

import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch

from emovere.config import override, read_toml
from emovere.datasets.augment.maker import FaceMaker
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, EngineError, Interrupted, LabelMismatch, ModelError
from emovere.labels import FER7
from emovere.train.check.recipe import is_check_run
from emovere.train.folder import LAST
from emovere.train.generate.augment import varied
from emovere.train.generate.export import FinishedMaker, check_parity, export_generator, load_maker
from emovere.train.generate.fit import fit_generator
from emovere.train.generate.network import Judge, Maker
from emovere.train.generate.play import Play
from emovere.train.generate.recipe import (
    GeneratorAugment,
    GeneratorRecipe,
    JudgeRecipe,
    checked_generator_recipe,
    is_generator_recipe,
    is_generator_run,
    load_generator_recipe,
)

TINY = override(
    GeneratorRecipe(),
    [
        "maker.noise=6", "maker.embedding=4", "maker.widths=8,8,8,8", "judge.widths=8,8,8,8", "schedule.steps=6",
        "schedule.keep=2", "schedule.batch=7", "train.precision=32-true", "train.threads=1",
    ],
)  # fmt: skip


@pytest.fixture
def faces(rng) -> FaceSet:
    """Classes from dark to bright."""
    labels = np.arange(70) % 7
    images = (30 * labels[:, None, None] + rng.integers(0, 40, (70, 48, 48))).astype(np.uint8)
    splits = np.repeat(["Training", "PublicTest", "PrivateTest"], (56, 7, 7))
    return FaceSet(images, labels.astype(np.int64), splits, FER7)


def state_of(folder) -> dict:
    return torch.load(folder / LAST, weights_only=True)


def test_a_run_leaves_its_files_and_can_be_exported(tmp_path, faces):
    said: list[str] = []
    run = fit_generator(TINY, faces, tmp_path, say=said.append)
    assert sorted(path.name for path in tmp_path.iterdir()) == [LAST, "metrics.csv", "recipe.toml", "run.json"]
    assert json.loads((tmp_path / "run.json").read_text()) == run
    assert read_toml(GeneratorRecipe, tmp_path / "recipe.toml") == TINY
    assert run["data"]["classes"] == dict.fromkeys(FER7, 8)
    assert [line.split()[1] for line in said[1:]] == ["2/6", "4/6", "6/6"]
    assert len((tmp_path / "metrics.csv").read_text().splitlines()) == 4
    assert is_generator_run(tmp_path)
    assert not is_check_run(tmp_path)

    maker = FaceMaker(export_generator(tmp_path, tmp_path / "g.onnx"), threads=1)
    assert maker.labels == FER7
    made = maker.make("disgust", 5, np.random.default_rng(2))
    assert made.shape == (5, 48, 48)
    assert made.dtype == np.uint8
    np.testing.assert_array_equal(made, maker.make("disgust", 5, np.random.default_rng(2)))
    assert maker.make("sad", 0, np.random.default_rng(2)).shape == (0, 48, 48)
    with pytest.raises(LabelMismatch, match="makes no face of 'bored'; it learned: angry"):
        maker.make("bored", 1, np.random.default_rng(2))

    recipe, averaged, summary = load_maker(tmp_path)
    assert (recipe, summary["steps"]) == (TINY, 6)
    kept = state_of(tmp_path)
    assert torch.equal(averaged.state_dict()["finish.weight"], kept["averaged"]["finish.weight"])
    assert not torch.equal(kept["averaged"]["finish.weight"], kept["maker"]["finish.weight"])
    with pytest.raises(EngineError, match="differs from torch"):
        check_parity(FinishedMaker(Maker(TINY.maker, 7)).eval(), (tmp_path / "g.onnx").read_bytes())


def test_an_interrupted_run_ends_as_an_uninterrupted_one(tmp_path, faces, monkeypatch):
    fit_generator(TINY, faces, tmp_path / "whole", say=lambda _: None)
    step = Play._take_step

    def interrupt(self, rows):
        if self.step == 3:
            raise KeyboardInterrupt
        return step(self, rows)

    with monkeypatch.context() as patch:
        patch.setattr(Play, "_take_step", interrupt)
        with pytest.raises(Interrupted, match="go on with --resume"):
            fit_generator(TINY, faces, tmp_path / "cut", say=lambda _: None)
    assert state_of(tmp_path / "cut")["step"] == 2
    fit_generator(TINY, faces, tmp_path / "cut", resume=True, say=lambda _: None)
    whole, cut = state_of(tmp_path / "whole"), state_of(tmp_path / "cut")
    assert cut["step"] == 6
    for part in ("maker", "judge", "averaged"):
        for name, value in whole[part].items():
            torch.testing.assert_close(cut[part][name], value, rtol=1e-5, atol=1e-6)


def test_a_run_is_kept_from_harm(tmp_path, faces):
    fit_generator(TINY, faces, tmp_path, say=lambda _: None)
    with pytest.raises(ConfigError, match="holds a run already"):
        fit_generator(TINY, faces, tmp_path)
    with pytest.raises(ConfigError, match="differs from this recipe"):
        fit_generator(override(TINY, ["seed=2"]), faces, tmp_path, resume=True)
    (tmp_path / LAST).write_bytes(b"nonsense")
    with pytest.raises(ConfigError, match="is damaged"):
        export_generator(tmp_path, tmp_path / "g.onnx")
    with pytest.raises(ConfigError, match=r"recipe\.toml is missing"):
        export_generator(tmp_path / "none", tmp_path / "g.onnx")


def test_seeds_differ_and_repeat(tmp_path, faces):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        fit_generator(override(TINY, [f"seed={seed}"]), faces, tmp_path / name, say=lambda _: None)
    a, b, c = (state_of(tmp_path / name)["averaged"]["begin.weight"] for name in "abc")
    assert torch.equal(a, b)
    assert not torch.allclose(a, c)


def test_held_out_faces_are_not_learned_from(tmp_path, faces):
    """Not one pixel of them: a copy in the Training split is left out, and other held-out faces change nothing."""
    images = faces.images.copy()
    images[3] = images[60]
    leaky = dataclasses.replace(faces, images=images)
    run = fit_generator(TINY, leaky, tmp_path / "a", say=lambda _: None)
    assert run["data"]["leaked"] >= 1
    assert run["data"]["faces"] <= 55
    public = np.flatnonzero(faces.splits == "PublicTest")
    keep = np.setdiff1d(np.arange(70), public[public != 60])
    fit_generator(TINY, leaky[keep], tmp_path / "b", say=lambda _: None)
    assert torch.equal(
        state_of(tmp_path / "a")["averaged"]["begin.weight"], state_of(tmp_path / "b")["averaged"]["begin.weight"]
    )


def test_the_networks_learn_what_classes_look_like(tmp_path, faces):
    """Brightness is all that tells the classes of this set apart, and so many steps suffice to see it."""
    recipe = override(
        TINY,
        ["schedule.steps=120", "schedule.keep=120", "schedule.batch=28", "schedule.maker_lr=2e-3",
         "schedule.judge_lr=2e-3", "schedule.ema=0.9", "augment.brightness=0", "augment.contrast=0"],
    )  # fmt: skip
    fit_generator(recipe, faces, tmp_path, say=lambda _: None)
    _, maker, _ = load_maker(tmp_path)
    with torch.no_grad():
        made = FinishedMaker(maker)(
            torch.randn(70, 6, generator=torch.Generator().manual_seed(1)), torch.arange(70) % 7
        )
    means = [float(made[torch.arange(70) % 7 == label].float().mean()) for label in range(7)]
    assert np.corrcoef(means, 30 * np.arange(7))[0, 1] > 0.9


def test_gradients_go_through_the_variations():
    made = torch.rand(5, 1, 48, 48, requires_grad=True)
    torch.manual_seed(1)
    seen = varied(made, GeneratorAugment())
    assert seen.shape == made.shape
    seen.sum().backward()
    assert (made.grad != 0).any()
    nothing = GeneratorAugment(brightness=0, contrast=0, translate=0, cutout=0)
    torch.testing.assert_close(varied(made, nothing), made)


def test_a_hole_is_a_square_and_a_shift_is_one_of_whole_pixels():
    torch.manual_seed(1)
    faces = torch.ones(200, 1, 48, 48)
    holes = varied(faces, GeneratorAugment(brightness=0, contrast=0, translate=0, cutout=0.25))
    assert set(holes.unique().tolist()) == {0.0, 1.0}
    assert int((holes == 0).sum(dim=(1, 2, 3)).max()) == 12 * 12
    moved = varied(torch.arange(1.0, 2305).view(1, 1, 48, 48).repeat(50, 1, 1, 1),
                   GeneratorAugment(brightness=0, contrast=0, translate=0.125, cutout=0))  # fmt: skip
    assert int((moved == 0).any(dim=3).sum(dim=(1, 2)).max()) in range(1, 7) or (moved == 0).any()
    middles = {int(one) for one in moved[:, 0, 24, 24]}
    assert len(middles) > 10
    assert all(abs((m - 1) // 48 - 24) <= 6 and abs((m - 1) % 48 - 24) <= 6 for m in middles)


def test_the_judge_weighs_the_class():
    torch.manual_seed(1)
    judge = Judge(JudgeRecipe(widths=(8, 8, 8, 8)), 7).eval()
    faces = torch.rand(1, 1, 48, 48).repeat(7, 1, 1, 1)
    with torch.no_grad():
        told = judge(faces, torch.arange(7))
        weights = judge.projection.weight
    assert len(told.unique()) == 7
    assert float(torch.linalg.matrix_norm(weights, 2)) == pytest.approx(1, abs=0.2)


def test_the_shipped_recipe_is_read_and_known():
    recipe = load_generator_recipe("generator")
    assert recipe.name == "generator"
    assert is_generator_recipe("generator")
    assert not is_generator_recipe("light")


def test_a_recipe_from_a_file(tmp_path):
    (tmp_path / "mine.toml").write_text('name = "mine"\n\n[maker]\nnoise = 8\n')
    assert is_generator_recipe(str(tmp_path / "mine.toml"))
    assert load_generator_recipe(str(tmp_path / "mine.toml")).maker.noise == 8


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("maker.widths=8,8", r"maker\.widths: expected 4 positive widths; got 8, 8"),
        ("judge.widths=8,8,8,0", r"judge\.widths: expected 4 positive widths"),
        ("maker.noise=0", "expected noise"),
        ("schedule.balance=2", "balance and decay from 0 to 1; got 2"),
    ],
)
def test_a_recipe_that_cannot_be_is_one_clear_line(setting, message):
    with pytest.raises(ConfigError, match=message):
        checked_generator_recipe(override(TINY, [setting]))


def test_a_file_that_is_no_generator_is_one_clear_line(tmp_path):
    from emovere.weights import place

    with pytest.raises(ModelError, match="expected a generator of faces"):
        FaceMaker(place("nano"))
    with pytest.raises(ModelError, match="there is no such file"):
        FaceMaker(tmp_path / "none.onnx")
    shutil.copy(__file__, tmp_path / "text.onnx")
    with pytest.raises(EngineError, match="cannot load it"):
        FaceMaker(tmp_path / "text.onnx")
