"""The contract of a detector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from emovere.types import Faces, Frame, ModelInfo


class Detector(Protocol):
    """Finds faces. One instance may be used from one thread at a time."""

    box_in_crop: tuple[float, float, float, float]
    """Where this detector's boxes lie in FER2013's 48 x 48 framing, x1 y1 x2 y2: every detector draws its boxes in
    its own way, and the network knows one framing. Measured by benchmarks/framing.py."""

    @property
    def info(self) -> ModelInfo:
        """Which model answers: name, version, SHA-256 of its file, engine."""
        ...

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        """The faces of each frame, in the frames' order; boxes and landmarks in pixels of the original frame.

        No face is an empty Faces, never an error. Faces come largest first.
        """
        ...
