"""Streams of the network: RTSP, RTMP, TCP and UDP, and HTTP as a file, as a playlist or as MJPEG."""

from __future__ import annotations

from collections.abc import Callable

from emovere.config import StreamOptions
from emovere.sources.names import without_password
from emovere.sources.over_http import HttpConnection
from emovere.sources.reconnect import Connection, Reconnecting, StreamStats, tell
from emovere.sources.through_av import AvConnection


class Stream(Reconnecting):
    """The frames of a stream, RGB and upright, through as many connections as it takes.

    A file over HTTP ends where it ends; a live stream that ends or breaks is tried again, as the options say. Frames
    carry ``time_s`` by the stream's own clock where it is sane, and the address without its password as their source.
    Raises SourceError for an unknown host, a refused password, no such path or no video at the first connection, and
    where the attempts are used up; MissingExtra where PyAV is needed (all but MJPEG) and not installed.
    """

    def __init__(self, url: str, options: StreamOptions | None = None, *, say: Callable[[str], None] = tell) -> None:
        options, stats = options or StreamOptions(), StreamStats()

        def connect() -> Connection:
            kind = HttpConnection if url.lower().startswith(("http://", "https://")) else AvConnection
            return kind(url, options.timeout, stats)

        shown = without_password(url)
        super().__init__(shown, shown, connect, options, stats, say)
