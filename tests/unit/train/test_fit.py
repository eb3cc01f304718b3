"""A whole run in small: what it learns, what it leaves, and that an interrupted one ends as an uninterrupted one."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch

from emovere.config import override, read_toml
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, DatasetError, Interrupted
from emovere.train.curves import draw_run
from emovere.train.data import without_leaks
from emovere.train.fit import fit
from emovere.train.progress import History, read_metrics
from emovere.train.recipe import Recipe


def weights_of(folder) -> dict[str, torch.Tensor]:
    return torch.load(folder / "last.ckpt", weights_only=True)["state_dict"]


def test_a_run_learns_and_leaves_its_files(tmp_path, faces, tiny, capsys):
    run = fit(tiny, faces, tmp_path)
    draw_run(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "best.ckpt", "classes.png", "curves.png", "last.ckpt", "metrics.csv", "recipe.toml", "run.json",
    ]  # fmt: skip
    assert read_toml(Recipe, tmp_path / "recipe.toml") == tiny
    assert json.loads((tmp_path / "run.json").read_text()) == run
    rows = read_metrics(tmp_path / "metrics.csv")
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4]
    assert rows[-1]["train_loss"] < rows[0]["train_loss"]
    assert run["public_accuracy"] == max(row["public_accuracy"] for row in rows) > 0.4
    said = capsys.readouterr().err
    assert "epoch 4/4" in said
    assert "left" in said


@pytest.mark.parametrize("teacher", ["", "light"])
def test_an_interrupted_run_ends_as_an_uninterrupted_one(tmp_path, faces, tiny, monkeypatch, teacher):
    tiny = override(tiny, [f"loss.teacher={teacher}", "loss.views=3"])
    fit(tiny, faces, tmp_path / "whole")

    def interrupt_third_epoch(self, trainer, module, batch, batch_idx):
        if trainer.current_epoch == 2 and batch_idx == 5:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(History, "on_train_batch_start", interrupt_third_epoch)
        with pytest.raises(Interrupted, match="go on with --resume"):
            fit(tiny, faces, tmp_path / "cut")
    assert [row["epoch"] for row in read_metrics(tmp_path / "cut" / "metrics.csv")] == [1, 2]
    fit(tiny, faces, tmp_path / "cut", resume=True)
    whole, cut = weights_of(tmp_path / "whole"), weights_of(tmp_path / "cut")
    for name, tensor in whole.items():
        torch.testing.assert_close(cut[name], tensor, rtol=1e-4, atol=1e-5)


def test_a_run_is_not_overwritten_and_not_resumed_with_another_recipe(tmp_path, faces, tiny):
    with pytest.raises(ConfigError, match=r"no last\.ckpt to resume from"):
        fit(tiny, faces, tmp_path, resume=True)
    fit(override(tiny, ["schedule.epochs=1"]), faces, tmp_path)
    with pytest.raises(ConfigError, match="holds a run already; go on with --resume"):
        fit(tiny, faces, tmp_path)
    with pytest.raises(ConfigError, match="differs from this recipe"):
        fit(override(tiny, ["seed=9"]), faces, tmp_path, resume=True)


def test_a_damaged_checkpoint_is_one_clear_line(tmp_path, faces, tiny):
    fit(override(tiny, ["schedule.epochs=1"]), faces, tmp_path)
    (tmp_path / "last.ckpt").write_bytes(b"nonsense")
    with pytest.raises(ConfigError, match=r"last\.ckpt: is damaged"):
        fit(override(tiny, ["schedule.epochs=1"]), faces, tmp_path, resume=True)


def test_copies_of_held_out_faces_are_left_out_of_training(faces):
    held_out = faces.split("PrivateTest").images
    images = faces.images.copy()
    images[0] = held_out[3]
    images[1] = held_out[4][:, ::-1]
    votes = faces.votes.copy()
    votes[2] = 0
    votes[2, 9] = 10
    kept, cleaning = without_leaks(FaceSet(images, faces.labels, faces.splits, faces.label_names, votes))
    left = {image.tobytes() for image in kept.images}
    assert not left & {images[i].tobytes() for i in (0, 1, 2)}
    assert cleaning.not_a_face == 1
    assert cleaning.leaked >= 2
    assert cleaning.faces + cleaning.leaked + cleaning.not_a_face == 210


def test_without_held_out_faces_there_is_no_training(faces):
    with pytest.raises(DatasetError, match="no held-out split"):
        without_leaks(faces[faces.splits == "Training"])


def test_the_order_of_faces_depends_on_seed_and_epoch_alone(tmp_path, faces, tiny):
    fit(tiny, faces, tmp_path / "a")
    fit(tiny, faces, tmp_path / "b")
    a, b = weights_of(tmp_path / "a"), weights_of(tmp_path / "b")
    assert all(torch.equal(a[name], b[name]) for name in a)
    shutil.rmtree(tmp_path / "b")
    fit(override(tiny, ["seed=4"]), faces, tmp_path / "b")
    assert not np.allclose(a["network.fer7.weight"], weights_of(tmp_path / "b")["network.fer7.weight"])
