"""A detector for tests, as a plug-in: one face in every picture, but for those of a colour that it cannot bear.

red: its process is ended by SIGSEGV; blue: it asks for 16 GB; green: it raises an error of its own; yellow: it is
killed by SIGKILL; cyan: it takes a long time; magenta: it is killed the first time only, of which it leaves a mark.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from emovere.config import DetectOptions
from emovere.types import Faces, Frame, ModelInfo

COLOURS = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "cyan": (0, 255, 255),
    "magenta": (255, 0, 255),
}


class Picky:
    box_in_crop = (0.0, 0.0, 48.0, 48.0)

    def __init__(self, options: DetectOptions) -> None:
        self.info = ModelInfo("picky", "1")

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        for frame in frames:
            colour = next((name for name, rgb in COLOURS.items() if (frame.image == rgb).all()), "")
            if colour == "red":
                os.kill(os.getpid(), signal.SIGSEGV)
            if colour == "blue":
                np.zeros(1 << 34, np.uint8)
            if colour == "green":
                raise RuntimeError("green is no colour")
            if colour == "yellow":
                os.kill(os.getpid(), signal.SIGKILL)
            if colour == "cyan":
                time.sleep(0.5)
            if colour == "magenta" and not (mark := Path(f"{frame.source}.seen")).exists():
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return [Faces(np.array([[0, 0, f.size[1], f.size[0]]], np.float32), np.ones(1, np.float32)) for f in frames]
