"""compare and audit as processes, on small networks and on faces that were made up."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emovere.datasets.splits import OFFICIAL_COUNTS
from emovere.labels import FER7


def write_network(path: Path, favourite: int, labels: tuple[str, ...] = FER7) -> None:
    """An ONNX network as export writes them, which always answers the same."""
    onnx = pytest.importorskip("onnx")
    helper, numpy_helper, kinds = onnx.helper, onnx.numpy_helper, onnx.TensorProto
    count = len(labels)
    nodes = [
        helper.make_node("Cast", ["faces"], ["numbers"], to=kinds.FLOAT),
        helper.make_node("GlobalAveragePool", ["numbers"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weight", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["fer7"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("faces", kinds.UINT8, ["n", 1, 48, 48])],
        [helper.make_tensor_value_info("fer7", kinds.FLOAT, ["n", count])],
        [
            numpy_helper.from_array(np.zeros((1, count), np.float32), "weight"),
            numpy_helper.from_array(2 * np.eye(count, dtype=np.float32)[favourite], "bias"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    description = {
        "name": "small",
        "version": "1",
        "side": 48,
        "heads": {"fer7": {"labels": list(labels)}},
        "parameters": 14,
    }
    helper.set_model_props(model, {"emovere": json.dumps(description)})
    path.parent.mkdir(exist_ok=True)
    onnx.save(model, path)


@pytest.fixture
def runs(tmp_path):
    """Two runs, of which one is right on 15 of PublicTest's 20 faces and one on 2; one has curves."""
    write_network(tmp_path / "happy" / "happy.onnx", FER7.index("happy"))
    write_network(tmp_path / "fear" / "fear.onnx", FER7.index("fear"))
    (tmp_path / "happy" / "metrics.csv").write_text("epoch,public_accuracy,public_loss\n1,0.3,1.9\n2,0.5,1.5\n")
    labels = [3] * 15 + [2] * 2 + [0] * 3
    rng = np.random.default_rng(0)
    with (tmp_path / "fer2013.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["emotion", "pixels", "Usage"])
        for place, label in enumerate(labels + labels):
            pixels = " ".join(map(str, rng.integers(0, 256, 2304)))
            writer.writerow([label, pixels, "Training" if place < 20 else "PublicTest"])
    return tmp_path


def test_compare_prints_a_table_and_draws_curves(emovere, runs):
    done = emovere("compare", "happy", "fear/fear.onnx", "--data", "fer2013.csv", "--curves", "curves.png")
    lines = done.stdout.splitlines()
    assert lines[0] == "2 networks on PublicTest (not an official split), FER2013's labels, 20 faces"
    assert lines[3].split()[:4] == ["happy", "14", "75.00", "%"]
    assert "happy - fear  +65.00 [" in done.stdout
    assert "happy is better" in done.stdout
    assert "no curve for fear: no metrics.csv beside it" in done.stderr
    with Image.open(runs / "curves.png") as drawn:
        assert drawn.format == "PNG"


def test_compare_gives_the_same_as_json(emovere, runs):
    done = emovere("compare", "./happy", "fear", "--data", runs / "fer2013.csv", "--format", "json")
    found = json.loads(done.stdout)
    assert [one["official"]["correct"] for one in found["networks"]] == [15, 2]
    (pair,) = found["pairs"]
    assert (pair["only_first_right"], pair["only_second_right"], pair["difference"]) == (15, 2, 0.65)
    assert pair["mcnemar_p"] == pytest.approx(2 * (1 + 17 + 136) / 2**17)


def test_compare_refuses_in_one_line(emovere, runs):
    write_network(runs / "four.onnx", 0, ("angry", "happy", "neutral", "sad"))
    (runs / "broken.onnx").write_bytes(b"no network")
    (runs / "bare").mkdir()
    for arguments, problem in (
        (["happy"], "expected at least two networks; got happy; emovere evaluate measures one"),
        (["happy", "happy/"], "is named twice"),
        (["happy", "four.onnx"], "four cannot be compared on fer7: "),
        (["happy", "broken.onnx"], "broken.onnx: ONNX Runtime cannot load it"),
        (["happy", "bare"], "holds no exported network"),
        (["happy", "fear", "--split", "PrivateTest"], "no face in split 'PrivateTest'"),
        (["happy", "fear", "--labels", "ferplus8"], "happy cannot be compared on ferplus8"),
        (["fear", "fear/../happy/happy.onnx", "--data", "none.csv"], "there is no such file"),
        (["fear", "four.onnx", "--curves", "c.png"], "four cannot be compared"),
    ):
        data = [] if "--data" in arguments else ["--data", "fer2013.csv"]
        error = emovere("compare", *arguments, *data, expect=1).stderr.splitlines()
        assert error[-1].startswith("emovere: "), error
        assert problem in error[-1]
    assert not (runs / "c.png").exists()


def write_predictions(path: Path, counts: tuple[int, ...]) -> None:
    """Predictions that are right on four of five faces, by name."""
    labels = np.repeat(np.arange(7), counts)
    predicted = np.where(np.arange(len(labels)) % 5, labels, (labels + 1) % 7)
    rows = [f"{FER7[label]},{FER7[answer]}" for label, answer in zip(labels, predicted, strict=True)]
    path.write_text("\n".join(["Label,Prediction", *rows]))


def test_audit_says_what_it_is_and_what_to_doubt(emovere, tmp_path):
    write_predictions(tmp_path / "theirs.csv", (491, 416, 528, 594, 879, 55, 626))
    out = " ".join(emovere("audit", "theirs.csv", "--claim", "79.79").stdout.split())
    assert out.startswith("theirs.csv, taken for PrivateTest ")
    for part in (
        "accuracy [95 %] 79.99 % [78.65, 81.27]",
        "doubt split: the class counts are those of PrivateTest, but on the wrong classes",
        "suspect a leak first",
        "fine claim: the claim of 79.79 % lies within",
        "above the human line",
    ):
        assert part in out


def test_audit_as_json_and_with_data(emovere, runs):
    rows = [f"{20 + place},{label},3" for place, label in enumerate([3] * 15 + [2] * 2 + [0] * 3)]
    (runs / "mine.csv").write_text("\n".join(["index,label,prediction", *rows]))
    found = json.loads(emovere("audit", "mine.csv", "--data", "fer2013.csv", "--format", "json").stdout)
    assert (found["split"], found["copies_in_training"]) == (None, 0)
    assert found["figures"]["correct"] == 15
    assert found["figures"]["ece"] is None
    assert {"about": "copies", "grade": "fine"}.items() <= found["verdicts"][-1].items()
    assert "by index as rows of the whole data" in found["verdicts"][-1]["sentence"]


def test_audit_refuses_in_one_line(emovere, tmp_path):
    (tmp_path / "bad.csv").write_text("label,prediction\n1,1\n9,1\n")
    (tmp_path / "good.csv").write_text("label,prediction\n1,1\n")
    for arguments, problem in (
        (["bad.csv"], "bad.csv: line 3: label: expected 0 to 6"),
        (["none.csv"], "none.csv: cannot be read: No such file or directory"),
        (["good.csv", "--claim", "0.79"], "claim: expected percent, such as 79.79; got 0.79"),
        (["good.csv", "--data", "none"], "there is no such file or folder"),
    ):
        error = emovere("audit", *arguments, expect=1).stderr.splitlines()
        assert len(error) == 1
        assert problem in error[0]


@pytest.mark.timeout(200)
def test_audit_finds_the_copies_in_fer2013_itself(emovere, tmp_path, shared):
    """Every answer is right on PublicTest: nothing of that can be skill."""
    parquet = pytest.importorskip("pyarrow.parquet")
    path = shared("data/fer2013.parquet")
    table = parquet.read_table(path, columns=["label", "usage"]).to_pydict()
    labels = [label for label, usage in zip(table["label"], table["usage"], strict=True) if usage == "PublicTest"]
    assert len(labels) == sum(OFFICIAL_COUNTS["PublicTest"])
    (tmp_path / "perfect.csv").write_text("label,prediction\n" + "".join(f"{label},{label}\n" for label in labels))
    out = " ".join(emovere("audit", "perfect.csv", "--data", path).stdout.split())
    assert "taken for PublicTest" in out
    assert "425 of 3,589 rows have a copy in Training" in out
    assert "doubt accuracy: an accuracy of 100.00 %" in out
