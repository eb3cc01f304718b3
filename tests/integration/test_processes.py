"""Two processes that train one network: they agree with one, and only the first writes and speaks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emovere.labels import FER7

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")

SETTINGS = [
    "network.widths=6,12", "network.blocks=0,1", "network.heads=fer7", "network.dropout=0", "augment.vary=false",
    "schedule.epochs=2", "schedule.batch=28", "schedule.lr=0.1", "schedule.ema=0.5", "loss.smoothing=0",
    "train.precision=32-true", "train.threads=1",
]  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """FER2013's folders with made-up faces: stripes, coarser from class to class."""
    rng = np.random.default_rng(5)
    for split, count in (("Training", 40), ("PublicTest", 9), ("PrivateTest", 4)):
        for label, name in enumerate(FER7):
            (tmp_path / "faces" / split / name).mkdir(parents=True)
            for k in range(count):
                face = rng.integers(0, 60, (48, 48)).astype(np.uint8)
                face[np.arange(48) // (label + 1) % 2 == 0] += 150
                Image.fromarray(face).save(tmp_path / "faces" / split / name / f"{split}_{label}{k}.png")
    return tmp_path / "faces"


def train(data: Path, output: Path, *settings: str, launcher: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    parts = [part for setting in (*SETTINGS, *settings) for part in ("--set", setting)]
    return subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            *launcher,
            "-m",
            "emovere",
            "train",
            "light",
            "--data",
            data,
            "-o",
            output,
            *parts,
        ],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


@pytest.mark.timeout(280)
def test_two_processes_agree_with_one(data, tmp_path):
    one = train(data, tmp_path / "one")
    two = train(data, tmp_path / "two", "train.devices=2")
    for done in (one, two):
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        assert done.stderr.count("epoch 2/2") == 1, "one process speaks"
        assert done.stdout.count("PublicTest") == 1
    assert ", 2 processes" in two.stderr
    assert sorted(p.name for p in (tmp_path / "one").iterdir()) == sorted(p.name for p in (tmp_path / "two").iterdir())
    runs = [json.loads((tmp_path / name / "run.json").read_text()) for name in ("one", "two")]
    assert [run["processes"] for run in runs] == [1, 2]
    assert runs[0]["data"] == runs[1]["data"]
    assert abs(runs[0]["public_accuracy"] - runs[1]["public_accuracy"]) < 0.1
    states = [torch.load(tmp_path / n / "last.ckpt", weights_only=True) for n in ("one", "two")]
    assert states[0]["global_step"] == states[1]["global_step"] == 20, "a step is shared out, not doubled"
    apart = [
        float((states[0]["state_dict"][name] - value).norm() / value.norm())
        for name, value in states[1]["state_dict"].items()
        if name.endswith("weight") and value.ndim > 1
    ]
    assert max(apart) < 0.2, "each process normalises by its own half of a batch; nothing else differs"


@pytest.mark.timeout(200)
def test_torchrun_starts_them_too(data, tmp_path):
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    done = train(data, tmp_path / "run", "train.devices=2", "schedule.epochs=1", launcher=launcher)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("epoch 1/1") == 1
    assert json.loads((tmp_path / "run" / "run.json").read_text())["processes"] == 2
