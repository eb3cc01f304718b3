"""What a video file says of itself in its outermost parts: how long it is, and where its index is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_SEGMENT = b"\x18\x53\x80\x67"


def is_cut_short(path: str) -> bool:
    """Whether the file ends before it should, by the lengths that MP4, MOV, Matroska, WebM and AVI state in themselves.

    False for formats that state none, such as MPEG-TS, and for recordings whose length was never filled in.
    """
    try:
        with Path(path).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(12)
            file.seek(0)
            if head[:4] == b"\x1a\x45\xdf\xa3":
                return _last_segment_end(file) > size
            if head[:4] == b"RIFF":
                return _last_chunk_end(file) > size
            if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
                return any(end > size for _, end in _boxes(file, size))
    except OSError:
        pass
    return False


def has_index(path: str) -> bool:
    """Whether one of the outer boxes of an MP4 or MOV file is its index, whole. Raises OSError."""
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        return any(kind in (b"moov", b"moof") and end <= size for kind, end in _boxes(file, size))


def _boxes(file: IO[bytes], size: int) -> Iterator[tuple[bytes, int]]:
    """Kind and end of each outer box of an MP4 file (ISO 14496-12, 4.2), as far as they can be told."""
    position = 0
    while position + 8 <= size:
        file.seek(position)
        header = file.read(16)
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        elif length == 0:
            length = size - position
        if length < 8 or not header[4:8].isalnum():
            return
        position += length
        yield header[4:8], position


def _last_segment_end(file: IO[bytes]) -> int:
    """Where the segment of a Matroska file ends (RFC 8794); 0 where that is not stated."""
    file.seek(4)
    header = _varying(file)
    if header is None:
        return 0
    file.seek(header, os.SEEK_CUR)
    if file.read(4) != _SEGMENT:
        return 0
    length = _varying(file)
    return 0 if length is None else file.tell() + length


def _varying(file: IO[bytes]) -> int | None:
    """A number of varying width: the leading zeros of its first byte tell how many bytes follow. None: unknown."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    more = 8 - first[0].bit_length()
    value = int.from_bytes(first + file.read(more), "big") & ((1 << 7 * (more + 1)) - 1)
    return None if value == (1 << 7 * (more + 1)) - 1 else value


def _last_chunk_end(file: IO[bytes]) -> int:
    """Where the last RIFF chunk of an AVI file ends; large files have several in a row."""
    position = 0
    while True:
        file.seek(position)
        header = file.read(8)
        length = int.from_bytes(header[4:8], "little")
        if header[:4] != b"RIFF" or length in (0, 0xFFFFFFFF):
            return position
        position += 8 + length + length % 2
