"""Whether bytes are a picture: by their beginning, by their header, and at last by decoding them."""

from __future__ import annotations

import io
from dataclasses import dataclass

from emovere.config import PhotoOptions
from emovere.datasets.collect.options import FetchOptions
from emovere.datasets.collect.verdicts import Refused
from emovere.errors import UnreadableImage
from emovere.sources.formats import BMP, GIF, HEAD, JPEG, PNG, WEBP, Format, recognise, what_else
from emovere.sources.photo import read_photo
from emovere.sources.quiet import quiet

SUFFIXES = {JPEG: "jpg", PNG: "png", WEBP: "webp", GIF: "gif", BMP: "bmp"}
"""The formats that are taken, and the endings that they get."""

_ARCHIVES = {
    b"PK": "a zip archive",
    b"\x1f\x8b": "packed with gzip",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
}

MOST_SCANS = 5_000_000_000
"""Pixels times scans of a JPEG: each scan goes over all pixels again, and a few bytes can ask for another one."""


@dataclass(frozen=True)
class Checked:
    """A picture that was decoded once, from beginning to end."""

    suffix: str
    width: int
    height: int


def look_at_beginning(head: bytes) -> Format:
    """The format of a file that begins like this. Raises Refused where it is none of those that are taken."""
    kind = recognise(head)
    if kind is None:
        archive = next((f"is {what}" for start, what in _ARCHIVES.items() if head.startswith(start)), None)
        raise Refused("no picture", archive or (what_else(head) if head else "is empty"))
    if kind not in SUFFIXES:
        raise Refused("format", f"is {kind.name}; expected {', '.join(known.name for known in SUFFIXES)}")
    return kind


def check_picture(data: bytes, options: FetchOptions) -> Checked:
    """The format and size of a picture. Its header is looked at before anything is decoded. Raises Refused."""
    kind = look_at_beginning(data[:HEAD])
    try:
        with quiet(), kind.open(io.BytesIO(data)) as picture:
            width, height = picture.size
    except Exception as error:  # whatever a decoder raises on a hostile header
        raise Refused("damaged", f"the {kind.name} header cannot be read") from error
    if width * height > options.max_pixels:
        raise Refused("too many pixels", f"{width:,} x {height:,}; expected at most {options.max_pixels:,} altogether")
    if min(width, height) < options.min_side:
        raise Refused("too small", f"{width} x {height}; expected at least {options.min_side} each way")
    if kind is JPEG and data.count(b"\xff\xda") * width * height > MOST_SCANS:
        raise Refused("damaged", "asks to be decoded in thousands of scans")
    try:
        frame = next(read_photo(data, PhotoOptions(max_pixels=options.max_pixels), name="the picture"))
    except UnreadableImage as error:
        raise Refused("damaged", str(error).partition(": ")[2]) from error
    return Checked(SUFFIXES[kind], frame.image.shape[1], frame.image.shape[0])
