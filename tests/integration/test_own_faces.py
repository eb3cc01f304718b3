"""A person's folders of real faces, from pictures to a photo read with their own classes, each step a process."""

from __future__ import annotations

import io
import json
import os
import resource
import shutil
import signal
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image
from tests.integration.conftest import command

from emovere.labels import FER7

TINY = ["--set", "tune.frozen_epochs=3", "--set", "tune.released_epochs=1", "--set", "train.threads=1"]


@pytest.fixture(scope="module")
def public(shared) -> dict[str, list[bytes]]:
    """Pictures of FER2013's PublicTest by their emotion, undecoded."""
    path = shared("data/fer2013.parquet")
    table = pq.read_table(path, columns=["image", "label"], filters=[("usage", "=", "PublicTest")])
    pictures: dict[str, list[bytes]] = {name: [] for name in FER7}
    for image, label in zip(table["image"].to_pylist(), table["label"].to_pylist(), strict=True):
        pictures[FER7[label]].append(image["bytes"])
    return pictures


def write_own(public: dict[str, list[bytes]], root: Path, names: dict[str, str], count: int) -> Path:
    """So many faces of each emotion as PNG, in folders of other names."""
    for emotion, name in names.items():
        (root / name).mkdir(parents=True)
        for place, data in enumerate(public[emotion][:count]):
            with Image.open(io.BytesIO(data)) as picture:
                picture.convert("L").save(root / name / f"{place}.png")
    return root


def finished(folder: Path, *arguments: str | Path, expect: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command(arguments), cwd=folder, capture_output=True, text=True, timeout=250, check=False, encoding="utf-8"
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == expect, done.stderr
    return done


@pytest.mark.usefixtures("yunet_weights")
@pytest.mark.timeout(600)
def test_from_folders_to_a_photo(public, shared, tmp_path):
    """Four classes of sixty faces, photos and frames of a clip among them; the run is killed, and goes on."""
    names = {"happy": "laughing", "sad": "blue mood", "angry": "grim", "neutral": "calm"}
    root = write_own(public, tmp_path / "own", names, 60)
    for photo in ("one_smiling.jpg", "two_standing.jpg"):
        shutil.copy(shared(f"photos/{photo}"), root / "laughing")
    with Image.open(shared("videos/one_smiling.gif")) as clip:
        for k in range(0, 12, 4):
            clip.seek(k)
            clip.convert("RGB").save(root / "laughing" / f"frame{k}.jpg")
    line = ["train", "light", "--from", "light", "--data", "own", *TINY]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = []
    with subprocess.Popen(command(line), cwd=tmp_path, stderr=subprocess.PIPE, text=True) as running:
        for said in running.stderr:
            told.append(said)
            if said.startswith("epoch 2"):
                break
        running.send_signal(signal.SIGKILL)
        running.stderr.read()
    assert "own: 245 pictures in 4 classes\n" in told
    assert any("1 several faces" in said for said in told)
    assert "two_standing.jpg" in (tmp_path / "runs/mine/skipped.csv").read_text()
    assert not (tmp_path / "runs/mine/run.json").exists()
    done = finished(tmp_path, *line, "--resume")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 60, "minutes, not hours"
    assert "epoch 1 " not in done.stderr
    assert "epoch 4  released" in done.stderr
    assert "too few to claim anything: 93 held-out faces are needed" in done.stdout
    assert "next: emovere export runs/mine" in done.stdout.replace(os.sep, "/")
    run = json.loads((tmp_path / "runs/mine/run.json").read_text())
    assert run["start"]["name"] == "light"
    assert run["held_out"]["right"] > 0.5 * run["held_out"]["faces"], "a quarter is chance"
    assert "mine.onnx" in finished(tmp_path, "export", "runs/mine").stdout
    photo = ["analyze", shared("photos/one_smiling.jpg"), "--model", "runs/mine/mine.onnx", "--format", "json"]
    report = json.loads(finished(tmp_path, *photo).stdout)
    assert report["models"]["classifier"]["name"] == "mine"
    (face,) = report["frames"][0]["faces"]
    assert set(face["probs"]) == set(names.values())
    assert face["emotion"] == "laughing"


def test_a_folder_that_will_not_do_is_one_line(tmp_path):
    (tmp_path / "own" / "a").mkdir(parents=True)
    alone = finished(tmp_path, "train", "light", "--from", "nano", "--data", "own", expect=1)
    (line,) = alone.stderr.splitlines()
    assert "expected 2 to 50 folders, one for each class, with pictures in them; got 1 (a)" in line
