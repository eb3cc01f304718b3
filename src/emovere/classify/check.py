"""Whether a crop is a face at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from emovere import weights
from emovere.config import EngineOptions
from emovere.engines.onnxruntime import OnnxRuntime
from emovere.errors import ModelError
from emovere.types import Float32, ModelInfo, UInt8

INPUT, OUTPUT = "faces", "face"

SIDE = 48
"""Side of a crop, in pixels."""


class Check:
    """A small network that sees what the expression networks see, and tells faces from what is none."""

    def __init__(self, path: Path | None = None) -> None:
        """Load the package's network, or another of its kind, as ``emovere train check`` makes them.

        Raises WeightsError where the package's file is damaged or missing, ModelError for a file of another kind.
        """
        path = path or weights.locate("check") or weights.fetch("check")
        self._engine = OnnxRuntime(path, EngineOptions(threads=1))
        shape = self._engine.inputs.get(INPUT)
        if shape != (None, 1, SIDE, SIDE):
            raise ModelError(
                f"{path}: is no checking network of emovere's: expected an input {INPUT!r} of (N, 1, {SIDE}, {SIDE}); "
                f"got {dict(self._engine.inputs)}"
            )
        said = self._engine.metadata
        self.info = ModelInfo(
            said.get("name", path.stem), said.get("version", ""), weights.sha256_of(path), "onnxruntime"
        )

    def read(self, crops: UInt8) -> Float32:
        """(N, 48, 48) uint8 grey, in FER2013's framing, N may be 0 -> (N,) float32 calibrated probability of a face."""
        if not len(crops):
            return np.zeros(0, np.float32)
        return np.asarray(self._engine.run([OUTPUT], {INPUT: crops[:, None]})[0], np.float32)
