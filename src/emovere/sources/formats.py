"""Which formats are read, and what to say of a file that is none of them."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Literal

from PIL import ImageFile

HEAD = 64
"""Bytes at a file's beginning that tell its format."""


@dataclass(frozen=True)
class Format:
    """A format that is read, and the class of Pillow that reads it.

    The class is called directly: ``Image.open`` refuses and warns by a limit of its own, which belongs to the whole
    process, and takes the preview or depth map that a phone stores behind a JPEG for a second page.
    """

    name: str
    plugin: str
    timed: bool = False
    """Whether several pages are an animation."""
    read_whole: bool = False
    """Whether Pillow takes the whole file into memory."""

    def open(self, file: IO[bytes]) -> ImageFile.ImageFile:
        """Read the header. Raises whatever Pillow raises, of any kind, where that is damaged."""
        module, _, name = self.plugin.partition(":")
        opener: Callable[[IO[bytes]], ImageFile.ImageFile] = getattr(importlib.import_module(module), name)
        file.seek(0)
        return opener(file)


JPEG = Format("JPEG", "PIL.JpegImagePlugin:JpegImageFile")
PNG = Format("PNG", "PIL.PngImagePlugin:PngImageFile", timed=True)
WEBP = Format("WebP", "PIL.WebPImagePlugin:WebPImageFile", timed=True, read_whole=True)
AVIF = Format("AVIF", "PIL.AvifImagePlugin:AvifImageFile", timed=True, read_whole=True)
GIF = Format("GIF", "PIL.GifImagePlugin:GifImageFile", timed=True)
TIFF = Format("TIFF", "PIL.TiffImagePlugin:TiffImageFile")
BMP = Format("BMP", "PIL.BmpImagePlugin:BmpImageFile")
PNM = Format("PNM", "PIL.PpmImagePlugin:PpmImageFile")

FORMATS = (JPEG, PNG, WEBP, AVIF, GIF, TIFF, BMP, PNM)
"""What is read. Pillow knows more, but each further decoder is one more way in for a hostile file."""

VIDEO_SUFFIXES = frozenset(
    {
        *(".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2", ".mkv", ".webm", ".avi", ".divx", ".flv", ".f4v"),
        *(".ts", ".mts", ".m2ts", ".m2t", ".mpg", ".mpeg", ".mpe", ".m1v", ".m2v", ".vob", ".mxf", ".dv"),
        *(".wmv", ".asf", ".ogv", ".ogm", ".h264", ".264", ".avc", ".h265", ".265", ".hevc"),
        *(".mjpeg", ".mjpg", ".ivf", ".obu", ".y4m"),
    }
)
"""Endings of videos. They count where the first bytes say nothing: a damaged video is no photo."""

_BEGINNINGS: tuple[tuple[bytes, Format], ...] = (
    (rb"\xff\xd8\xff", JPEG),
    (rb"\x89PNG\r\n\x1a\n", PNG),
    (rb"RIFF....WEBP", WEBP),
    (rb"....ftyp(avif|avis|(mif1|msf1).*avif)", AVIF),
    (rb"GIF8[79]a", GIF),
    (rb"II[*+]\x00|MM\x00[*+]", TIFF),
    (rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\x00\x00\x00", BMP),
    (rb"P[1-6]\s[\s#0-9]", PNM),
)

_STRANGERS: tuple[tuple[bytes, str], ...] = (
    (rb"....ftyp(hei|hev|mif1|msf1)", "is a HEIC picture, which is not supported; save it as JPEG"),
    (rb"....ftyp|\x1a\x45\xdf\xa3|RIFF....AVI |....moov|....mdat", "is a video; expected a photo"),
    (rb"%PDF-", "is a PDF document; save its pages as JPEG or PNG"),
    (rb"\xff\x0a|\x00\x00\x00\x0cJXL ", "is a JPEG XL picture, which is not supported; save it as JPEG"),
    (rb"\x00\x00\x00\x0cjP  ", "is a JPEG 2000 picture, which is not supported; save it as JPEG"),
    (rb"[\t\r\n\x20-\x7e]+\Z", f"is text; expected a picture ({', '.join(kind.name for kind in FORMATS)})"),
)


def recognise(head: bytes) -> Format | None:
    """The format of a file that begins like this, whatever its name ends in; None where it is none of ours."""
    return next((kind for pattern, kind in _BEGINNINGS if re.match(pattern, head, re.DOTALL)), None)


def what_else(head: bytes) -> str:
    """What a file is that begins like this and is none of ours: the second half of a message."""
    for pattern, verdict in _STRANGERS:
        if re.match(pattern, head, re.DOTALL):
            return verdict
    return f"is no picture; expected {', '.join(kind.name for kind in FORMATS)}"


def is_cut_short(kind: Format, file: IO[bytes]) -> bool:
    """Whether a file that cannot be decoded lacks its end, as far as its format tells."""
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(16)
    file.seek(max(0, size - HEAD))
    tail = file.read(HEAD)
    if kind is WEBP:
        return size < int.from_bytes(head[4:8], "little") + 8
    if kind is BMP:
        return size < int.from_bytes(head[2:6], "little")
    if kind is GIF:
        return b";" not in tail[-2:]
    if kind is TIFF:
        order: Literal["little", "big"] = "little" if head[:2] == b"II" else "big"
        return head[2:4] in (b"*\0", b"\0*") and size < int.from_bytes(head[4:8], order) + 2
    end_mark = {JPEG: b"\xff\xd9", PNG: b"IEND"}.get(kind)
    return end_mark is not None and end_mark not in tail
