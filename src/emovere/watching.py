"""A camera, a stream or a recording, frame by frame as it happens."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Any

from emovere.config import Options
from emovere.errors import InputError
from emovere.following import Follower, Look
from emovere.pipeline import Analyzer, with_settings
from emovere.sources.live import Ahead, Newest
from emovere.sources.names import without_password
from emovere.sources.open_live import LiveSource, is_live, open_live
from emovere.sources.recording import is_recording, open_recording
from emovere.types import Frame, FrameResult, Problem

REMEMBERED = 1000
"""Frames over which the delay is measured."""


class Watch:
    """What is seen in a source, one result a frame; the newest frame wins where the source does not wait.

    >>> for result in emovere.watch(0):  # doctest: +SKIP
    ...     print(result.time_s, [(face.track_id, face.emotion) for face in result])
    >>> async for result in emovere.watch("rtsp://camera.local/live"):  # doctest: +SKIP
    ...     ...

    A camera or a stream goes on until the loop is left, ``close`` is called or the source ends; of a recording every
    frame is looked at. Loops may be left at any time: the source is let go with the loop.
    """

    def __init__(self, source: str | int, options: Options | None = None, *, analyzer: Analyzer | None = None) -> None:
        """source: a camera's number, an address (rtsp, http, ...), ``screen``, or a recording's name.

        Raises UnknownModel, ModelError, WeightsError, ConfigError, and InputError for a name that is no source.
        """
        self._name = str(source)
        self.live = is_live(self._name)
        self.source = without_password(self._name) if self.live else self._name
        """The name, without a password."""
        self.analyzer = analyzer or Analyzer(options)
        self.options = self.analyzer.options
        if not self.live and not is_recording(self._name):
            raise InputError(
                f"{self.source}: no camera, stream or recording; expected a camera's number, rtsp://..., http://..., "
                f"screen, or a video; use analyze for photos"
            )
        self.frames = 0
        """Frames that were looked at."""
        self.dropped = 0
        """Frames that came while another one was being looked at."""
        self.delays_ms: deque[float] = deque(maxlen=REMEMBERED)
        """From taking a frame to its result, of the latest frames."""
        self.problems: list[Problem] = []
        self.lost = 0
        """Frames that a broken connection swallowed, as far as it can be told."""
        self.reconnects = 0
        self._closed = False
        self._reader: Newest[Frame] | None = None

    def looks(self) -> Iterator[Look]:
        """The same with the frames themselves. Raises SourceError, UnreadableVideo or UnreadableImage."""
        follower = Follower(self.analyzer.detector, self.analyzer.classifier, self.options.track)
        with contextlib.ExitStack() as closing:
            for frame in self._chosen(self._open(closing)):
                if self._closed:
                    return
                taken = time.perf_counter()
                look = follower.look(frame)
                self.delays_ms.append(1000 * (time.perf_counter() - taken))
                self.frames += 1
                yield look

    def __iter__(self) -> Iterator[FrameResult]:
        for look in self.looks():
            yield look.result

    async def __aiter__(self) -> AsyncIterator[FrameResult]:
        """The same for asyncio: frames are waited for and looked at in a thread of their own."""
        looks = self.looks()
        try:
            while (look := await asyncio.to_thread(next, looks, None)) is not None:
                yield look.result
        finally:
            self.close()
            await asyncio.to_thread(looks.close)  # type: ignore[attr-defined]

    def close(self) -> None:
        """End the loop, also one that waits for a frame; may be called from another thread."""
        self._closed = True
        if self._reader is not None:
            self._reader.close()

    def summary(self) -> str:
        """One line of how it went."""
        text = f"{self.frames:,} frames, {self.dropped:,} dropped"
        if self.reconnects:
            text += f", {self.lost:,} lost in {self.reconnects:,} broken connections"
        if not self.delays_ms:
            return text
        ordered = sorted(self.delays_ms)
        late = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        return f"{text}, {statistics.median(ordered):.1f} ms a frame (95 % under {late:.1f} ms)"

    def _open(self, closing: contextlib.ExitStack) -> Iterator[Frame]:
        if not self.live:
            recording = closing.enter_context(contextlib.closing(open_recording(self._name, self.options)))
            ahead = closing.enter_context(Ahead(lambda: recording.frames))
            for item in ahead:
                if isinstance(item, Problem):
                    self.problems.append(item)
                else:
                    yield item
            damage = recording.damage()
            self.problems += [damage] if damage is not None else []
            return
        source = closing.enter_context(contextlib.closing(open_live(self._name, self.options.stream)))
        self._reader = closing.enter_context(Newest(source.__iter__, source.close))
        for frame in self._reader:
            self._count(source)
            yield frame
        self._count(source)

    def _count(self, source: LiveSource) -> None:
        if self._reader is not None:
            self.dropped = self._reader.dropped
        self.lost, self.reconnects = source.stats.lost, source.stats.reconnects

    def _chosen(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """Of a live source, those that the options ask for; a recording's reader has seen to it."""
        if not self.live:
            yield from frames
            return
        wanted = self.options.video
        following = wanted.start
        for frame in frames:
            time_s = frame.time_s or 0.0
            if wanted.end and time_s > wanted.end:
                return
            if time_s >= following - 1e-6:
                following = max(following + wanted.every, time_s) if wanted.every else wanted.start
                yield frame


def watch(source: str | int, options: Options | None = None, **settings: Any) -> Watch:
    """See faces and their expressions in a camera, a stream or a video, one FrameResult a frame as it happens.

    source: as in ``Watch``. settings: ``labels``, ``model`` and ``detector`` as on the command line. The result can be
    looped over with ``for`` and with ``async for``.
    """
    return Watch(source, with_settings(options or Options(), **settings))
