"""A network of other people's with a description beside it, through the commands, each as a process."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from emovere import weights
from emovere.labels import FER7

FOUR = ("angry", "happy", "neutral", "sad")

DESCRIPTION = """\
[network]
side = 64
layout = "NHWC"
colour = "rgb"
divide = 127.5
offset = -1
labels = ["Anger", "Happiness", "Neutral", "Sadness"]
outputs = "logits"
licence = "MIT"
"""


def four_labels(path: Path) -> None:
    """A network as Keras exports them: NHWC, three channels, one dense layer after a global mean."""
    matrix = np.random.default_rng(3).normal(size=(3, 4)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["input_1"], ["means"], axes=[1, 2], keepdims=0),
            helper.make_node("MatMul", ["means", "matrix"], ["dense"]),
        ],
        "theirs",
        [helper.make_tensor_value_info("input_1", TensorProto.FLOAT, ["n", 64, 64, 3])],
        [helper.make_tensor_value_info("dense", TensorProto.FLOAT, ["n", 4])],
        [numpy_helper.from_array(matrix, "matrix")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


@pytest.fixture
def theirs(tmp_path) -> Path:
    path = tmp_path / "theirs.onnx"
    four_labels(path)
    path.with_suffix(".toml").write_text(DESCRIPTION)
    return path


@pytest.fixture
def stranger(tmp_path) -> Path:
    """The shipped network without its own description, and one in words beside it."""
    model = onnx.load(weights.place("light"))
    del model.metadata_props[:]
    path = tmp_path / "stranger.onnx"
    onnx.save(model, path)
    path.with_suffix(".toml").write_text(
        '[network]\nside = 48\nlayout = "NCHW"\ncolour = "grey"\ndivide = 1\noutputs = "probabilities"\n'
        f'output = "fer7"\nlabels = {list(FER7)}\n'
    )
    return path


@pytest.mark.usefixtures("yunet_weights")
def test_a_photo_is_read_as_by_our_own(emovere, stranger, shared):
    photo = shared("photos/two_waving.jpg")
    own, other = (
        json.loads(emovere("analyze", photo, "--model", model, "--format", "json").stdout)
        for model in ("light", stranger)
    )
    assert other["models"]["classifier"]["name"] == "stranger"
    assert len(own["frames"][0]["faces"]) == len(other["frames"][0]["faces"]) > 0
    for ours, theirs in zip(own["frames"][0]["faces"], other["frames"][0]["faces"], strict=True):
        assert theirs["probs"] == pytest.approx(ours["probs"], abs=1e-3)
        assert theirs["box"] == ours["box"]


def test_a_network_of_four_labels_reads_and_draws(emovere, theirs, shared, tmp_path):
    photo = shared("photos/one_smiling.jpg")
    done = emovere("analyze", photo, "--model", theirs, "--format", "csv", "--annotate", "drawn", "-q")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert rows
    assert [name for name in rows[0] if name in FER7] == list(FOUR)
    for row in rows:
        assert sum(float(row[name]) for name in FOUR) == pytest.approx(1, abs=1e-3)
    assert (tmp_path / "drawn" / "one_smiling.jpg").is_file()


def test_labels_that_it_has_not(emovere, theirs, shared):
    photo = shared("photos/one_smiling.jpg")
    refused = emovere("analyze", photo, "--model", theirs, "--labels", "fer7", expect=1)
    assert refused.stderr.strip() == (
        "emovere: labels: disgust, fear, surprise is not among what the model tells apart (angry, happy, neutral, sad)"
    )


def test_it_watches(emovere, theirs, shared):
    video = shared("videos/signing_help.mkv")
    done = emovere("watch", video, "--model", theirs, "--detector", "haar", "--every", "0.5s", "--end", "1s", "-q")
    frames = [json.loads(line) for line in done.stdout.splitlines()]
    faces = [face for frame in frames for face in frame.get("faces", [])]
    assert faces
    assert set(faces[0]["probs"]) == set(FOUR)


@pytest.fixture
def data(tmp_path) -> Path:
    """Faces of all seven classes as fer2013.csv."""
    rng = np.random.default_rng(1)
    lines = ["emotion,pixels,Usage"]
    for usage in ("Training", "PublicTest"):
        for label in list(range(7)) * 3:
            lines.append(f"{label},{' '.join(map(str, rng.integers(0, 256, 48 * 48)))},{usage}")
    path = tmp_path / "fer2013.csv"
    path.write_text("\n".join(lines))
    return path


def test_it_is_measured_on_the_faces_of_its_classes(emovere, theirs, data):
    done = emovere("evaluate", theirs, "--data", data, "--format", "json")
    figures = json.loads(done.stdout)
    assert figures["model"]["name"] == "theirs"
    assert figures["official"]["faces"] == 3 * len(FOUR)


def test_seven_labels_are_measured_as_our_own(emovere, stranger, data):
    own, other = (
        json.loads(emovere("evaluate", model, "--data", data, "--format", "json").stdout)["official"]
        for model in ("light", stranger)
    )
    assert other["confusion"] == own["confusion"]


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [
        (lambda path: path.with_suffix(".toml").unlink(), 'network = { input = "input_1", side = 64, layout = "NHWC"'),
        (
            lambda path: path.with_suffix(".toml").write_text(DESCRIPTION.replace("NHWC", "NCHW")),
            "write layout = 'NHWC', side = 64, colour = 'rgb' (or 'bgr')",
        ),
        (
            lambda path: path.with_suffix(".toml").write_text(DESCRIPTION.replace('"Anger", ', "")),
            "got 3 labels (happy, neutral, sad), and (2, 4) from the output 'dense'",
        ),
    ],
)
def test_what_is_wrong_is_one_clear_line(emovere, theirs, shared, break_it, expected):
    break_it(theirs)
    done = emovere("analyze", shared("photos/one_smiling.jpg"), "--model", theirs, expect=1)
    assert done.stderr.startswith(f"emovere: {theirs.parent}")
    assert expected in done.stderr
    assert done.stderr.count("\n") == 1
