"""A network behind its engine: crops in, probabilities out."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np

from emovere.classify.description import Description
from emovere.engines.base import Engine
from emovere.types import Float32, UInt8


class Network(Protocol):
    """What a classifier asks of a network."""

    description: Description

    def answer(self, head: str, crops: UInt8) -> Float32:
        """(N, S, S) uint8 grey, N from 1 on -> (N, K) float32 probabilities of a head. Raises ModelError."""
        ...


class OwnNetwork:
    """A network of emovere's: it takes grey pixels as they are, and everything else stands in its graph."""

    def __init__(self, path: Path, engine: Engine) -> None:
        """Take a loaded file. Raises ModelError where its metadata do not describe it."""
        self.description = Description.read(engine.metadata, path)
        self._engine = engine

    def answer(self, head: str, crops: UInt8) -> Float32:
        """(N, S, S) uint8 grey -> (N, K) float32 probabilities of a head. Raises EngineError."""
        return np.asarray(self._engine.run([head], {"faces": crops[:, None]})[0], np.float32)
