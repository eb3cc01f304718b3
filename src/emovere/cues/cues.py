"""Tells a change of expression aloud, for people who cannot read it from a face."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from emovere.cues.changes import Changes
from emovere.cues.cue import Cue
from emovere.types import FrameResult

LEAST_PAUSE_S = 2.0
HOLD_S = 0.5


class Teller(Protocol):
    """What a cue is handed to; ``emovere.cues.speaker.Speaker`` is one."""

    def tell(self, cue: Cue) -> bool:
        """Begin to tell and return at once; False where the last cue is still being told."""

    def close(self) -> None:
        """Fall silent."""


class Cues:
    """Decides after each frame whether something is told, and never waits for it.

    A cue is told when the likeliest expression of a person has changed, has stayed for a moment, and is not uncertain:
    at most one in ``least_pause_s``, the newest first, and only while it is still what is seen. The number of a person
    is told only where there are several. As a context manager it falls silent at the end.

    >>> with Cues(find_speaker()) as cues:  # doctest: +SKIP
    ...     for result in emovere.watch("0"):
    ...         cues.frame(result)
    """

    def __init__(
        self,
        speaker: Teller,
        *,
        least_pause_s: float = LEAST_PAUSE_S,
        hold_s: float = HOLD_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """least_pause_s: for the listener, by the clock, between the beginnings of two cues.

        hold_s: by the time of the frames, for which an expression must stay the likeliest.
        """
        self._speaker = speaker
        self._least_pause_s = least_pause_s
        self._clock = clock
        self._changes = Changes(hold_s)
        self._last: float | None = None

    def frame(self, result: FrameResult) -> None:
        """Take one frame with track numbers and smoothed expressions; without a time, the clock's counts."""
        now = self._clock()
        cue = self._changes.newest(result, now if result.time_s is None else result.time_s)
        if cue is None or (self._last is not None and now - self._last < self._least_pause_s):
            return
        if self._speaker.tell(cue):
            self._last = now
            self._changes.told()

    def close(self) -> None:
        """Fall silent, even in the middle of a word."""
        self._speaker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
