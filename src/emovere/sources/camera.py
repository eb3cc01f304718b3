"""Webcams by number, through OpenCV."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, Protocol

import cv2

from emovere.config import StreamOptions
from emovere.errors import SourceError
from emovere.sources.live import WAKE_S, Ahead
from emovere.sources.lost import Lost
from emovere.sources.reconnect import Connection, Picture, Reconnecting, StreamStats, tell
from emovere.types import UInt8

FAILURES = 5
"""Reads in a row that give no picture, after which a camera counts as unplugged."""

AFTER_FAILURE_S = 0.05
"""Pause after such a read."""


class Capture(Protocol):
    """What is used of cv2.VideoCapture."""

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        """Whether the camera is there."""
        ...

    def read(self) -> tuple[bool, Any]:
        """Whether there is a picture, and the picture: (H, W, 3) uint8, BGR."""
        ...

    def release(self) -> None:
        """Give the camera back."""
        ...


class Camera(Reconnecting):
    """The frames of a webcam, RGB, with the seconds since the first one by their arrival.

    The camera is opened at once. Raises SourceError, where it is not there, saying which are; one that is unplugged
    later, or gives no picture for the timeout, is tried again as the options say. capture: opens a camera by number.
    """

    def __init__(
        self,
        number: int | str,
        options: StreamOptions | None = None,
        *,
        capture: Callable[[int], Capture] | None = None,
        say: Callable[[str], None] = tell,
    ) -> None:
        options, stats = options or StreamOptions(), StreamStats()
        number, capture = int(number), capture or open_capture
        self._opened: list[Capture] = []

        def open_camera() -> Capture:
            with contextlib.suppress(IndexError):
                return self._opened.pop()
            if self._stop.is_set():
                raise Lost("closed")
            return _checked(number, capture)

        def connect() -> Connection:
            return _CameraConnection(open_camera, options)

        super().__init__(str(number), f"camera {number}", connect, options, stats, say)
        self._opened.append(_checked(number, capture))

    def close(self) -> None:
        """End the iteration and give the camera back."""
        super().close()
        while self._opened:
            self._opened.pop().release()


class _CameraConnection:
    """Reads in a thread of its own, since a driver may wait for a picture for ever."""

    definite = False

    def __init__(self, open_camera: Callable[[], Capture], options: StreamOptions) -> None:
        self._open_camera, self._timeout_s = open_camera, options.timeout
        self._stop = threading.Event()

    def pictures(self, after: float | None) -> Generator[Picture]:
        """See Connection."""
        with Ahead(self._images, self._stop.set, ahead=1) as images:
            while True:
                image = self._next(images)
                if image is None:
                    return
                yield Picture(image, None)
                del image

    def interrupt(self) -> None:
        """See Connection."""
        self._stop.set()

    def _next(self, images: Ahead[UInt8]) -> UInt8 | None:
        """The next image; None where there is no more, or nobody waits for it any longer. Raises Lost."""
        due = time.monotonic() + self._timeout_s
        while not self._stop.is_set():
            left = due - time.monotonic()
            if left <= 0:
                raise Lost("timed out")
            with contextlib.suppress(TimeoutError):
                return images.take(min(WAKE_S, left))
        return None

    def _images(self) -> Iterator[UInt8]:
        try:
            camera = self._open_camera()
        except SourceError as error:
            raise Lost(str(error).partition(": ")[2]) from error
        try:
            failures = 0
            while not self._stop.is_set():
                there, image = camera.read()
                if there and image is not None and image.size:
                    failures = 0
                    yield cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
                    continue
                failures += 1
                if failures >= FAILURES:
                    raise Lost("gives no picture; is it unplugged?")
                self._stop.wait(AFTER_FAILURE_S)
        finally:
            camera.release()


def open_capture(number: int) -> Capture:
    """A camera through the back end of this platform, without OpenCV's own lines on stderr."""
    backends = {"linux": [cv2.CAP_V4L2], "win32": [cv2.CAP_DSHOW, cv2.CAP_MSMF], "darwin": [cv2.CAP_AVFOUNDATION]}
    _OpenCvLog.silence()
    for backend in backends.get(sys.platform, [cv2.CAP_ANY]):
        capture = cv2.VideoCapture(number, backend)
        if capture.isOpened():
            break
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # what waits in a buffer is old
    return capture


def devices() -> list[str]:
    """The cameras that can be seen without opening them, which only Linux tells."""
    return sorted(str(path) for path in Path("/dev").glob("video[0-9]*")) if sys.platform == "linux" else []


def _checked(number: int, capture: Callable[[int], Capture]) -> Capture:
    """The open camera. Raises SourceError where it cannot be opened."""
    camera = capture(number)
    if camera.isOpened():
        return camera
    camera.release()
    raise SourceError(f"camera {number}: {_why_not(number)}")


def _why_not(number: int) -> str:
    there, device = devices(), f"/dev/video{number}"
    if sys.platform != "linux":
        return "cannot be opened; is it there, free, and is this program allowed to use it (privacy settings)?"
    if not there:
        return "there is no camera on this computer (no /dev/video*)"
    if device not in there:
        return f"is not there; expected the number of one of {', '.join(there)}"
    if not os.access(device, os.R_OK | os.W_OK):
        return f"no permission to use {device}; become a member of the group video"
    return f"{device} gives no pictures; is another program using it, or is it the second device of a camera?"


class _OpenCvLog:
    """OpenCV's log belongs to the whole process and is silenced once, when a camera is first asked for."""

    _silent = False

    @classmethod
    def silence(cls) -> None:
        if not cls._silent:
            with contextlib.suppress(AttributeError):
                cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
            cls._silent = True
