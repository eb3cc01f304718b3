"""A network in the form of emovere's own detector whose every answer is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

SAID = {"name": "own", "version": "1", "box_in_crop": "4.1,-0.8,43.4,48.8", "score": "0.7"}


@pytest.fixture
def lamps(tmp_path: Path) -> Callable[..., Path]:
    """Writes a network that sees a face in every bright square of 32 pixels and says as much.

    Score: sigmoid of (mean brightness - 128) / 16. Box: the square, ``wider`` pixels larger on each side. Landmarks:
    its corners and its middle.
    """

    def write(channels: int = 1, wider: float = 0.0, said: Mapping[str, str] = SAID, places: int = 5) -> Path:
        onnx = pytest.importorskip("onnx")
        make, numbers, kind = onnx.helper, onnx.numpy_helper.from_array, onnx.TensorProto
        constants = {
            "middle": np.float32(128),
            "soft": np.float32(1 / 16),
            "side": np.float32(32),
            "one": np.float32(1),
            "right": np.array(3, np.int64),
            "down": np.array(2, np.int64),
            "flat": np.array([0, -1], np.int64),
            "flat4": np.array([0, -1, 1], np.int64),
            "points": np.array([0, -1, 1, 2], np.int64),
            "colour": np.array([1], np.int64),
            "box": np.float32([-wider, -wider, 32 + wider, 32 + wider]),
            "marks": np.float32([[2, 2], [30, 2], [16, 16], [2, 30], [30, 30]][:places]),
        }
        nodes = [
            make.make_node("Cast", ["image"], ["pixels"], to=kind.FLOAT),
            make.make_node("ReduceMean", ["pixels", "colour"], ["grey"], keepdims=1),
            make.make_node("AveragePool", ["grey"], ["means"], kernel_shape=[32, 32], strides=[32, 32]),
            make.make_node("Sub", ["means", "middle"], ["above"]),
            make.make_node("Mul", ["above", "soft"], ["logits"]),
            make.make_node("Sigmoid", ["logits"], ["map"]),
            make.make_node("Reshape", ["map", "flat"], ["scores"]),
            make.make_node("Mul", ["means", "soft"], ["any"]),
            make.make_node("Sub", ["any", "any"], ["zeros"]),
            make.make_node("Add", ["zeros", "one"], ["ones"]),
        ]
        for axis in ("right", "down"):
            nodes += [
                make.make_node("CumSum", ["ones", axis], [f"{axis}_count"]),
                make.make_node("Sub", [f"{axis}_count", "one"], [f"{axis}_number"]),
                make.make_node("Mul", [f"{axis}_number", "side"], [f"{axis}_pixels"]),
                make.make_node("Reshape", [f"{axis}_pixels", "flat4"], [f"{axis}_at"]),
            ]
        nodes += [
            make.make_node("Concat", ["right_at", "down_at"], ["corner"], axis=2),
            make.make_node("Concat", ["corner", "corner"], ["corners"], axis=2),
            make.make_node("Add", ["corners", "box"], ["boxes"]),
            make.make_node("Reshape", ["corner", "points"], ["origin"]),
            make.make_node("Add", ["origin", "marks"], ["landmarks"]),
        ]
        graph = make.make_graph(
            nodes,
            "lamps",
            [make.make_tensor_value_info("image", kind.UINT8, ["n", channels, "h", "w"])],
            [
                make.make_tensor_value_info("boxes", kind.FLOAT, ["n", "a", 4]),
                make.make_tensor_value_info("scores", kind.FLOAT, ["n", "a"]),
                make.make_tensor_value_info("landmarks", kind.FLOAT, ["n", "a", places, 2]),
            ],
            [numbers(np.asarray(value), name) for name, value in constants.items()],
        )
        model = make.make_model(graph, opset_imports=[make.make_opsetid("", 18)], ir_version=10)
        onnx.helper.set_model_props(model, dict(said))
        onnx.checker.check_model(model)
        path = tmp_path / f"lamps{channels}.onnx"
        path.write_bytes(model.SerializeToString())
        return path

    return write
