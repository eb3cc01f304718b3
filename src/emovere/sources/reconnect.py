"""What cameras and streams share: a lost connection is told on stderr in one line, and tried again."""

from __future__ import annotations

import contextlib
import statistics
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from emovere.config import StreamOptions
from emovere.errors import ConfigError, SourceError
from emovere.sources.clock import Clock
from emovere.sources.lost import Lost
from emovere.types import Frame, UInt8

FIRST_PAUSE_S = 0.5
"""Pause before the first new attempt; it doubles with each."""

STEPS = 100
"""Steps between frames whose median tells the rate, by which lost frames are counted."""


@dataclass
class StreamStats:
    """What a live source went through."""

    frames: int = 0
    """Frames that came."""
    reconnects: int = 0
    """Times that a lost connection came back."""
    lost: int = 0
    """Frames that were missed while the connection was gone, estimated from its length and the rate."""
    damaged: int = 0
    """Packets or pictures that could not be decoded and were passed by."""


class Picture(NamedTuple):
    """One decoded picture of a connection."""

    image: UInt8
    """(H, W, 3) uint8, RGB."""
    stamp: float | None
    """Seconds on the source's own clock; None where it has none."""


class Connection(Protocol):
    """One connection, from its opening to its end."""

    definite: bool
    """Whether what comes is finite and the same from its beginning each time, as a file is; known once it is open."""

    def pictures(self, after: float | None) -> Generator[Picture]:
        """Open it and give what comes, up to a definite end; of a finite one, only what is stamped later than after.

        Raises Lost where it cannot be opened, breaks, stalls, or ends where there is no end.
        """
        ...

    def interrupt(self) -> None:
        """From another thread: let ``pictures`` end as soon as it can."""
        ...


def tell(text: str) -> None:
    """Say one line on stderr, where there is one."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            print(f"emovere: {text}", file=sys.stderr, flush=True)


class Reconnecting:
    """The frames of a live source through as many connections as it takes.

    name: what the frames call their source. shown: what messages call it. connect: makes a Connection and opens nothing
    yet. ``close`` may be called from another thread, and ends a pause at once. Iterating raises SourceError where it
    is of no use to try again, or where the attempts are used up. Raises ConfigError for options that make no sense.
    """

    def __init__(
        self,
        name: str,
        shown: str,
        connect: Callable[[], Connection],
        options: StreamOptions,
        stats: StreamStats,
        say: Callable[[str], None] = tell,
    ) -> None:
        _check(options)
        self.name, self.stats = name, stats
        self._shown, self._connect, self._options, self._say = shown, connect, options, say
        self._stop = threading.Event()
        self._connection: Connection | None = None
        self._clock = Clock()
        self._steps: deque[float] = deque(maxlen=STEPS)
        self._failures = 0
        self._failing_since = 0.0

    def __iter__(self) -> Iterator[Frame]:
        while not self._stop.is_set():
            connection = self._connection = self._connect()
            if self._stop.is_set():
                return
            try:
                with contextlib.closing(connection.pictures(self._clock.stamp)) as pictures:
                    for picture in pictures:
                        yield self._frame(picture, connection.definite)
                return
            except Lost as lost:
                if self._stop.is_set():
                    return
                pause = self._pause_after(lost)
            self._stop.wait(pause)

    def close(self) -> None:
        """End the iteration; a pause at once, a read as soon as it can be interrupted."""
        self._stop.set()
        if self._connection is not None:
            self._connection.interrupt()

    def _frame(self, picture: Picture, definite: bool) -> Frame:
        now, clock, stats = time.monotonic(), self._clock, self.stats
        before = clock.time_s
        if self._failures:
            self._tell_return(now, definite)
            self._failures = 0
            if not definite:
                clock.start_anew()
            time_s = clock.time_of(now, picture.stamp)
        else:
            time_s = clock.time_of(now, picture.stamp)
            if stats.frames:
                self._steps.append(time_s - before)
        stats.frames += 1
        return Frame(picture.image, stats.frames - 1, time_s, self.name)

    def _tell_return(self, now: float, definite: bool) -> None:
        if self._clock.arrived is None:
            self._say(f"{self._shown}: connected after {_seconds(now - self._failing_since)}")
            return
        gone = now - self._clock.arrived
        self.stats.reconnects += 1
        if definite:
            told = "; no frame lost"
        elif self._steps:
            missed = max(round(gone / statistics.median(self._steps)) - 1, 0)
            self.stats.lost += missed
            told = f"; about {missed} {'frame' if missed == 1 else 'frames'} lost"
        else:
            told = ""
        self._say(f"{self._shown} is back after {_seconds(gone)}{told}")

    def _pause_after(self, lost: Lost) -> float:
        """Tell of the failure and give the seconds to wait. Raises SourceError where there is no use in waiting."""
        now = time.monotonic()
        if not self._failures:
            self._failing_since = now
        self._failures += 1
        if lost.final and not self.stats.frames:
            raise SourceError(f"{self._shown}: {lost.reason}") from None  # what lies behind it may show a password
        attempts = self._options.attempts
        if attempts and self._failures > attempts:
            times = "once" if attempts == 1 else f"{attempts} times"
            raise SourceError(
                f"{self._shown}: {lost.reason}; tried again {times} in {_seconds(now - self._failing_since)}; "
                f"look after it, or raise --set stream.attempts="
            ) from None
        pause = min(FIRST_PAUSE_S * 2.0 ** min(self._failures - 1, 30), self._options.longest_pause)
        state = "lost" if self.stats.frames else "cannot be reached"
        self._say(f"{self._shown} {state} ({lost.reason}); trying again in {pause:g} s")
        return pause


def _check(options: StreamOptions) -> None:
    """Raise ConfigError for what would never end, or never begin."""
    for key, value in (("timeout", options.timeout), ("longest_pause", options.longest_pause)):
        if not 0 < value < threading.TIMEOUT_MAX:
            raise ConfigError(f"stream.{key}: expected seconds, more than 0; got {value:g}")
    if options.attempts < 0:
        raise ConfigError(f"stream.attempts: expected 0 or more; got {options.attempts}")


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
