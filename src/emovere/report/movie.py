"""A moving picture as a file: H.264 or VP9, every frame at its own time, with the sound of the original.

The file grows under a temporary name beside its own and appears whole or not at all.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np

from emovere.errors import OutputError
from emovere.extras import optional
from emovere.report.movie_sound import Sound, SoundTrack, open_sound
from emovere.types import UInt8, check_array

TICKS = 90_000
"""Of a second, in which times are counted: 30, 25, 24 and 60 frames a second are whole numbers of them."""

STEP = TICKS // 1000
"""Least ticks between two frames; Matroska counts milliseconds."""

USUAL_RATE = 25.0
"""Frames a second where the rate is not known."""


@dataclass(frozen=True)
class Container:
    """How a kind of file is written."""

    format: str
    encoder: str
    settings: dict[str, str]
    sound: Sound
    options: dict[str, str]


_H264 = ("libx264", {"preset": "veryfast", "crf": "21"})
_VP9 = ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "crf": "32", "b": "0"})

CONTAINERS = {
    ".mp4": Container("mp4", *_H264, Sound(frozenset({"aac", "mp3", "opus", "ac3"}), "aac"), {"movflags": "faststart"}),
    ".mkv": Container("matroska", *_H264, Sound(frozenset({"aac", "mp3", "opus", "ac3", "vorbis", "flac"}), "aac"), {}),
    ".webm": Container("webm", *_VP9, Sound(frozenset({"opus", "vorbis"}), "libopus"), {}),
}
"""By suffix."""


class Movie:
    """Takes pictures with their times and writes a video.

    As a context manager it finishes the file when the block ends well, and leaves nothing where it does not; ``close``
    keeps what there is, a playable file, at any time. Without a picture there is no file.
    """

    def __init__(
        self,
        path: Path,
        *,
        rate: float | None = None,
        sound_from: Path | None = None,
        start: float = 0.0,
        end: float | None = None,
    ) -> None:
        """path: ends in .mp4, .mkv or .webm. rate: frames a second, where known; times are exact without it too.

        sound_from: a video whose sound comes along, in step with the pictures; none where it has none that can be read.
        start, end: seconds of ``sound_from``; the first of them is the new video's beginning. Raises OutputError for
        another suffix, MissingExtra where PyAV is not installed.
        """
        container = CONTAINERS.get(path.suffix.lower())
        if container is None:
            raise OutputError(f"{path}: expected a name that ends in {', '.join(CONTAINERS)}; got {path.suffix!r}")
        self._av = optional("av", "video")
        self._path = path
        self._kind = container
        self._rate = Fraction(rate or USUAL_RATE).limit_denominator(1001)
        self._sound_from, self._start, self._end = sound_from, start, end
        self._part = path.absolute().parent / f".{path.name[:40]}.{secrets.token_hex(4)}.part"
        self._output: Any = None
        self._stream: Any = None
        self._sound: SoundTrack | None = None
        self._size = (0, 0)
        self._tick = -STEP
        self._step = round(TICKS / self._rate)
        self._over = False

    def write(self, image: UInt8, time_s: float) -> None:
        """Append a picture.

        image: (H, W, 3) uint8 RGB; one of another size than the first is fitted into that size, with black beside.
        time_s: seconds on the same clock as ``start``; one that does not rise is moved just behind the last one.
        Raises OutputError where the file cannot be written, and then leaves nothing behind.
        """
        check_array("image", image, (None, None, 3), np.uint8)
        if self._over:
            raise OutputError(f"{self._path}: is finished; open another Movie")
        with self._told():
            if self._output is None:
                self._open((image.shape[0], image.shape[1]), time_s)
            tick = max(round((time_s - self._start) * TICKS), self._tick + STEP)
            self._step = tick - self._tick if self._tick >= 0 else self._step
            self._tick = tick
            frame = self._av.VideoFrame.from_ndarray(_to_yuv(_fitted(image, self._size)), format="yuv420p")
            frame.pts, frame.time_base = tick, Fraction(1, TICKS)
            self._output.mux(self._stream.encode(frame))
            if self._sound is not None:
                self._sound.write_until(tick / TICKS)

    def close(self) -> None:
        """Finish the file and give it its name; without a picture there is none. Raises OutputError."""
        if self._over or self._output is None:
            self._over = True
            return
        with self._told():
            self._output.mux(self._stream.encode(None))
            if self._sound is not None:
                self._sound.finish((self._tick + self._step) / TICKS)
            self._output.close()
            self._part.replace(self._path)
        self._over = True

    def abort(self) -> None:
        """Throw away what there is."""
        if self._over:
            return
        self._over = True
        if self._sound is not None:
            self._sound.close()
        if self._output is not None:
            # it writes its index even now, and may find the disk full once more
            with contextlib.suppress(self._av.error.FFmpegError, OSError, ValueError):
                self._output.close()
        with contextlib.suppress(OSError):
            self._part.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def _open(self, size: tuple[int, int], time_s: float) -> None:
        self._size = size
        self._start = min(self._start, time_s)
        self._path.absolute().parent.mkdir(parents=True, exist_ok=True)
        kind = self._kind
        # without "file:", ffmpeg takes a name with a colon for a protocol
        self._output = self._av.open(f"file:{self._part}", "w", format=kind.format, options=dict(kind.options))
        stream = self._output.add_stream(kind.encoder, rate=self._rate, options=dict(kind.settings))
        stream.height, stream.width = (side + side % 2 for side in size)
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, TICKS)
        coder = stream.codec_context
        coder.time_base = Fraction(1, TICKS)
        coder.thread_type, coder.thread_count = "AUTO", 0
        # of ITU-T H.273: red, green and blue as on a screen, brought to the brightness and colours of BT.601
        coder.color_primaries, coder.color_trc, coder.colorspace, coder.color_range = 1, 1, 6, 1
        self._stream = stream
        if self._sound_from is not None:
            self._sound = open_sound(self._av, self._sound_from, self._output, kind.sound, self._start, self._end)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever goes wrong throws the file away; what the disk refuses is told in one line."""
        try:
            yield
        except (self._av.error.FFmpegError, OSError, ValueError) as error:
            self.abort()
            why = getattr(error, "strerror", None) or str(error)
            raise OutputError(f"{self._path}: cannot be written: {why}") from error


