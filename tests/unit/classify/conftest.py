"""Tiny networks of other people's, and their descriptions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper, save

KINDS = {"float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16, "uint8": TensorProto.UINT8}

WORDS = ("Angry", "Disgust", "Fear", "Happy", "Sad", "Surprise", "Neutral")


def tiny(
    path: Path,
    *,
    shape: Sequence[int | str] = ("n", 1, 48, 48),
    labels: int = 7,
    softmax: bool = False,
    dtype: str = "float32",
    weights: np.ndarray | None = None,
    out_shape: Sequence[int] | None = None,
) -> np.ndarray:
    """Write a network: the mean of each channel by a matrix (C, labels), so that tests can reckon what it must answer.

    Returns the matrix.
    """
    channels_last = shape[3] in (1, 3) and shape[1] not in (1, 3)
    channels = int(shape[3] if channels_last else shape[1])
    if weights is None:
        weights = np.random.default_rng(7).normal(size=(channels, labels)).astype(np.float32)
    kind = KINDS[dtype]
    number = TensorProto.FLOAT if dtype == "uint8" else kind
    axes = [1, 2] if channels_last else [2, 3]
    nodes = [
        helper.make_node("Cast", ["faces_in"], ["values"], to=number),
        helper.make_node("ReduceMean", ["values"], ["means"], axes=axes, keepdims=0),
        helper.make_node("MatMul", ["means", "weights"], ["scores"]),
    ]
    last = "scores"
    constants = [numpy_helper.from_array(weights.astype(np.float16 if dtype == "float16" else np.float32), "weights")]
    if softmax:
        nodes.append(helper.make_node("Softmax", [last], ["shares"], axis=1))
        last = "shares"
    if out_shape is not None:
        constants.append(numpy_helper.from_array(np.array(out_shape, np.int64), "out_shape"))
        nodes.append(helper.make_node("Reshape", [last, "out_shape"], ["reshaped"]))
        last = "reshaped"
    nodes.append(helper.make_node("Identity", [last], ["emotions_out"]))
    given = [shape[0], labels] if out_shape is None else [None] * len(out_shape)
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("faces_in", kind, list(shape))],
        [helper.make_tensor_value_info("emotions_out", number, given)],
        constants,
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return weights


def describe(path: Path, **changes: Any) -> None:
    """Write the description of a grey NCHW network beside ``path``, with changes; None leaves a key out."""
    known = {
        "side": 48,
        "layout": "NCHW",
        "colour": "grey",
        "divide": 255,
        "labels": list(WORDS),
        "outputs": "logits",
        **changes,
    }
    lines = [f"{key} = {_toml(value)}" for key, value in known.items() if value is not None]
    path.with_suffix(".toml").write_text("[network]\n" + "\n".join(lines) + "\n", encoding="utf-8")


def _toml(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


@pytest.fixture
def make(tmp_path) -> Callable[..., Path]:
    """Write a network and its description; ``network`` and ``described`` say how they differ from the usual."""

    def written(network: dict[str, Any] | None = None, **described: Any) -> Path:
        path = tmp_path / "theirs.onnx"
        tiny(path, **(network or {}))
        describe(path, **described)
        return path

    return written
