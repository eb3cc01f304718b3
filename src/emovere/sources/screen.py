"""The screen, or a part of it, as a live source."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from emovere.config import StreamOptions
from emovere.errors import SourceError
from emovere.extras import optional
from emovere.sources.clock import Clock
from emovere.sources.names import printable
from emovere.sources.reconnect import StreamStats
from emovere.types import Frame, UInt8

RATE = 15.0
"""Frames a second, at most."""

_REGION = re.compile(r"screen:(-?\d+),(-?\d+),(\d+),(\d+)")


class Screen:
    """The frames of a screen, RGB: ``screen`` for the first monitor, ``screen:x,y,width,height`` for a part in pixels.

    rate: frames a second, at most. Raises SourceError for another name; iterating raises MissingExtra where mss is not
    installed, and SourceError where there is no screen, or the part lies outside. The pictures do not wait for changes.
    """

    def __init__(self, name: str = "screen", options: StreamOptions | None = None, *, rate: float = RATE) -> None:
        self.stats = StreamStats()
        self.name, self._region, self._step_s = name, _region(name), 1 / rate
        self._stop = threading.Event()

    def __iter__(self) -> Iterator[Frame]:
        grabber = _mss()
        clock = Clock()
        try:
            with grabber() as screen:  # opened, used and closed by one thread, as X11 wants it
                area = self._area(screen.monitors)
                due = time.monotonic()
                while not self._stop.is_set():
                    image = _rgb(screen.grab(area))
                    self.stats.frames += 1
                    yield Frame(image, self.stats.frames - 1, clock.time_of(time.monotonic(), None), self.name)
                    del image
                    due = max(due + self._step_s, time.monotonic())
                    self._stop.wait(due - time.monotonic())
        except SourceError:
            raise
        except Exception as error:  # of each platform's own kind
            reason = printable(" ".join(str(error).split()))
            raise SourceError(f"{self.name}: there is no screen to be seen here: {reason}") from error

    def close(self) -> None:
        """End the iteration at once."""
        self._stop.set()

    def _area(self, monitors: list[dict[str, Any]]) -> dict[str, int]:
        """What to grab, known to lie on the monitors, of which the first entry is their whole."""
        keys = ("left", "top", "width", "height")
        if self._region is None:
            return {key: int(monitors[1][key]) for key in keys}
        whole = monitors[0]
        x, y, width, height = self._region
        right, bottom = whole["left"] + whole["width"], whole["top"] + whole["height"]
        if x < whole["left"] or y < whole["top"] or x + width > right or y + height > bottom:
            raise SourceError(
                f"{self.name}: expected a part of {whole['width']} x {whole['height']} pixels, beginning at "
                f"{whole['left']},{whole['top']}"
            )
        return dict(zip(keys, self._region, strict=True))


def _region(name: str) -> tuple[int, int, int, int] | None:
    if name == "screen":
        return None
    match = _REGION.fullmatch(name)
    x, y, width, height = (int(number) for number in match.groups()) if match else (0, 0, 0, 0)
    if not width or not height:
        raise SourceError(f"{printable(name)}: expected screen, or screen:x,y,width,height in pixels")
    return x, y, width, height


def _rgb(shot: Any) -> UInt8:
    pixels = np.frombuffer(shot.raw, np.uint8).reshape(shot.size.height, shot.size.width, 4)
    return cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGB)  # type: ignore[return-value]


def _mss() -> Any:
    mss = optional("mss", "screen")
    return getattr(mss, "MSS", None) or mss.mss  # its name since version 10.2, and the one before
