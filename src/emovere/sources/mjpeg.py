"""MJPEG over HTTP: pictures in the parts of one endless answer (multipart/x-mixed-replace)."""

from __future__ import annotations

import io
from collections.abc import Callable, Generator

import numpy as np
from PIL import Image

from emovere.sources.lost import Lost, Watch
from emovere.sources.quiet import quiet
from emovere.sources.reconnect import Picture, StreamStats
from emovere.types import UInt8

MAX_PICTURE_BYTES = 32 << 20
"""A part that is longer is passed by."""

MAX_PIXELS = 50_000_000
"""A picture that is larger is passed by before it is decoded."""

MAX_HEADER_BYTES = 16 << 10
"""The headers of a part; what is longer is passed by."""

FORMATS = ("JPEG", "PNG", "WEBP")
"""Formats of a part."""


def pictures(read: Callable[[], bytes], boundary: str, stats: StreamStats, watch: Watch) -> Generator[Picture]:
    """The pictures of a multipart stream, each as soon as its last byte is there, up to the closing boundary.

    read: gives the bytes that have come, b"" at the end. Parts that are no picture, damaged or too long are counted
    as damaged and passed by; the stream goes on at the next boundary. An ``X-Timestamp`` in a part's headers is its
    stamp. Raises Lost where the watch says so.
    """
    parts = _Parts(read, boundary, watch)
    watch.renew()
    while parts.next_part():
        try:
            headers = parts.headers()
            data = parts.body(_number(headers.get(b"content-length")))
        except _Unreadable:
            stats.damaged += 1
            continue
        if data is None:
            return
        image = _decoded(data)
        if image is None:
            stats.damaged += 1
            continue
        yield Picture(image, _number(headers.get(b"x-timestamp")))
        watch.renew()


class _Unreadable(Exception):
    """A part is malformed or too long."""


class _Parts:
    """Cuts the bytes at the boundaries."""

    def __init__(self, read: Callable[[], bytes], boundary: str, watch: Watch) -> None:
        self._read, self._watch = read, watch
        self._bytes = bytearray()
        self._mark = b"--" + boundary.removeprefix("--").encode("latin-1", "replace") if boundary else b""

    def next_part(self) -> bool:
        """Pass by everything up to the next boundary; False at the end."""
        if not self._mark and not self._learn_boundary():
            return False
        while (at := self._bytes.find(self._mark)) < 0:
            del self._bytes[: -len(self._mark)]
            if not self._more():
                return False
        del self._bytes[: at + len(self._mark)]
        while len(self._bytes) < 2:
            if not self._more():
                return False
        return not self._bytes.startswith(b"--")

    def headers(self) -> dict[bytes, bytes]:
        """Names in small letters, and values. Raises _Unreadable."""
        self._until(b"\n")
        headers = {}
        size = 0
        while line := self._until(b"\n").strip():
            size += len(line) + 1
            if size > MAX_HEADER_BYTES:
                raise _Unreadable
            name, _, value = line.partition(b":")
            headers[bytes(name).strip().lower()] = bytes(value).strip()
        return headers

    def body(self, length: float | None) -> bytes | None:
        """The part's bytes; None where the stream ends within. Raises _Unreadable where they are too many."""
        if length:
            if not 0 < length <= MAX_PICTURE_BYTES:
                raise _Unreadable
            return self._exactly(int(length))
        while len(self._bytes) < 4:
            if not self._more():
                return None
        size = self._jpeg_size() if self._bytes.startswith(b"\xff\xd8") else self._size_to_boundary()
        return None if size is None else self._exactly(size)

    def _learn_boundary(self) -> bool:
        """The first line that begins with two dashes is the boundary, where no header names it."""
        while True:
            begin = self._bytes.find(b"--")
            end = self._bytes.find(b"\n", begin)
            if 0 <= begin < end:
                self._mark = bytes(self._bytes[begin:end]).rstrip()
                return True
            if len(self._bytes) > MAX_HEADER_BYTES:
                raise Lost("its parts have no boundary", final=True)
            if not self._more():
                return False

    def _jpeg_size(self) -> int | None:
        """The length of the JPEG at the beginning, found by its end mark, so that no later byte is waited for."""
        at = 2
        while True:
            if len(self._bytes) < at + 4:
                if not self._more():
                    return None
            elif self._bytes[at] != 0xFF:
                raise _Unreadable
            elif self._bytes[at + 1] == 0xDA:
                end = self._find(b"\xff\xd9", at)
                return None if end is None else end + 2
            else:
                at += 2 + int.from_bytes(self._bytes[at + 2 : at + 4], "big")

    def _size_to_boundary(self) -> int | None:
        return self._find(b"\r\n" + self._mark, 0)

    def _find(self, mark: bytes, at: int) -> int | None:
        while (found := self._bytes.find(mark, at)) < 0:
            at = max(at, len(self._bytes) - len(mark) + 1)
            if len(self._bytes) > MAX_PICTURE_BYTES:
                raise _Unreadable
            if not self._more():
                return None
        return found

    def _until(self, mark: bytes) -> bytearray:
        """The bytes before the mark, which is passed by; all that is left where the stream ends before."""
        at = 0
        while (found := self._bytes.find(mark, at)) < 0:
            at = max(0, len(self._bytes) - len(mark) + 1)
            if len(self._bytes) > MAX_HEADER_BYTES:
                raise _Unreadable
            if not self._more():
                found = len(self._bytes)
                break
        before = self._bytes[:found]
        del self._bytes[: found + len(mark)]
        return before

    def _exactly(self, length: int) -> bytes | None:
        while len(self._bytes) < length:
            if not self._more():
                return None
        data = bytes(self._bytes[:length])
        del self._bytes[:length]
        return data

    def _more(self) -> bool:
        self._watch.check()
        data = self._read()
        self._bytes += data
        return bool(data)


def _number(text: bytes | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _decoded(data: bytes) -> UInt8 | None:
    try:
        with quiet(), Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                return None
            return np.array(picture.convert("RGB"))  # a copy, for what Pillow lends cannot be written to
    except Exception:  # a decoder may raise anything over damaged bytes
        return None
