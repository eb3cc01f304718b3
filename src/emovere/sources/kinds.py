"""What a file is, told by its first bytes, and by its name's ending where those are broken."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import IO, Literal

from emovere.sources.formats import AVIF, JPEG, VIDEO_SUFFIXES, WEBP, Format, recognise
from emovere.sources.inputs import STANDARD_INPUT
from emovere.sources.quiet import quiet

Kind = Literal["photo", "animation", "video"]

HEAD = 1024
"""Bytes at a file's beginning that are looked at; MPEG-TS shows itself only by what returns every 188 bytes."""

_PICTURES_IN_A_ROW = (".mjpeg", ".mjpg")
"""Endings of files that begin as one photo does and go on with the next."""

_CONTAINERS: tuple[tuple[bytes, str], ...] = (
    (rb"....ftyp(?!hei|hev|mif1|msf1|avi[fs])|....(moov|mdat|wide|pnot)", "MP4 or MOV"),
    (rb"\x1a\x45\xdf\xa3", "Matroska or WebM"),
    (rb"RIFF....AVI ", "AVI"),
    (rb"FLV\x01", "FLV"),
    (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMV"),
    (rb"OggS", "Ogg"),
    (rb"(.{4})?G.{187}(.{4})?G.{187}(.{4})?G", "MPEG-TS"),
    (rb"\x00\x00\x01[\xb0\xb3\xba]", "MPEG"),
    (rb"\x00?\x00\x00\x01([\x06\x09\x27\x47\x67]|[\x40\x46\x4e]\x01)", "H.264 or HEVC"),
    (rb"DKIF", "IVF"),
    (rb"YUV4MPEG2 ", "Y4M"),
    (rb"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02", "MXF"),
)


def kind_of(source: str | Path) -> Kind:
    """Whether a file is a photo, an animation (GIF, WebP, PNG or AVIF of several pages) or a video.

    What is neither by its beginning nor by its ending, cannot be opened, or is standard input (the text ``-``) counts
    as a photo: reading it says what is wrong. Never raises.
    """
    name = os.fspath(source)
    if name == STANDARD_INPUT and isinstance(source, str):
        return "photo"
    by_ending: Kind = "video" if Path(name).suffix.lower() in VIDEO_SUFFIXES else "photo"
    try:
        if not stat.S_ISREG(Path(name).stat().st_mode):
            return by_ending  # what is read from a pipe is gone
        with Path(name).open("rb") as file:
            head = file.read(HEAD)
            picture = recognise(head)
            if picture is None:
                return "video" if container_of(head) else by_ending
            if picture is JPEG and Path(name).suffix.lower() in _PICTURES_IN_A_ROW:
                return "video"
            return "animation" if _has_several_pages(picture, head, file) else "photo"
    except (OSError, ValueError):
        return by_ending


def container_of(head: bytes) -> str | None:
    """The kind of video that begins like this; None where it is none that is known. ``HEAD`` bytes are enough."""
    return next((name for pattern, name in _CONTAINERS if re.match(pattern, head, re.DOTALL)), None)


def _has_several_pages(picture: Format, head: bytes, file: IO[bytes]) -> bool:
    """Whether a picture moves. WebP and AVIF, which are read whole, are opened only where the head says that it may."""
    if not picture.timed:
        return False
    if picture is WEBP and not (head[12:16] == b"VP8X" and head[20] & 2):
        return False
    if picture is AVIF and b"avis" not in head[8 : int.from_bytes(head[:4], "big")]:
        return False
    try:
        with quiet(), picture.open(file) as opened:
            return bool(getattr(opened, "is_animated", False))
    except Exception:  # a damaged picture, of which reading tells what is wrong
        return False
