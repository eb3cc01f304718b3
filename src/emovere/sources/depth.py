"""Colour with depth: recorded pairs of pictures, and RealSense cameras."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np
from PIL import Image

from emovere.config import PhotoOptions, StreamOptions, VideoOptions
from emovere.errors import ConfigError, MissingExtra, SourceError, UnreadableImage
from emovere.extras import optional
from emovere.sources.clock import Clock
from emovere.sources.depth_pairs import Pair, is_depth_folder, pairs_of
from emovere.sources.names import printable
from emovere.sources.photo import read_photo
from emovere.sources.quiet import quiet
from emovere.sources.reconnect import StreamStats
from emovere.sources.video_choice import Choice
from emovere.types import Float32, Frame, Problem

__all__ = ["RealSense", "is_depth_folder", "read_depth_folder"]

MILLIMETRES = 0.001
"""Metres a unit of depth, unless it is told otherwise."""

TUM_UNIT = 0.0002
"""Metres a unit of depth in folders laid out as TUM's are."""

SHAPE_TOLERANCE = 0.02
"""Part by which the two pictures' ratios of width to height may differ."""

SIZE, RATE = (640, 480), 30
"""What a RealSense is asked for: every model has it, for colour and for depth."""

POLL_MS = 200
"""Longest wait at a time, so that closing and Ctrl-C get through."""


def read_depth_folder(
    folder: str | Path,
    options: VideoOptions | None = None,
    photo: PhotoOptions | None = None,
    *,
    unit_m: float | None = None,
) -> Iterator[Frame | Problem]:
    """Recorded colour and depth pictures, paired (see emovere.sources.depth_pairs), as frames of one source.

    Depth is a 16-bit picture, 0 where unknown, aligned to the colour picture; a smaller or larger one is brought to
    its size without mixing values. unit_m: metres a unit; 0.001, or 0.0002 in TUM's layout, unless given. Times are
    seconds since the first picture, by timestamps where there are any, else by ``options.rate``. A pair of which one
    picture is missing or cannot be used is a Problem in its place, and so is a folder without any pair.
    Raises ConfigError for options that make no sense.
    """
    options = options or VideoOptions()
    if unit_m is not None and not 0 < unit_m < 1:
        raise ConfigError(f"depth unit: expected metres, more than 0 and less than 1; got {unit_m}")
    choice = Choice(options)
    name = os.fspath(folder)
    try:
        found = pairs_of(Path(folder))
    except UnreadableImage as error:
        yield Problem(name, type(error).__name__, str(error))
        return
    unit_m = unit_m or (TUM_UNIT if found.tum else MILLIMETRES)
    for place, pair in enumerate(found.pairs):
        since = pair.key - found.pairs[0].key
        index, time_s = (place, since) if found.timed else (int(since), since / options.rate)
        if choice.is_over(time_s):
            return
        if choice.takes(time_s):
            yield _frame(pair, name, index, time_s, unit_m, photo or PhotoOptions())


def _frame(pair: Pair, source: str, index: int, time_s: float, unit_m: float, photo: PhotoOptions) -> Frame | Problem:
    if pair.colour is None or pair.depth is None:
        there, missing = (pair.depth, "colour") if pair.colour is None else (pair.colour, "depth")
        shown = str(there)
        return Problem(shown, "InputError", f"{printable(shown)}: no {missing} picture belongs to it")
    try:
        image = next(read_photo(pair.colour, photo)).image
        depth_m = _read_depth(pair.depth, photo.max_pixels) * np.float32(unit_m)
        return Frame(image, index, time_s, source, _fitted(depth_m, image.shape[:2], pair.depth))
    except UnreadableImage as error:
        at_fault = pair.depth if printable(str(pair.depth)) in str(error) else pair.colour
        return Problem(str(at_fault), type(error).__name__, str(error))


def _read_depth(path: Path, max_pixels: int) -> Float32:
    """(H, W) float32 in the units of the file. Raises UnreadableImage."""
    shown = printable(str(path))
    try:
        with quiet(), Image.open(path) as picture:
            if picture.width * picture.height > max_pixels:
                raise UnreadableImage(
                    f"{shown}: {picture.width} x {picture.height} pixels; expected at most {max_pixels:,}"
                )
            picture.load()
            if not picture.mode.startswith("I"):
                raise UnreadableImage(
                    f"{shown}: is no depth picture: expected 16 bits a pixel, grey; got {_kind(picture.mode)}"
                )
            return np.asarray(picture).astype(np.float32)
    except UnreadableImage:
        raise
    except FileNotFoundError as error:
        raise UnreadableImage(f"{shown}: no such file") from error
    except Exception as error:  # of each decoder's own kind
        reason = printable(" ".join(str(error).split())[:160]) or type(error).__name__
        raise UnreadableImage(f"{shown}: the depth picture cannot be read: {reason}") from error


