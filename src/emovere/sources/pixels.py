"""Pixels of any Pillow mode as upright 8-bit RGB.

A picture is taken over strip by strip: the arrays in between need up to eight times the memory of the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from emovere.types import UInt8

STRIP_PIXELS = 1 << 20
"""Pixels that are taken over at a time; one row where rows are longer."""

_ORIENTATION = 0x0112

_TURNS = {
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}
"""EXIF orientation: rows and columns exchanged, then rows reversed, then columns reversed (EXIF 2.32, tag 0x0112)."""

_ALPHA = ("RGBA", "LA", "PA", "RGBa", "La")


def upright_rgb(picture: Image.Image) -> UInt8:
    """The loaded page of a picture as (H, W, 3) uint8 RGB, turned by its EXIF orientation, transparency over white."""
    exchanged, rows, columns = _TURNS.get(_orientation(picture), (False, False, False))
    width, height = picture.size
    upright = np.empty((width, height, 3) if exchanged else (height, width, 3), np.uint8)
    lying = upright[:: -1 if rows else 1, :: -1 if columns else 1]
    lying = lying.transpose(1, 0, 2) if exchanged else lying
    to_rgb = _converter(picture)
    for top, strip in _strips(picture):
        lying[top : top + strip.size[1]] = to_rgb(strip)
    return upright


def over_white(image: Image.Image) -> UInt8:
    """An RGBA image on white ground: (H, W, 3) uint8 RGB."""
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return np.asarray(Image.alpha_composite(white, image).convert("RGB"))


def _strips(picture: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    width, height = picture.size
    rows = max(1, STRIP_PIXELS // width)
    for top in range(0, height, rows):
        yield top, picture.crop((0, top, width, min(height, top + rows)))


def _orientation(picture: Image.Image) -> int:
    try:
        orientation = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # a damaged EXIF block must not cost the picture
        return 1
    return orientation if isinstance(orientation, int) else 1


def _converter(picture: Image.Image) -> Callable[[Image.Image], UInt8]:
    """What turns a strip of this picture into pixels that can be put into (H, W, 3)."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        low, high = _full_scale(picture)
        return lambda strip: _to_8_bits(np.asarray(strip), low, high)[..., None]
    if picture.mode in _ALPHA or "transparency" in picture.info:
        return lambda strip: over_white(strip.convert("RGBA"))
    if picture.mode == "LAB":
        from PIL import ImageCms

        to_rgb = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
        return lambda strip: np.asarray(to_rgb.apply(strip))
    return lambda strip: np.asarray(strip.convert("RGB"))


def _to_8_bits(values: npt.NDArray[Any], low: float, high: float) -> UInt8:
    """Deep grey from low (0) to high (255); what is no number becomes 0."""
    known = np.nan_to_num(values.astype(np.float64), nan=low, posinf=high, neginf=low)
    return np.asarray(np.clip((known - low) * (255 / max(high - low, 1e-9)) + 0.5, 0, 255), np.uint8)


def _full_scale(picture: Image.Image) -> tuple[float, float]:
    """Black and white of a deep grey picture.

    0 and 65535 for 16 bits; for the others 0 and 1 (floats), 255 or 65535, whichever the values fit, else the least
    and the greatest value.
    """
    if picture.mode.startswith("I;16") or (picture.mode == "I" and picture.format == "PPM"):
        return 0.0, 65535.0
    low, high = np.inf, -np.inf
    for _, strip in _strips(picture):
        values = np.asarray(strip)
        values = values[np.isfinite(values)]
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    if low > high:
        return 0.0, 1.0
    if low < 0:
        return low, high
    if picture.mode == "F" and high <= 1:
        return 0.0, 1.0
    if high <= 255:
        return 0.0, 255.0
    return (0.0, 65535.0) if high <= 65535 else (low, high)
