"""Which moments of a moving picture are looked at."""

from __future__ import annotations

import math

from emovere.config import VideoOptions
from emovere.errors import ConfigError

SLACK_S = 1e-6
"""Seconds by which a time may fall short and still count as reached: less than any container's tick."""


class Choice:
    """Says of each frame's time, in rising order, whether the frame is wanted.

    Wanted are the times in [start, end), and with ``every`` only the first at or after each multiple of it, counted
    from start. after_s: the time of a frame that was chosen before, by which reading goes on. Raises ConfigError for
    options that make no sense.
    """

    def __init__(self, options: VideoOptions, after_s: float | None = None) -> None:
        _check(options)
        self._options = options
        self._due = options.start
        if after_s is not None:
            self._go_on_from(after_s)

    def takes(self, time_s: float) -> bool:
        """Whether the frame of that time is wanted; asked once for each frame."""
        if time_s < self._due - SLACK_S or self.is_over(time_s):
            return False
        self._go_on_from(time_s)
        return True

    def is_over(self, time_s: float) -> bool:
        """Whether no frame from that time on is wanted."""
        return self._options.end > 0 and time_s > self._options.end - SLACK_S

    def _go_on_from(self, time_s: float) -> None:
        every, start = self._options.every, self._options.start
        if every:
            self._due = start + every * (math.floor((time_s - start + SLACK_S) / every) + 1)


def _check(options: VideoOptions) -> None:
    for name in ("every", "start", "end"):
        value = getattr(options, name)
        if not (math.isfinite(value) and value >= 0):
            raise ConfigError(f"video.{name}: expected seconds, 0 or more; got {value}")
    if 0 < options.end <= options.start:
        raise ConfigError(f"video.end: expected more than video.start ({options.start:g} s); got {options.end:g} s")
