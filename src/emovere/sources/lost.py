"""Why a connection to a camera or a stream is given up."""

from __future__ import annotations

import time

NO_VIDEO = "is no video that can be read; expected a stream such as rtsp://, MJPEG, HLS, MPEG-TS or MP4"


class Lost(Exception):
    """A connection cannot be made, or has broken."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final
        """Whether trying again is of no use, where no frame has come yet: an unknown host, no video."""


class Watch:
    """Ends the wait for a frame: seconds without one, or an interruption."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self.interrupted = False
        self.renew()

    def renew(self) -> None:
        """A frame has come, or is waited for from now on."""
        self._due = time.monotonic() + self.timeout_s

    @property
    def left_s(self) -> float:
        """Seconds left."""
        return self._due - time.monotonic()

    def check(self) -> None:
        """Raise Lost where the time is up."""
        if self.interrupted:
            raise Lost("closed")
        if self.left_s <= 0:
            raise Lost("timed out")


def unknown_host(host: str) -> Lost:
    """Nobody knows the name."""
    return Lost(f"unknown host {host}; check the address and the network", final=True)


def refused(status: int) -> Lost:
    """A server's answer in the 400s and 500s; only in the 500s it is of use to try again."""
    meaning = {
        401: "user name or password missing or wrong (401); expected scheme://user:password@host/...",
        403: "the server forbids it (403)",
        404: "the server knows no such path (404); check the address",
    }
    return Lost(meaning.get(status, f"the server answers {status}"), final=status < 500)
