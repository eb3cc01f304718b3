"""``emovere analyze`` on real photos, in every format."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

import emovere as package
from emovere.types import Report

pytestmark = pytest.mark.usefixtures("yunet_weights")


@pytest.fixture
def photos(shared) -> list[str]:
    return [str(shared(f"photos/{name}.jpg")) for name in ("one_smiling", "two_standing", "two_waving")]


def faces_by_photo(document: dict) -> dict[str, list[dict]]:
    return {Path(frame["source"]).stem: frame["faces"] for frame in document["frames"]}


def test_the_photos_that_everybody_tries_first(emovere, photos):
    document = json.loads(emovere("analyze", *photos, "--format", "json").stdout)
    faces = faces_by_photo(document)
    assert list(faces) == ["one_smiling", "two_standing", "two_waving"]
    assert [face["emotion"] for face in faces["one_smiling"]] == ["happy"]
    assert len(faces["two_standing"]) == 2
    assert len(faces["two_waving"]) >= 2
    assert faces["two_waving"][1]["emotion"] == "happy"
    assert document["schema"] == 1
    assert document["models"]["detector"]["name"] == "yunet"
    assert document["errors"] == []
    assert Report.from_dict(document).to_dict() == document


def test_json_and_python_agree(emovere, photos):
    document = json.loads(emovere("analyze", photos[1], "--format", "json").stdout)
    in_python = package.analyze(photos[1]).to_dict()
    assert in_python["frames"] == document["frames"]


def test_every_format_holds_the_same_faces(emovere, photos, tmp_path):
    lines = emovere("analyze", *photos, "--format", "jsonl").stdout.splitlines()
    boxes = [face["box"] for line in lines for face in json.loads(line)["faces"]]
    rows = list(csv.DictReader(io.StringIO(emovere("analyze", *photos, "--format", "csv").stdout)))
    emovere("analyze", *photos, "--format", "parquet", "--output", tmp_path / "out.parquet")
    table = pq.read_table(tmp_path / "out.parquet").to_pylist()
    for i, box in enumerate(boxes):
        for name, value in zip(("x1", "y1", "x2", "y2"), box, strict=True):
            assert float(rows[i][name]) == pytest.approx(value, abs=0.01)
            assert table[i][name] == pytest.approx(value, abs=0.01)
    assert len(boxes) == len(rows) == len(table)
    assert {row["emotion"] for row in rows} == {row["emotion"] for row in table}


def test_the_table_is_for_people(emovere, photos):
    out = emovere("analyze", *photos, "--top", "2").stdout
    assert re.search(r"one_smiling\.jpg +1 +happy +\d+ %", out)
    assert "3 photos" in out


def test_labels_can_be_chosen(emovere, photos):
    document = json.loads(
        emovere("analyze", photos[0], "--labels", "angry,happy,neutral,sad", "--format", "json").stdout
    )
    probs = document["frames"][0]["faces"][0]["probs"]
    assert list(probs) == ["angry", "happy", "neutral", "sad"]
    assert sum(probs.values()) == pytest.approx(1, abs=1e-4)


def test_a_photo_on_standard_input(emovere, photos):
    document = json.loads(emovere("analyze", "-", "--format", "json", stdin=Path(photos[0]).read_bytes()).stdout)
    assert document["frames"][0]["source"] == "-"
    assert len(document["frames"][0]["faces"]) == 1


def test_annotated_pictures_keep_size_and_name(emovere, photos, tmp_path):
    emovere("analyze", *photos, "--annotate", tmp_path / "drawn", "--quiet")
    for photo in photos:
        before, after = (
            np.asarray(Image.open(path).convert("RGB")) for path in (photo, tmp_path / "drawn" / Path(photo).name)
        )
        assert after.shape == before.shape
        assert (np.abs(after.astype(int) - before) > 60).any()


def test_a_folder_goes_on_past_what_is_broken(emovere, photos, tmp_path):
    folder = tmp_path / "ünïcode dir"
    (folder / "below").mkdir(parents=True)
    (folder / "a.jpg").symlink_to(photos[0])
    (folder / "b.jpg").write_bytes(Path(photos[1]).read_bytes()[:200_000])
    (folder / "below" / "c.jpg").write_text("no picture")
    (folder / "below" / "d.jpg").symlink_to(photos[2])
    done = emovere("analyze", folder, "--format", "json", expect=1)
    document = json.loads(done.stdout)
    assert [Path(frame["source"]).name for frame in document["frames"]] == ["a.jpg", "d.jpg"]
    assert [(Path(e["source"]).name, e["error"]) for e in document["errors"]] == [
        ("b.jpg", "UnreadableImage"),
        ("c.jpg", "UnreadableImage"),
    ]
    assert len(done.stderr.splitlines()) == 2
    assert "truncated" in done.stderr.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["missing.jpg"], "missing.jpg: no such file or folder"),
        (["."], "no photo or video in this folder"),
        (["*.jpg"], "no photo or video matches"),
    ],
)
def test_nothing_to_analyse_is_one_clear_line(emovere, arguments, says):
    done = emovere("analyze", *arguments, expect=1)
    assert len(done.stderr.splitlines()) == 1
    assert says in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--format", "xml"], "unknown format 'xml'"),
        (["--model", "ligth"], "did you mean 'light'"),
        (["--detector", "yunett"], "did you mean 'yunet'"),
        (["--labels", "happy,glad"], "unknown label 'glad'"),
        (["--set", "detect.size=0"], "detect.size: expected at least"),
        (["--set", "detect.seize=9"], "did you mean 'detect.size'"),
        (["--model", "mine.onnx"], "mine.onnx: no such file"),
    ],
)
def test_a_wrong_option_is_one_clear_line(emovere, photos, arguments, says):
    done = emovere("analyze", photos[0], *arguments, expect=1)
    assert len(done.stderr.splitlines()) == 1
    assert says in done.stderr
    assert done.stdout == ""


def test_a_command_that_is_not_understood_is_usage(emovere):
    assert "No such option" in emovere("analyze", "a.jpg", "--nonsense", expect=2).stderr
    emovere("analyse", expect=2)


def test_an_output_that_cannot_be_written_leaves_nothing(emovere, photos, tmp_path):
    (tmp_path / "file").write_text("")
    done = emovere("analyze", photos[0], "--format", "csv", "--output", tmp_path / "file" / "out.csv", expect=1)
    assert "cannot be written" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_clear_line(photos):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "emovere", "analyze", photos[0], "--format", "csv"],
            stdout=full, stderr=subprocess.PIPE, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert b"No space left" in done.stderr


def test_a_reader_that_goes_away_is_no_error_message(photos):
    process = subprocess.Popen(
        [sys.executable, "-m", "emovere", "analyze", *photos * 4, "--format", "jsonl"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    process.wait(timeout=120)
    assert process.stderr.read() == b""
    process.stderr.close()


def test_ctrl_c_is_one_clear_line_and_leaves_no_half_file(photos, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "emovere", "analyze", *photos * 200, "--format", "json", "-o", tmp_path / "out.json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    while not list(tmp_path.iterdir()):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert len(err.splitlines()) == 1
    assert b"interrupted" in err
    assert list(tmp_path.iterdir()) == []


def test_odd_names(emovere, photos, tmp_path):
    for name in ("-dash.jpg", "new\nline.jpg", "sp ace.jpg", "[x].jpg", "日本.jpg"):
        (tmp_path / name).symlink_to(photos[0])
    (tmp_path / os.fsdecode(b"\xff\xfe.jpg")).symlink_to(photos[0])
    document = json.loads(emovere("analyze", tmp_path, "--format", "json").stdout)
    assert len(document["frames"]) == 6
    assert "日本.jpg" in emovere("analyze", tmp_path / "日本.jpg").stdout
    emovere("analyze", "./-dash.jpg", "[x].jpg", "--format", "csv")
    emovere("analyze", tmp_path, env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