def _kind(mode: str) -> str:
    return {"L": "8 bits, grey", "1": "1 bit"}.get(mode, f"a picture of mode {mode}")


def _fitted(depth_m: Float32, size: tuple[int, int], path: Path) -> Float32:
    """Depth of the colour picture's size. Raises UnreadableImage where its shape is another."""
    height, width = size
    if depth_m.shape == size:
        return depth_m
    ratio = (depth_m.shape[1] / depth_m.shape[0]) / (width / height)
    if abs(ratio - 1) > SHAPE_TOLERANCE:
        raise UnreadableImage(
            f"{printable(str(path))}: {depth_m.shape[1]} x {depth_m.shape[0]} pixels, its colour picture {width} x "
            f"{height}; expected depth that is aligned to the colour, so of the same shape"
        )
    return np.asarray(cv2.resize(depth_m, (width, height), interpolation=cv2.INTER_NEAREST_EXACT), np.float32)


class RealSense:
    """The frames of a RealSense camera: RGB, depth in metres aligned to the colour, seconds since the first frame.

    Opened at once; use it with ``with``, or close it. options.timeout: seconds without a frame after which the camera
    counts as unplugged. library: the module pyrealsense2. Raises MissingExtra where that is not installed, SourceError
    where no camera is connected; iterating raises SourceError where it is unplugged.
    """

    def __init__(self, name: str = "realsense", options: StreamOptions | None = None, *, library: Any = None) -> None:
        self.name, self.stats = name, StreamStats()
        self._timeout_s = (options or StreamOptions()).timeout
        self._closing = threading.Event()
        self._lock = threading.Lock()
        rs = library if library is not None else _pyrealsense2()
        if not len(rs.context().query_devices()):
            raise SourceError(f"{name}: no camera is connected; plug it into a USB 3 port, with a cable that is USB 3")
        pipeline, config = rs.pipeline(), rs.config()
        config.enable_stream(rs.stream.depth, *SIZE, rs.format.z16, RATE)
        config.enable_stream(rs.stream.color, *SIZE, rs.format.rgb8, RATE)
        try:
            profile = pipeline.start(config)
        except RuntimeError as error:
            raise SourceError(
                f"{name}: the camera cannot be started: {_reason(error)}; is another program using it, or the port "
                f"not USB 3?"
            ) from error
        self._pipeline: Any = pipeline
        self._align = rs.align(rs.stream.color)
        self._unit_m = float(profile.get_device().first_depth_sensor().get_depth_scale())
        seen = profile.get_stream(rs.stream.color).as_video_stream_profile().get_intrinsics()
        self.field_of_view = float(np.degrees(2 * np.arctan(seen.width / 2 / seen.fx)))
        """Degrees across the picture, which the detector ``depth`` can be told."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Frame]:
        clock = Clock()
        try:
            while (found := self._next()) is not None:
                aligned = self._align.process(found)
                colour, depth = aligned.get_color_frame(), aligned.get_depth_frame()
                if not (colour and depth):
                    self.stats.damaged += 1
                    continue
                # the library writes the next frame into the same memory
                image = np.array(colour.get_data(), np.uint8)
                depth_m = np.asarray(depth.get_data(), np.float32) * np.float32(self._unit_m)
                time_s = clock.time_of(time.monotonic(), colour.get_timestamp() / 1000)
                self.stats.frames += 1
                yield Frame(image, self.stats.frames - 1, time_s, self.name, depth_m)
        finally:
            self._give_back()

    def close(self) -> None:
        """End the iteration and give the camera back; may be called from another thread, and more than once."""
        self._closing.set()
        self._give_back()

    def _next(self) -> Any:
        """The next pair of frames; None once it is closed. Raises SourceError where none comes in time."""
        due = time.monotonic() + self._timeout_s
        while (pipeline := self._pipeline) is not None:
            try:
                there, found = pipeline.try_wait_for_frames(POLL_MS)
            except RuntimeError as error:
                if self._closing.is_set():
                    return None
                raise SourceError(f"{self.name}: the camera is gone: {_reason(error)}; is it unplugged?") from error
            if there:
                return found
            if time.monotonic() > due:
                raise SourceError(f"{self.name}: no frame for {self._timeout_s:g} s; is the camera unplugged?")
        return None

    def _give_back(self) -> None:
        with self._lock:
            pipeline, self._pipeline = self._pipeline, None
        if pipeline is not None:
            try:
                pipeline.stop()
            except RuntimeError:
                return  # a camera that was pulled out cannot be stopped


def _reason(error: Exception) -> str:
    return printable(" ".join(str(error).split())[:160])


def _pyrealsense2() -> Any:
    try:
        return optional("pyrealsense2", "depth")
    except ModuleNotFoundError:
        raise
    except ImportError as error:
        raise MissingExtra(
            f"pyrealsense2 cannot be loaded: {_reason(error)}; install what it needs, such as libusb-1.0-0"
        ) from error
