"""The contract of an inference engine: named arrays in, named arrays out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy.typing as npt

Tensor = npt.NDArray[Any]


class Engine(Protocol):
    """One loaded network."""

    name: str
    metadata: Mapping[str, str]
    """The strings that stand in the model file."""

    def run(self, outputs: Sequence[str], feeds: Mapping[str, Tensor]) -> list[Tensor]:
        """Run the network once. Raises EngineError."""
        ...
