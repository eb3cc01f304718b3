"""When a frame of a live source was seen."""

from __future__ import annotations

JUMP_S = 5.0
"""A step of the stream's own clock that is this much longer than the wait for the frame is no step but a jump."""

LEAST_S = 1e-3
"""Least step between two frames, so that time rises."""


class Clock:
    """Seconds since the first frame, strictly rising: by the stream's own stamps where they are sane, else by arrival.

    A step backwards, or far beyond what has passed, is not sane, and the time of arrival stands in for it.
    """

    def __init__(self) -> None:
        self.time_s = 0.0
        """The latest frame's time."""
        self.arrived: float | None = None
        """When the latest frame arrived, on the monotonic clock; None before the first."""
        self.stamp: float | None = None
        """The latest frame's stamp in seconds, on the stream's clock; None where it has none."""

    def time_of(self, arrived: float, stamp: float | None) -> float:
        """The time of the next frame."""
        if self.arrived is not None:
            waited = max(arrived - self.arrived, LEAST_S)
            step = stamp - self.stamp if stamp is not None and self.stamp is not None else 0.0
            self.time_s += step if 0 < step <= waited + JUMP_S else waited
        self.arrived, self.stamp = arrived, stamp
        return self.time_s

    def start_anew(self) -> None:
        """The next frame comes through a new connection, whose stamps begin anywhere."""
        self.stamp = None
