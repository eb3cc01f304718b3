"""Streams through PyAV, which brings ffmpeg."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Generator, Iterator
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from emovere.sources.lost import NO_VIDEO, Lost, Watch, refused, unknown_host
from emovere.sources.reconnect import Picture, StreamStats
from emovere.sources.video_open import pyav

LOOKING_S = 0.5
"""Seconds of a stream that are looked at, before the first frame, to learn what is in it."""

_AT_ONCE = {"probesize": "32", "fpsprobesize": "0"}
"""For RTSP, whose description says what is in it: frames are handed out as they come, from the first one on."""

DAMAGED_IN_A_ROW = 200
"""Damaged stretches without an intact packet between them, after which a connection is given up."""

_NETWORK = "rtsp,rtsps,rtp,srtp,udp,tcp,tls,http,https,httpproxy,crypto,data,rtmp,rtmps,rtmpe,rtmpt"
"""Protocols that a stream may lead to: a playlist from the network must not open files of this computer."""


class AvConnection:
    """A stream whose network side ffmpeg does; RTSP over TCP, and over UDP where the camera refuses TCP.

    An interruption is seen at the next packet, and within the timeout where none comes.
    """

    definite = False

    def __init__(self, url: str, timeout_s: float, stats: StreamStats) -> None:
        self._url, self._stats = url, stats
        self._watch = Watch(timeout_s)

    def pictures(self, after: float | None) -> Generator[Picture]:
        """See Connection."""
        timeout_s = self._watch.timeout_s
        options = {}
        if not self._url.lower().startswith("rtmp"):  # where the same word means something else
            options["timeout"] = str(int(timeout_s * 1e6))
        ways = [options]
        if self._url.lower().startswith("rtsp"):
            options["rtsp_flags"] = "prefer_tcp"
            ways = [options | _AT_ONCE, options]
        for way in ways:
            with opened(self._url, self._watch, way) as container:
                if way is not options and not container.streams.video:
                    continue  # a description may say MPEG-TS only
                self.definite = bool(container.duration)
                yield from decoded(container, self._stats, self._watch, after if self.definite else None)
                break
        if not self.definite:
            raise Lost("the stream ended")

    def interrupt(self) -> None:
        """See Connection."""
        self._watch.interrupted = True


@contextlib.contextmanager
def opened(source: Any, watch: Watch, options: dict[str, str] | None = None) -> Iterator[Any]:
    """An open container of an address or of a file-like object, errors of ffmpeg turned into Lost.

    Raises MissingExtra where PyAV is not installed.
    """
    av = pyav()
    looking = str(int(min(LOOKING_S, watch.timeout_s / 2) * 1e6))
    options = {"analyzeduration": looking, "protocol_whitelist": _NETWORK, **(options or {})}
    watch.renew()
    try:
        with av.open(source, "r", options=options, timeout=watch.timeout_s) as container:
            yield container
    except av.FFmpegError as error:
        watch.check()
        raise lost_by(error, source if isinstance(source, str) else "") from error


def decoded(container: Any, stats: StreamStats, watch: Watch, after: float | None) -> Iterator[Picture]:
    """The pictures of the first video in a container; damaged packets are counted and passed by.

    What comes before the first picture is not counted: whoever joins in the middle cannot read it.
    """
    stream = _video_of(container)
    stamped = not container.format.flags & _no_timestamps()
    begun = False
    watch.renew()
    for packet in _packets(container, stats, watch):
        if packet.stream_index != stream.index:
            continue
        damaged = packet.is_corrupt
        try:
            frames = packet.decode()
        except pyav().error.InvalidDataError:
            frames, damaged = [], True
        for frame in frames:
            begun = True
            if frame.is_corrupt:
                damaged = True
                continue
            stamp = frame.time if stamped else None
            if after is None or stamp is None or stamp > after:
                yield Picture(_upright(frame), stamp)
            watch.renew()
        stats.damaged += damaged and begun


def _packets(container: Any, stats: StreamStats, watch: Watch) -> Iterator[Any]:
    """Every packet of every stream, so that sound that goes on does not hide a picture that stands still."""
    damaged = 0
    while True:
        try:
            for packet in container.demux():
                watch.check()
                damaged = 0
                yield packet
            return
        except pyav().error.InvalidDataError as error:
            watch.check()
            stats.damaged += 1
            damaged += 1
            if damaged > DAMAGED_IN_A_ROW:
                raise Lost("damaged beyond reading") from error


def _video_of(container: Any) -> Any:
    if container.format.name != "tty":  # ffmpeg draws any text as a video
        for stream in container.streams.video:
            if stream.codec_context is not None and not stream.disposition & _attached_picture():
                return stream
    if container.streams.audio:
        raise Lost("holds sound, but no video", final=True)
    raise Lost(NO_VIDEO, final=True)


def _upright(frame: Any) -> Any:
    image = frame.to_ndarray(format="rgb24")
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def lost_by(error: Any, url: str) -> Lost:
    """What an error of ffmpeg means to a person."""
    kinds = pyav().error
    meanings: list[tuple[Any, Callable[[], Lost]]] = [
        ((kinds.ExitError, TimeoutError), lambda: Lost("timed out")),
        (ConnectionRefusedError, lambda: Lost("connection refused")),
        (kinds.HTTPUnauthorizedError, lambda: refused(401)),
        (kinds.HTTPForbiddenError, lambda: refused(403)),
        (kinds.HTTPNotFoundError, lambda: refused(404)),
        (kinds.InvalidDataError, lambda: Lost(NO_VIDEO, final=True)),
        (kinds.ProtocolNotFoundError, lambda: Lost("PyAV was built without this protocol", final=True)),
    ]
    for kind, meaning in meanings:
        if isinstance(error, kind):
            return meaning()
    host = _host(url)
    if error.errno == 5 and host and not _is_known(host):  # ffmpeg calls an unknown host an I/O error
        return unknown_host(host)
    return Lost((error.strerror or type(error).__name__).lower())


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_known(host: str) -> bool:
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return False
    return True


def _no_timestamps() -> Any:
    return pyav().format.Flags.no_timestamps.value


def _attached_picture() -> Any:
    from av.stream import Disposition

    return Disposition.attached_pic
