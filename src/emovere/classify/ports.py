"""What an ONNX file says of its inputs and outputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import onnxruntime as ort

from emovere.errors import EngineError

_TYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(uint8)": "uint8",
}

_FATAL_ONLY = 4


@dataclass(frozen=True)
class Port:
    """One input or output."""

    name: str
    shape: tuple[int | None, ...]
    """None for any length."""
    dtype: str
    """numpy's name for it, or the runtime's own for what is no array of numbers that a network here may take."""

    def __str__(self) -> str:
        """As in messages: ``(N, 1, 48, 48) float32``."""
        return f"({', '.join('N' if length is None else str(length) for length in self.shape)}) {self.dtype}"


@dataclass(frozen=True)
class Ports:
    """All of a file's."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


def ports_of(path: Path) -> Ports:
    """Look into a file. Raises EngineError where ONNX Runtime cannot."""
    settings = ort.SessionOptions()
    settings.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    settings.intra_op_num_threads = 1
    settings.log_severity_level = _FATAL_ONLY
    try:
        session = ort.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime raises a dozen classes of its own, none of them public
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise EngineError(f"{path}: ONNX Runtime cannot load it: {reason}") from error
    return Ports(
        tuple(_port(node) for node in session.get_inputs()), tuple(_port(node) for node in session.get_outputs())
    )


def _port(node: ort.NodeArg) -> Port:
    shape = tuple(length if isinstance(length, int) and length > 0 else None for length in node.shape or ())
    return Port(node.name, shape, _TYPES.get(node.type, node.type))
