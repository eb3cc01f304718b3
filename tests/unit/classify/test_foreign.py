"""Descriptions that are missing or wrong: one clear line each."""

from __future__ import annotations

import re
import tomllib

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from emovere.classify.classifier import load_model
from emovere.classify.foreign import Foreign, canonical
from emovere.config import from_dict
from emovere.errors import ConfigError, EngineError, ModelError
from emovere.labels import FER7


def message(path, kind=ConfigError, **settings) -> str:
    with pytest.raises(kind) as caught:
        load_model(path, **settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


WRONG = {
    "layout": (
        {"layout": "NHWC"},
        r"mean \(N, 48, 48, 1\) float32; the network takes \(N, 1, 48, 48\).*layout = 'NCHW'",
    ),
    "side": ({"side": 64}, r"mean \(N, 1, 64, 64\) .*write layout = 'NCHW', side = 48, colour = 'grey'$"),
    "colour": ({"colour": "rgb"}, r"mean \(N, 3, 48, 48\) .*colour = 'grey'$"),
    "a word for the layout": ({"layout": "nchw"}, r"layout: expected NCHW or NHWC; got 'nchw'"),
    "a word for the colour": ({"colour": "gray"}, r"colour: expected grey, rgb or bgr; got 'gray'"),
    "a word for the outputs": ({"outputs": "softmax"}, r"outputs: expected logits or probabilities; got 'softmax'"),
    "a dtype": ({"dtype": "int8"}, r"dtype: expected float32, float16, float64 or uint8; got 'int8'"),
    "another dtype": ({"dtype": "float16"}, r"takes \(N, 1, 48, 48\) float32; write dtype = 'float32'; got 'float16'"),
    "uint8 that is scaled": ({"dtype": "uint8"}, r"uint8 takes pixels as they are; write divide = 1"),
    "input": ({"input": "face_in"}, r"unknown input 'face_in'; did you mean 'faces_in'"),
    "output": ({"output": "probs"}, r"unknown output 'probs'; \(emotions_out\)"),
    "too few labels": ({"labels": ["happy", "sad"]}, r"got 2 labels \(happy, sad\), and \(2, 7\) from the output"),
    "an unknown label": (
        {"labels": ["calm"] * 7},
        r"order of the network's outputs, some of angry.*contempt; got 'calm'",
    ),
    "a label twice": ({"labels": ["happy", "Happiness"]}, r"each may be named once; got happy twice"),
    "one label": ({"labels": ["happy"]}, r"expected at least two; got 1"),
    "probabilities that are none": ({"outputs": "probabilities"}, r"that sum to .*write outputs = 'logits'"),
    "a side that is no size": ({"side": 2}, r"side: expected 8 to 1024 pixels; got 2"),
    "a side of another type": ({"side": "48"}, r"side: expected int; got '48'"),
    "three means for grey": ({"mean": [0.1, 0.2, 0.3]}, r"mean: expected one number for grey; got 3"),
    "two means for three": ({"colour": "rgb", "mean": [0.1, 0.2]}, r"mean: expected 1 or 3 numbers for rgb; got 2"),
    "a mean that is no list": ({"mean": 0.5}, r"mean: expected a list; got 0\.5"),
    "nothing to divide by": ({"divide": 0}, r"divide, std: expected more than 0"),
    "no deviation": ({"std": [0.0]}, r"divide, std: expected more than 0"),
    "an infinite offset": ({"offset": "inf"}, r"offset: expected float; got 'inf'"),
    "temperature": ({"temperature": 0}, r"temperature: expected more than 0; got 0"),
    "threshold": ({"threshold": 1.5}, r"threshold: expected a number between 0 and 1; got 1\.5"),
    "what is missing": ({"side": None, "labels": None}, r"expected also side, labels; got layout"),
    "a misspelt key": ({"side": None, "sidee": 48}, r"unknown option 'sidee'; did you mean 'side'"),
}


@pytest.mark.parametrize("changes", WRONG)
def test_a_wrong_description(make, changes):
    described, expected = WRONG[changes]
    path = make(**described)
    found = message(path)
    assert found.startswith(f"{path.with_suffix('.toml')}: ")
    assert re.search(expected, found), found


def test_probabilities_called_logits(make):
    assert "are probabilities already; write outputs = 'probabilities'" in message(make({"softmax": True}))


@pytest.mark.parametrize("weight", [np.nan, np.inf])
def test_numbers_that_are_not_finite(make, weight):
    found = message(make({"weights": np.full((1, 7), weight, np.float32)}))
    assert f"expected finite numbers for a grey picture; got {weight}" in found


def test_numbers_that_are_not_finite_in_one_description(make):
    path = make()
    path.with_suffix(".toml").write_text(path.with_suffix(".toml").read_text() + "offset = nan\n")
    assert "divide, offset, mean, std: expected finite numbers" in message(path)


def test_a_shape_that_the_file_does_not_tell_is_found_out_by_trying(make):
    """The graph multiplies by one channel's weights, and its input says nothing of channels."""
    path = make({"shape": ("n", 1, "h", "w")})
    model = onnx.load(path)
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "c"
    onnx.save(model, path)
    path.with_suffix(".toml").write_text(path.with_suffix(".toml").read_text().replace("grey", "rgb"), encoding="utf-8")
    found = message(path, EngineError)
    assert "the network cannot be run on (2, 3, 48, 48) float32" in found
    assert "check side, layout and colour" in found


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", r"expected one table \[network\] that describes theirs\.onnx; got nothing"),
        (b"side = 48\n", r"expected one table \[network\].*; got side"),
        (b"[network]\n[other]\n", r"expected one table \[network\].*; got network, other"),
        (b"network = 3\n", r"expected one table \[network\]"),
        (b"[network\n", r"expected a TOML file that describes theirs\.onnx; "),
        (b"\xff\xfe", r"expected a TOML file that describes theirs\.onnx; "),
    ],
)
def test_a_file_that_is_no_description(make, content, expected):
    path = make()
    path.with_suffix(".toml").write_bytes(content)
    found = message(path)
    assert re.search(expected, found), found


