"""Opening a video file: the container, the stream of pictures in it, and a clear refusal where there is none."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emovere.errors import UnreadableVideo
from emovere.extras import optional
from emovere.sources.formats import recognise
from emovere.sources.kinds import HEAD, container_of
from emovere.sources.video_whole import has_index

MAX_PIXELS = 8192 * 8192
"""Larger pictures are refused before they are decoded."""

MAX_THREADS = 8
"""Most threads that decode one file unless told otherwise; each holds pictures of its own."""

_DEMUXERS = "mov,matroska,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,flv,asf,ogg,mjpeg,ivf,obu,yuv4mpegpipe,mxf,dv,nut,rm"
"""What ffmpeg may take a file for. It knows more, such as play lists, by which a file opens others and the network."""

_EXPECTED = "expected MP4, MOV, MKV, WebM, AVI, MPEG, FLV, WMV or OGV"


@dataclass
class Opened:
    """A container of PyAV and its stream of pictures; whoever opened it closes the container."""

    container: Any
    stream: Any


def pyav() -> Any:
    """The module ``av``. Raises MissingExtra where it is not installed."""
    return optional("av", "video")


def open_video(path: str, shown: str, threads: int = 0) -> Opened:
    """Open a file for decoding. shown: its name in messages; threads: 0 for as many as there are cores, up to 8.

    Raises UnreadableVideo where there are no pictures to decode, MissingExtra without PyAV.
    """
    av = pyav()
    head = _head(path, shown)
    try:
        # without "file:", ffmpeg takes the name 10:30.mp4 for a protocol
        options = {"protocol_whitelist": "file", "format_whitelist": _DEMUXERS, "max_pixels": str(MAX_PIXELS)}
        container = av.open(f"file:{path}", options=options, metadata_errors="replace")
    except (av.error.FFmpegError, ValueError) as error:
        raise UnreadableVideo(f"{shown}: {_why_not(path, head, error)}") from error
    try:
        stream = _pictures_of(container, shown)
        decoder = stream.codec_context
        if decoder.width * decoder.height > MAX_PIXELS:
            raise UnreadableVideo(
                f"{shown}: {decoder.width} x {decoder.height} pixels; expected at most {MAX_PIXELS:,}; make it smaller"
            )
        decoder.options = {"max_pixels": str(MAX_PIXELS)}
        decoder.thread_type = "AUTO"
        decoder.thread_count = threads or min(MAX_THREADS, _cores())
    except BaseException:
        container.close()
        raise
    return Opened(container, stream)


def _head(path: str, shown: str) -> bytes:
    """The file's first bytes. Raises UnreadableVideo where it is no file that can be read."""
    try:
        status = Path(path).stat()
        if stat.S_ISDIR(status.st_mode):
            raise UnreadableVideo(f"{shown}: is a folder; expected a video")
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableVideo(f"{shown}: is no regular file; expected a video; save it to a file first")
        if not status.st_size:
            raise UnreadableVideo(f"{shown}: is empty (0 bytes); expected a video")
        with Path(path).open("rb") as file:
            return file.read(HEAD)
    except FileNotFoundError as error:
        raise UnreadableVideo(f"{shown}: no such file") from error
    except PermissionError as error:
        raise UnreadableVideo(f"{shown}: no permission to read it") from error
    except OSError as error:
        raise UnreadableVideo(f"{shown}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise UnreadableVideo(f"{shown}: is no file name") from error


def _why_not(path: str, head: bytes, error: Exception) -> str:
    """Why a file that begins like this cannot be opened: the second half of a message."""
    kind = container_of(head)
    picture = recognise(head)
    if kind == "MP4 or MOV" and not has_index(path):
        return "has no index (moov): the recording was broken off or the file is truncated; expected a whole MP4 or MOV"
    if kind is not None:
        return f"the {kind} file is damaged ({getattr(error, 'strerror', None) or error}); copy it again"
    if picture is not None:
        return f"is a {picture.name} picture; expected a video"
    if not head.strip(b"\0"):
        return f"begins with {len(head)} zero bytes: the file is damaged; copy it again"
    if re.match(rb"[\t\r\n\x20-\x7e]+\Z", head):
        return f"is text; {_EXPECTED}"
    return f"is no video, or its beginning is damaged; {_EXPECTED}"


def _pictures_of(container: Any, shown: str) -> Any:
    """The stream that is looked at: the best one that moves; the cover of a piece of music is none."""
    moving = [stream for stream in container.streams.video if not _is_cover(stream)]
    if not moving:
        what = "has sound but no pictures" if container.streams.audio else "holds no pictures"
        raise UnreadableVideo(f"{shown}: {what}; expected a video")
    best = container.streams.best("video")
    stream = best if best in moving else moving[0]
    if stream.codec_context is None:
        raise UnreadableVideo(f"{shown}: its pictures are in a format that ffmpeg cannot decode; save it as H.264")
    return stream


def _is_cover(stream: Any) -> bool:
    disposition = type(stream.disposition)
    return bool(stream.disposition & (disposition.attached_pic | disposition.timed_thumbnails))


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
