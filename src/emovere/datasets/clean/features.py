"""What a network makes of a face before it answers: the values that its last layer reads.

An ONNX file is a protobuf message, and protobuf merges messages that are written one after the other: some bytes behind
the file's own name one more output. So the values are had without the onnx library.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from emovere.config import EngineOptions
from emovere.engines.onnxruntime import OnnxRuntime
from emovere.errors import EngineError, ModelError, OutputError
from emovere.types import Float32, UInt8

PENULTIMATE = "view"
"""What `emovere export` calls the flat values that the heads read."""

_GRAPH, _OUTPUT, _NAME = 7, 12, 1
"""Field numbers of ModelProto.graph, GraphProto.output and ValueInfoProto.name (onnx.proto)."""

_AT_ONCE = 128


class Features:
    """A network of emovere's, asked for what lies behind its answers."""

    def __init__(self, path: Path, *names: str, threads: int = 1) -> None:
        """names: of tensors inside it; PENULTIMATE unless given. Raises ModelError where it has none of that name."""
        self.names = names or (PENULTIMATE,)
        try:
            content = path.read_bytes() + b"".join(_one_more_output(name) for name in self.names)
            with tempfile.TemporaryDirectory() as folder:
                copy = Path(folder) / path.name
                copy.write_bytes(content)
                self._engine = OnnxRuntime(copy, EngineOptions(threads=threads))
        except OSError as error:
            raise OutputError(f"{path}: cannot be copied to be asked: {error.strerror or error}") from error
        except EngineError as error:
            raise ModelError(
                f"{path}: has no inner values called {', '.join(self.names)}; networks that `emovere export` wrote have"
            ) from error

    def read(self, images: UInt8) -> list[Float32]:
        """(N, 48, 48) uint8, N from 1 on -> the values of each name: (N, ...) float32. Raises EngineError."""
        parts = [
            self._engine.run(list(self.names), {"faces": images[start : start + _AT_ONCE, None]})
            for start in range(0, len(images), _AT_ONCE)
        ]
        return [np.concatenate([part[place] for part in parts]) for place in range(len(self.names))]


def _one_more_output(name: str) -> bytes:
    return _field(_GRAPH, _field(_OUTPUT, _field(_NAME, name.encode())))


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited field of a protobuf message."""
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])
