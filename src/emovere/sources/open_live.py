"""From a live source's name to the source."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Protocol, cast

from emovere.config import StreamOptions
from emovere.errors import SourceError
from emovere.sources.names import printable
from emovere.sources.reconnect import StreamStats
from emovere.types import Frame

SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "udp", "tcp")
"""What a stream's address may begin with."""

OPENERS = {
    "camera": "emovere.sources.camera:Camera",
    "stream": "emovere.sources.stream:Stream",
    "screen": "emovere.sources.screen:Screen",
    "realsense": "emovere.sources.depth:RealSense",
}
"""What opens each kind, from the name and the options; imported when it is asked for."""


class LiveSource(Protocol):
    """A source that goes on until it is closed. Iterate once; it may be closed from another thread."""

    name: str
    """What its frames call their source: the name as it was given, without a password."""
    stats: StreamStats
    """What it went through, as it goes."""

    def __iter__(self) -> Iterator[Frame]: ...

    def close(self) -> None:
        """End the iteration, and give the camera or the connection back."""
        ...


def is_live(name: str) -> bool:
    """Whether a name stands for a camera (``0``), a stream (``rtsp://...``), ``screen`` or ``realsense``."""
    return _kind(name) is not None


def open_live(name: str, options: StreamOptions | None = None) -> LiveSource:
    """The source behind a name for which ``is_live`` is true.

    Raises SourceError where a camera is not there; a stream connects, and a screen is opened, when it is iterated.
    Raises MissingExtra where a library is not installed.
    """
    kind = _kind(name)
    if kind is None:
        raise SourceError(
            f"{printable(name)}: no live source; expected a camera's number, an address such as rtsp://host/path, "
            f"screen, or realsense"
        )
    module, _, attribute = OPENERS[kind].partition(":")
    opener = getattr(importlib.import_module(module), attribute)
    return cast("LiveSource", opener(name, options or StreamOptions()))


def _kind(name: str) -> str | None:
    if name.isascii() and name.isdigit():
        return "camera"
    scheme, separator, rest = name.partition("://")
    if separator and rest and scheme.lower() in SCHEMES:
        return "stream"
    if name == "screen" or name.startswith("screen:"):
        return "screen"
    return "realsense" if name == "realsense" else None
