"""ONNX Runtime on the processor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import onnxruntime as ort

from emovere.config import EngineOptions
from emovere.engines.base import Tensor
from emovere.errors import EngineError

_FATAL_ONLY = 4
"""Errors are raised; the runtime need not write them to stderr as well."""


class OnnxRuntime:
    """An ONNX file, run by ONNX Runtime's CPU provider."""

    name = "onnxruntime"

    def __init__(self, path: Path, options: EngineOptions) -> None:
        """Load a file. Raises EngineError where it is no ONNX model that this version can run."""
        settings = ort.SessionOptions()
        settings.intra_op_num_threads = options.threads
        settings.log_severity_level = _FATAL_ONLY
        try:
            self._session = ort.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime raises a dozen classes of its own, none of them public
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise EngineError(f"{path}: ONNX Runtime cannot load it: {reason}") from error
        self.metadata: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map
        self.inputs: Mapping[str, tuple[int | None, ...]] = {
            node.name: tuple(side if isinstance(side, int) else None for side in node.shape)
            for node in self._session.get_inputs()
        }
        """The shape of each input; None for any length."""

    def run(self, outputs: Sequence[str], feeds: Mapping[str, Tensor]) -> list[Tensor]:
        """Run the network once. Raises EngineError."""
        try:
            results: list[Tensor] = self._session.run(list(outputs), dict(feeds))
        except Exception as error:  # as above
            raise EngineError(f"the network failed: {str(error).splitlines()[0]}") from error
        return results