def _fitted(image: UInt8, size: tuple[int, int]) -> UInt8:
    """A picture in that size, with black beside where its shape is another, and even sides for the encoder."""
    height, width = size
    if image.shape[:2] != size:
        scale = min(height / image.shape[0], width / image.shape[1])
        inner_h, inner_w = (max(1, min(round(scale * a), b)) for a, b in zip(image.shape[:2], size, strict=True))
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        fitted = np.zeros((height, width, 3), np.uint8)
        top, left = (height - inner_h) // 2, (width - inner_w) // 2
        fitted[top : top + inner_h, left : left + inner_w] = cv2.resize(image, (inner_w, inner_h), interpolation=way)
        image = fitted
    if height % 2 or width % 2:
        image = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return image


_NARROWED: UInt8 = np.round(128 + (np.arange(256) - 128.0) * 224 / 255).astype(np.uint8)
"""Differences of colour from the full range to the one that video uses."""


def _to_yuv(image: UInt8) -> UInt8:
    """(H, W, 3) RGB with even sides -> (3 H / 2, W) planes of BT.601: brightness, then both differences of colour.

    OpenCV's own conversion takes one colour of four and loses thin lines; here the four are averaged. It is several
    times quicker than swscale's.
    """
    height, width = image.shape[:2]
    planes: UInt8 = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2YUV_I420))
    half = cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    colours = cv2.LUT(cv2.cvtColor(half, cv2.COLOR_RGB2YCrCb), _NARROWED)
    differences = planes[height:].reshape(2, height // 2, width // 2)
    differences[0], differences[1] = colours[..., 2], colours[..., 1]
    return planes
