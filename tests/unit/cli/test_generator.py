"""``emovere train generator``, in small: one command from faces to a file that makes others."""

from __future__ import annotations

import cv2
import numpy as np

from emovere.cli.generator import train_generator
from emovere.datasets.augment.maker import FaceMaker
from emovere.datasets.faceset import FaceSet
from emovere.datasets.folder import write_folder
from emovere.datasets.rows import FaceRows
from emovere.labels import FER7

SETTINGS = (
    "maker.noise=6", "maker.embedding=4", "maker.widths=8,8,8,8", "judge.widths=8,8,8,8", "schedule.steps=2",
    "schedule.keep=2", "schedule.batch=7", "train.precision=32-true", "train.threads=1",
)  # fmt: skip


def test_one_command_trains_exports_and_examines(tmp_path, rng, capsys):
    coarse = rng.integers(0, 256, (140, 6, 6), dtype=np.uint8)
    images = np.stack([cv2.resize(one, (48, 48), interpolation=cv2.INTER_CUBIC) for one in coarse])
    splits = np.repeat(["Training", "PublicTest", "PrivateTest"], (84, 42, 14))
    write_folder(FaceRows(FaceSet(images, np.arange(140) % 7, splits, FER7)), tmp_path / "set")
    train_generator("generator", tmp_path / "set", None, tmp_path / "run", resume=False, settings=SETTINGS)
    said = capsys.readouterr()
    assert "step 2/2" in said.err
    assert "suspicious" in said.out
    assert said.out.splitlines()[-1].startswith(str(tmp_path / "run" / "generator.onnx"))
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "recipe.toml", "run.json", "metrics.csv", "last.ckpt", "generator.onnx", "sheet.jpg", "nearest.png",
        "examined.json",
    }  # fmt: skip
    assert FaceMaker(tmp_path / "run" / "generator.onnx").labels == FER7
