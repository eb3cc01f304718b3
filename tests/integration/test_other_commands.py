"""demo, doctor, models, and a network from training to a photo, each as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from emovere.version import __version__


def test_demo_needs_no_network_and_no_weights(emovere, tmp_path):
    done = emovere("demo")
    assert "grace_hopper.jpg" in done.stdout
    assert "annotated picture: emovere-demo/grace_hopper.jpg" in done.stdout.replace(os.sep, "/")
    with Image.open(tmp_path / "emovere-demo" / "grace_hopper.jpg") as drawn:
        assert drawn.size == (512, 600)
    lines = [line for line in done.stderr.splitlines() if "detector own" in line]
    assert len(lines) == 1


@pytest.mark.usefixtures("yunet_weights")
def test_demo_with_yunet(emovere):
    assert "detector own" not in emovere("demo").stderr


def test_demo_with_our_own_finds_one_face(emovere):
    done = emovere("demo", "--detector", "own")
    assert "grace_hopper.jpg  1  " in done.stdout
    assert "detector own" not in done.stderr  # it was asked for


def test_doctor_names_what_is_there_and_what_is_missing(emovere):
    done = emovere("doctor")
    assert f"emovere {__version__}" in done.stdout
    assert "classifier light" in done.stdout
    assert "emovere models download yunet" in done.stdout
    assert "detector own" in done.stdout


def test_version_and_help(emovere):
    assert emovere("--version").stdout.strip() == f"emovere {__version__}"
    assert "analyze" in emovere("--help").stdout
    for name in ("analyze", "demo", "doctor", "train", "evaluate", "compare", "audit", "export", "models", "watch"):
        assert "Usage" in emovere(name, "--help").stdout


def test_models_show_gives_the_path(emovere):
    shown = json.loads(emovere("models", "show", "light", "--json").stdout)
    assert Path(shown["path"]).is_file()
    assert shown["labels"] == ["fer7", "ferplus8"]


def test_from_training_to_a_photo(emovere, tmp_path, shared):
    """Train a small network on a twentieth of FER2013, resume it, measure it, export it, and read a photo with it."""
    for layout, name in (("csv", "fer2013.csv"), ("ferplus", "votes.csv")):
        writer = [sys.executable, shared("bin/fer2013-export"), "--format", layout, "--limit", "1800", tmp_path / name]
        subprocess.run(writer, check=True, timeout=120)
    data = ["--data", "fer2013.csv", "--ferplus", "votes.csv"]
    small = ["network.widths=8,16,16", "network.blocks=0,1,1", "schedule.epochs=2", "train.threads=1"]
    settings = [part for setting in small for part in ("--set", setting)]
    done = emovere("train", "light", *data, *settings, "--output", "run")
    assert "PublicTest" in done.stdout
    assert "epoch 2/2" in done.stderr
    assert "holds a run already" in emovere("train", "light", *data, *settings, "--output", "run", expect=1).stderr
    assert "epoch 2/2" not in emovere("train", "light", *data, *settings, "--output", "run", "--resume").stderr
    assert "light.onnx" in emovere("export", "run", *data, "--output", "light.onnx").stdout
    figures = json.loads(emovere("evaluate", "light.onnx", *data, "--format", "json").stdout)
    assert 0 < figures["official"]["accuracy"] < 1
    photo = shared("photos/one_smiling.jpg")
    document = json.loads(emovere("analyze", photo, "--model", "light.onnx", "--format", "json").stdout)
    assert document["models"]["classifier"]["name"] == "light"
    assert len(document["frames"][0]["faces"]) == 1


def test_training_without_its_extra_says_what_to_install(emovere, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "sitecustomize.py").write_text(
        "import importlib.util as u\n"
        "find = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'lightning' else find(name, package)\n"
    )
    done = emovere("train", "light", "--data", "x.csv", expect=1, env={"PYTHONPATH": str(blocked)})
    assert done.stderr.strip() == "emovere: lightning is missing: pip install 'emovere[train]'"
