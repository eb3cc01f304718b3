"""Videos: files of any usual container, upright and in RGB, each frame with its exact time."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from emovere.config import VideoOptions
from emovere.errors import UnreadableVideo
from emovere.sources.names import printable
from emovere.sources.video_choice import SLACK_S, Choice
from emovere.sources.video_frames import Picture, Pictures, beginning_before, can_be_ranked, rate_of
from emovere.sources.video_open import Opened, open_video, pyav
from emovere.sources.video_pixels import ToRgb
from emovere.sources.video_whole import is_cut_short
from emovere.types import Frame

_STATE_A_DURATION = ("mov", "matroska", "avi", "flv", "asf")
"""Containers whose header states a duration; for others ffmpeg guesses it from the file's end."""

_TOLERANCE = 1.0
"""Seconds, and per cent of the duration, by which a header may be wrong without the file counting as broken off."""


@dataclass(frozen=True)
class VideoInfo:
    """What is known of a video before it is read."""

    width: int
    """Pixels of the upright picture; it may change within the file."""
    height: int
    rate: float | None
    """Mean frames a second; None where the file does not say."""
    duration_s: float | None
    frames: int | None
    """Frames in the file, as far as its header tells."""
    audio: bool
    codec: str


class VideoFile:
    """A video file, read once from beginning to end: ``with VideoFile(path) as video``, ``for frame in video``.

    Frames are (H, W, 3) uint8 RGB, turned upright, with square pixels; a frame may differ in size from the one before.
    ``time_s`` counts from the file's first picture and always rises; ``index`` is the place in the file, whatever is
    left out. Damaged packets and pictures are skipped and counted.

    after: index and time of a frame: what an uninterrupted reading with the same options gives after it is given, and
    nothing before. threads: of the decoder; 0 for as many as there are cores, up to 8.

    Raises UnreadableVideo for what holds no picture that can be decoded, ConfigError for options that make no sense,
    MissingExtra without PyAV. While it is read, UnreadableVideo follows the last frame of a file that breaks off, or
    that ends before ``options.start``.
    """

    def __init__(
        self,
        path: str | Path,
        options: VideoOptions | None = None,
        *,
        after: tuple[int, float] | None = None,
        threads: int = 0,
    ) -> None:
        self._name = os.fspath(path)
        self._shown = printable(self._name)
        self._options = options = options or VideoOptions()
        self._after = after
        self._choice = Choice(options, None if after is None else after[1])
        self._closed = False
        self._opened = open_video(self._name, self._shown, threads)
        try:
            self._pictures = Pictures(self._opened)
            pictures = iter(self._pictures)
            first = self._first(pictures)
            self.info = self._described(first)
            begin_s = options.start if after is None else after[1]
            if begin_s > 0:
                pictures = self._begin_at(begin_s, threads)
                self._frames = self._chosen(None, pictures)
            else:
                self._frames = self._chosen(first, pictures)
        except BaseException:
            self._opened.container.close()
            raise

    @property
    def damaged(self) -> int:
        """Packets and pictures that could not be decoded and were skipped, so far."""
        return self._pictures.damaged

    def __iter__(self) -> Iterator[Frame]:
        return self._frames

    def __enter__(self) -> VideoFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; iterating ends. A frame that another thread is waiting for still comes."""
        self._closed = True
        with contextlib.suppress(ValueError):  # another thread is reading: it closes the file when it sees the mark
            self._frames.close()
            self._opened.container.close()

    def _first(self, pictures: Iterator[Picture]) -> Picture:
        first = next(pictures, None)
        if first is None:
            raise UnreadableVideo(f"{self._shown}: none of its pictures can be decoded; copy it again")
        return first

    def _begin_at(self, begin_s: float, threads: int) -> Iterator[Picture]:
        """Pictures from one at or before a second on, of a file opened anew."""
        origin, opened = self._pictures.origin, self._opened
        if origin is None or not can_be_ranked(opened):
            opened.container.close()
            self._opened = open_video(self._name, self._shown, threads)
            self._pictures = Pictures(self._opened)
            return iter(self._pictures)
        tick = origin + math.ceil((begin_s - SLACK_S) / opened.stream.time_base)
        opened.container.close()
        self._opened = open_video(self._name, self._shown, threads)
        beginning = beginning_before(self._opened, tick)
        self._opened.container.close()
        self._opened = open_video(self._name, self._shown, threads)
        self._pictures = Pictures(self._opened, beginning, origin, tick + (self._after is not None))
        return iter(self._pictures)

    def _chosen(self, first: Picture | None, pictures: Iterator[Picture]) -> Generator[Frame, None, None]:
        """Frames of the pictures that are wanted; only those are converted."""
        to_rgb = ToRgb(self._opened.stream)
        last_s = 0.0
        try:
            while not self._closed:
                picture = first or next(pictures, None)
                first = None
                if picture is None:
                    self._check_end(last_s)
                    return
                last_s = picture.time_s
                if self._choice.is_over(last_s):
                    return
                if (self._after is None or picture.index > self._after[0]) and self._choice.takes(last_s):
                    yield self._frame(picture, to_rgb)
                del picture  # else it would stay in memory beside the next one
        finally:
            self._opened.container.close()

    def _frame(self, picture: Picture, to_rgb: ToRgb) -> Frame:
        try:
            image = to_rgb(picture.decoded)
        except (pyav().error.FFmpegError, ValueError) as error:
            raise UnreadableVideo(f"{self._at(picture.time_s)}: the picture cannot be converted: {error}") from error
        except MemoryError as error:
            raise UnreadableVideo(f"{self._at(picture.time_s)}: too large for the memory there is") from error
        return Frame(image, picture.index, picture.time_s, self._name)

    def _at(self, time_s: float) -> str:
        return f"{self._shown}: at {time_s:.1f} s"

    def _check_end(self, last_s: float) -> None:
        """Raise UnreadableVideo where the file should go on, or has ended before the second at which to begin."""
        whole = self.info.duration_s
        of = f" of {whole:.1f} s" if whole else ""
        if is_cut_short(self._name):
            size = Path(self._name).stat().st_size
            raise UnreadableVideo(
                f"{self._shown}: breaks off at {last_s:.1f} s{of}: the file is truncated: it ends after {size:,} "
                f"bytes; copy it again"
            )
        if self._misses(self._opened):
            raise UnreadableVideo(
                f"{self._shown}: breaks off at {last_s:.1f} s{of}: the rest cannot be read; copy it again"
            )
        if last_s < self._options.start - SLACK_S:
            raise UnreadableVideo(
                f"{self._shown}: ends at {last_s:.1f} s; expected more than video.start ({self._options.start:g} s)"
            )

    def _misses(self, opened: Opened) -> bool:
        """Whether the header promises more seconds than any stream had."""
        container = opened.container
        if not container.format.name.startswith(_STATE_A_DURATION) or not container.duration:
            return False
        duration_s = container.duration / pyav().time_base
        reached_s = self._pictures.end_s - min(0.0, (container.start_time or 0) / pyav().time_base)
        return bool(duration_s - reached_s > _TOLERANCE + duration_s * _TOLERANCE / 100)

    def _described(self, first: Picture) -> VideoInfo:
        container, stream = self._opened.container, self._opened.stream
        height, width = ToRgb(stream).size(first.decoded)
        rate = rate_of(self._opened)
        duration_s = None
        if stream.duration:
            duration_s = float(stream.duration * stream.time_base)
        elif container.duration:
            duration_s = container.duration / pyav().time_base
        estimate = round(duration_s * rate) if duration_s and rate else None
        return VideoInfo(
            width=width,
            height=height,
            rate=rate,
            duration_s=duration_s,
            frames=stream.frames or estimate,
            audio=bool(container.streams.audio),
            codec=stream.codec_context.codec.canonical_name,
        )


def read_video(path: str | Path, options: VideoOptions | None = None) -> Iterator[Frame]:
    """The frames of a video file in turn; see VideoFile for what they are and what is raised."""
    with VideoFile(path, options) as video:
        yield from video
