"""Faces made of noise by a network that learned a set: an ONNX file that ``emovere export`` wrote of a generator."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from emovere.align.crop import SIDE
from emovere.config import EngineOptions
from emovere.engines.onnxruntime import OnnxRuntime
from emovere.errors import LabelMismatch, ModelError
from emovere.types import Int64, UInt8
from emovere.weights import sha256_of

METADATA = "generator"
"""Key of the file's metadata under which its description stands, as JSON: name, noise, labels."""

_AT_ONCE = 64


class FaceMaker:
    """Makes grey faces of 48 x 48 of the classes that it learned."""

    def __init__(self, path: Path, threads: int = 0) -> None:
        """Load a file. Raises ModelError for a file that is no generator, EngineError for one that is no network."""
        if not path.is_file():
            raise ModelError(f"{path}: there is no such file; expected what `emovere export` wrote of a generator")
        self._engine = OnnxRuntime(path, EngineOptions(threads=threads))
        try:
            said = json.loads(self._engine.metadata[METADATA])
            self.name, self._noise = str(said["name"]), int(said["noise"])
            self.labels: tuple[str, ...] = tuple(said["labels"])
        except (KeyError, ValueError, TypeError) as error:
            raise ModelError(
                f"{path}: expected a generator of faces, with name, noise and labels in its metadata; "
                "train one with: emovere train generator"
            ) from error
        self.sha256 = sha256_of(path)

    def make(self, label: str, count: int, random: np.random.Generator, *, narrow: float = 1.0) -> UInt8:
        """So many faces of a class: (N, 48, 48) uint8.

        narrow: the noise is multiplied by it; below 1 faces are more alike and more usual. Raises LabelMismatch for a
        class that it did not learn, EngineError.
        """
        if label not in self.labels:
            raise LabelMismatch(f"{self.name}: makes no face of {label!r}; it learned: {', '.join(self.labels)}")
        place: Int64 = np.full(count, self.labels.index(label), np.int64)
        noise = (random.standard_normal((count, self._noise)) * narrow).astype(np.float32)
        parts = [
            self._engine.run(["faces"], {"noise": noise[at : at + _AT_ONCE], "labels": place[at : at + _AT_ONCE]})[0]
            for at in range(0, count, _AT_ONCE)
        ]
        return np.concatenate([np.zeros((0, SIDE, SIDE), np.uint8), *parts])
