"""The network that tells faces from what is none: shapes, the empty case, files of other kinds."""

from __future__ import annotations

import numpy as np
import pytest

from emovere import weights
from emovere.classify.check import Check
from emovere.errors import EngineError, ModelError


@pytest.fixture
def brightness(tmp_path):
    """A network in the form of ours, to which a bright crop is a face."""
    onnx = pytest.importorskip("onnx")
    make, kind = onnx.helper, onnx.TensorProto
    constants = {"middle": np.float32(128), "soft": np.float32(1 / 16), "over": np.array([1, 2, 3], np.int64)}
    graph = make.make_graph(
        [
            make.make_node("Cast", ["faces"], ["pixels"], to=kind.FLOAT),
            make.make_node("ReduceMean", ["pixels", "over"], ["means"], keepdims=0),
            make.make_node("Sub", ["means", "middle"], ["above"]),
            make.make_node("Mul", ["above", "soft"], ["logits"]),
            make.make_node("Sigmoid", ["logits"], ["face"]),
        ],
        "brightness",
        [make.make_tensor_value_info("faces", kind.UINT8, ["n", 1, 48, 48])],
        [make.make_tensor_value_info("face", kind.FLOAT, ["n"])],
        [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 18)], ir_version=10)
    onnx.helper.set_model_props(model, {"name": "check", "version": "7"})
    path = tmp_path / "brightness.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def test_each_crop_gets_its_own_probability(brightness):
    crops = np.stack([np.full((48, 48), level, np.uint8) for level in (0, 128, 255)])
    probs = Check(brightness).read(crops)
    assert probs.dtype == np.float32
    np.testing.assert_allclose(probs, [0.0003, 0.5, 0.9996], atol=1e-3)


def test_no_crop_gives_none(brightness):
    assert Check(brightness).read(np.zeros((0, 48, 48), np.uint8)).shape == (0,)


def test_it_says_which_file_answers(brightness):
    info = Check(brightness).info
    assert (info.name, info.version, info.engine) == ("check", "7", "onnxruntime")
    assert info.sha256 == weights.sha256_of(brightness)


def test_files_of_other_kinds_are_refused_in_one_line(tmp_path):
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"nothing")
    with pytest.raises(EngineError, match="cannot load it"):
        Check(bad)
    onnx = pytest.importorskip("onnx")
    value = onnx.helper.make_tensor_value_info
    node = onnx.helper.make_node("Identity", ["image"], ["same"])
    shape = ["n", 1, 32, 32]
    graph = onnx.helper.make_graph([node], "other", [value("image", 2, shape)], [value("same", 2, shape)])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
    bad.write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match=r"expected an input 'faces' of \(N, 1, 48, 48\); got") as raised:
        Check(bad)
    assert "\n" not in str(raised.value)