@pytest.mark.parametrize(
    ("shape", "guessed"),
    [
        (("n", 64, 64, 1), {"layout": "NHWC", "side": 64, "colour": "grey"}),
        ((1, 3, 224, 224), {"layout": "NCHW", "side": 224, "colour": "rgb"}),
        (("n", 1, "h", "w"), {"layout": "NCHW", "side": 48, "colour": "grey"}),
    ],
)
def test_a_missing_description_is_drafted_from_the_file(make, shape, guessed):
    """What the message says can be pasted: it is TOML, and with the labels filled in it is a description."""
    path = make({"shape": shape, "labels": 4})
    toml = path.with_suffix(".toml")
    toml.unlink()
    found = message(path, ModelError)
    assert f"{path}: is no network of emovere's, and there is no theirs.toml beside it that describes it" in found
    draft = found[found.index("network = {") :]
    table = tomllib.loads(draft)["network"]
    assert {key: table[key] for key in guessed} == guessed
    assert (table["input"], table["output"], table["dtype"]) == ("faces_in", "emotions_out", "float32")
    assert table["labels"] == ["?"] * 4
    toml.write_text(draft)
    assert "got '?'" in message(path)
    for name in ("angry", "happy", "neutral", "sad"):
        draft = draft.replace('"?"', f'"{name}"', 1)
    toml.write_text(draft)
    assert "write outputs = 'logits'" in message(path)
    toml.write_text(draft.replace('outputs = "probabilities"', 'outputs = "logits"'))
    assert load_model(path).labels == ("angry", "happy", "neutral", "sad")


def written(path, inputs, outputs, operator="Identity") -> None:
    """A network of one operator between inputs and outputs, given as (name, type, shape)."""
    nodes = [helper.make_node(operator, [i[0]], [o[0]]) for i, o in zip(inputs, outputs, strict=True)]
    infos = [[helper.make_tensor_value_info(*port) for port in ports] for ports in (inputs, outputs)]
    graph = helper.make_graph(nodes, "other", *infos)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1, 2304), r"nor could it: expected one input of .* got a0 \(1, 2304\) float32"),
        ((1, 3, 5, 1000), r"nor could it: expected at most 8 numbers a face"),
    ],
)
def test_a_network_of_another_kind_cannot_be_described(tmp_path, shape, expected):
    path = tmp_path / "other.onnx"
    written(path, [("a0", TensorProto.FLOAT, shape)], [("b0", TensorProto.FLOAT, shape)])
    assert re.search(expected, message(path, ModelError))


def test_several_inputs_and_outputs(tmp_path):
    shape = [1, 1, 8, 8]
    ports = [[(f"{kind}{i}", TensorProto.FLOAT, shape) for i in range(2)] for kind in "ab"]
    path = tmp_path / "two.onnx"
    written(path, *ports)
    assert "got a0 (1, 1, 8, 8) float32, a1 (1, 1, 8, 8) float32" in message(path, ModelError)
    described = '[network]\nside = 8\nlayout = "NCHW"\ncolour = "grey"\ndivide = 1\noutputs = "logits"\n'
    path.with_suffix(".toml").write_text(f"{described}labels = {list(FER7)}\ninput = 'a0'\n")
    assert "input: expected a network with one; it has a0, a1" in message(path)


@pytest.mark.parametrize(
    ("dtype", "shape", "expected"),
    [
        (TensorProto.INT64, [1, 1, 8, 8], r"input: expected a network that takes float32.*it takes .*tensor\(int64\)"),
        (TensorProto.FLOAT, [1, 1, 8, 12], r"takes \(1, 1, 8, 12\) float32; only square pictures can be given"),
        (
            TensorProto.FLOAT,
            [1, 5, 8, 8],
            r"takes \(1, 5, 8, 8\) float32; only square pictures can be given, grey or in",
        ),
        (TensorProto.FLOAT, [1, 64], r"takes \(1, 64\) float32; only square pictures can be given"),
        (TensorProto.FLOAT, [1, 1, 8, 8], r"got 7 labels .*, and \(1, 1, 8, 8\) from the output 'b0' for 1 faces"),
    ],
)
def test_inputs_that_no_crop_fits(tmp_path, dtype, shape, expected):
    path = tmp_path / "odd.onnx"
    written(path, [("a0", dtype, shape)], [("b0", dtype, shape)])
    described = '[network]\nside = 8\nlayout = "NCHW"\ncolour = "grey"\ndivide = 1\noutputs = "logits"\n'
    path.with_suffix(".toml").write_text(f"{described}labels = {list(FER7)}\n")
    found = message(path)
    assert re.search(expected, found), found


def test_the_words_of_others():
    words = ("anger", "Disgusted", "fearful", " Happiness ", "SADNESS", "surprised", "Neutral", "contempt")
    assert canonical(words) == (*FER7, "contempt")


def test_what_is_described_fits_its_own_words():
    described = from_dict(
        Foreign,
        {"side": 64, "layout": "NHWC", "colour": "bgr", "divide": 1, "labels": ["sad", "Joy"], "outputs": "logits"},
    )
    assert described.shape == (None, 64, 64, 3)
    assert described.labels == ("sad", "happy")
