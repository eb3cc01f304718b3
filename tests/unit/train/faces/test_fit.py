"""A whole run in small: it learns made-up faces, an interrupted one ends as an uninterrupted one, a file comes out."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from emovere.config import DetectOptions, override, read_toml
from emovere.detect.own import Own
from emovere.errors import ConfigError, Interrupted, ModelError
from emovere.train.faces import finish
from emovere.train.faces.candidates import as_picture, look
from emovere.train.faces.export import FinishedDetector, write_detector
from emovere.train.faces.fit import fit_faces, gather
from emovere.train.faces.history import FacesHistory, draw_faces_run
from emovere.train.faces.recipe import FacesRecipe
from emovere.train.progress import read_metrics
from emovere.types import Faces, Frame


@pytest.mark.timeout(120)
def test_an_interrupted_run_ends_as_an_uninterrupted_one_and_leaves_its_files(
    tmp_path, lessons, tiny, monkeypatch, capsys
):
    run = fit_faces(tiny, lessons, tmp_path / "whole")
    draw_faces_run(tmp_path / "whole")
    assert sorted(path.name for path in (tmp_path / "whole").iterdir()) == [
        "best.ckpt", "curves.png", "hard.npz", "last.ckpt", "metrics.csv", "recipe.toml", "run.json",
    ]  # fmt: skip
    assert read_toml(FacesRecipe, tmp_path / "whole" / "recipe.toml") == tiny
    assert json.loads((tmp_path / "whole" / "run.json").read_text()) == run
    rows = read_metrics(tmp_path / "whole" / "metrics.csv")
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert rows[-1]["train_loss"] < rows[0]["train_loss"]
    assert run["choosing_recall"] == max(row["choosing_recall"] for row in rows) > 0.5
    assert "min left" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="holds a run already; go on with --resume"):
        fit_faces(tiny, lessons, tmp_path / "whole")
    with pytest.raises(ConfigError, match="differs from this recipe"):
        fit_faces(override(tiny, ["seed=9"]), lessons, tmp_path / "whole", resume=True)

    def interrupt(self, trainer, module, batch, batch_idx):
        if trainer.current_epoch == 2 and batch_idx == 5:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(FacesHistory, "on_train_batch_start", interrupt)
        with pytest.raises(Interrupted, match="go on with --resume"):
            fit_faces(tiny, lessons, tmp_path / "cut")
    fit_faces(tiny, lessons, tmp_path / "cut", resume=True)
    whole, cut = (
        torch.load(tmp_path / name / "last.ckpt", weights_only=True)["state_dict"] for name in ("whole", "cut")
    )
    for name, tensor in whole.items():
        torch.testing.assert_close(cut[name], tensor, rtol=1e-4, atol=1e-5)


def test_a_run_is_not_resumed_where_there_is_none_or_it_is_damaged(tmp_path, lessons, tiny):
    with pytest.raises(ConfigError, match=r"no last\.ckpt to resume from"):
        fit_faces(tiny, lessons, tmp_path, resume=True)
    fit_faces(override(tiny, ["schedule.epochs=1", "steps=1"]), lessons, tmp_path)
    (tmp_path / "last.ckpt").write_bytes(b"nonsense")
    with pytest.raises(ConfigError, match=r"last\.ckpt: is damaged"):
        fit_faces(override(tiny, ["schedule.epochs=1", "steps=1"]), lessons, tmp_path, resume=True)
    shutil.copy(tmp_path / "recipe.toml", tmp_path / "kept.toml")
    with pytest.raises(ConfigError, match="is damaged"):
        finish.load_network(tmp_path, "last.ckpt")
    assert finish.is_faces_run(tmp_path)
    assert not finish.is_faces_run(tmp_path / "none")


@pytest.mark.timeout(120)
def test_the_file_answers_as_the_network_does_on_pictures_of_any_size(tmp_path, tiny, rng):
    torch.manual_seed(1)
    network = finish.FaceFinder(tiny.network).eval()
    with torch.no_grad():
        for head in network.heads:
            head[1].bias[0] = 0.0  # so that untrained places speak
    metadata = {"name": "tiny", "version": "7", "box_in_crop": "4.1,-0.8,43.4,48.8"}
    write_detector(FinishedDetector(network, 1.0, 0.0), 1, metadata, tmp_path / "tiny.onnx")
    own = Own(DetectOptions(score=0.02), tmp_path / "tiny.onnx")
    assert (own.info.name, own.info.version) == ("tiny", "7")
    for height, width in ((64, 96), (50, 130)):
        image = np.repeat(rng.integers(0, 256, (height, width, 1)).astype(np.uint8), 3, axis=2)
        seen = own.detect([Frame(image)])[0]
        expected = look(network, as_picture(image[:, :, :1]))
        inside = np.clip(expected.boxes, 0, (width, height, width, height))
        kept = ((inside[:, 2:] - inside[:, :2]) > 0).all(axis=1)
        assert len(seen) == kept.sum() > 0
        np.testing.assert_allclose(np.sort(seen.scores), np.sort(expected.scores[kept]), atol=1e-3)
        assert np.abs(np.sort(seen.boxes, axis=0) - np.sort(inside[kept], axis=0)).max() < 0.1


def test_scores_are_calibrated(rng):
    chances = rng.uniform(0.02, 0.98, 20_000)
    right = rng.random(20_000) < chances
    told = 1 / (1 + np.exp(-(2 * finish.logit(chances.astype(np.float32)) + 1)))  # too sure of itself
    slope, offset = finish.platt(told.astype(np.float32), right)
    assert slope == pytest.approx(0.5, abs=0.03)
    assert offset == pytest.approx(-0.5, abs=0.05)
    assert finish.calibrated(float(told[0]), slope, offset) == pytest.approx(chances[0], abs=0.02)
    with pytest.raises(ModelError, match="cannot calibrate"):
        finish.platt(told.astype(np.float32), np.ones(20_000, np.bool_))


def test_a_run_gathers_photographs_labels_and_faces_that_are_no_copies(parquet, faces, monkeypatch):
    class Blind:
        def __init__(self, size: int) -> None:
            pass

        def detect(self, frames):
            return [Faces.empty() for _ in frames]

    monkeypatch.setattr("emovere.train.faces.labels._teacher", Blind)
    gathered = gather(parquet, faces, 1)
    assert len(gathered.scenes) == 4
    assert len(gathered.labels.scene) == 0
    assert set(gathered.faces.splits) == {"Training"}
    assert (gathered.face_labels.scores == np.zeros(len(gathered.faces))).all()


def test_a_folder_without_a_run_is_one_clear_line(tmp_path):
    with pytest.raises(ConfigError, match=r"recipe\.toml is missing; expected the folder of an `emovere train faces`"):
        finish.load_network(tmp_path)


def test_the_command_wants_photographs(tmp_path):
    from emovere.cli.main import app

    done = CliRunner().invoke(app, ["train", "faces", "--data", str(tmp_path)])
    assert done.exit_code == 2
    assert "--scenes" in done.output
