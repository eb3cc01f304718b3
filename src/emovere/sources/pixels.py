"""Pixels of any Pillow mode as upright 8-bit RGB."""

from __future__ import annotations

import numpy as np
from PIL import Image

from emovere.types import UInt8

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

_ROWS = 256
"""Rows of deep grey that are brought to 8 bits at a time: the 64-bit floats in between need eight times the memory."""


def upright_rgb(picture: Image.Image) -> UInt8:
    """The loaded page of a picture as (H, W, 3) uint8 RGB, turned by its EXIF orientation, transparency over white."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        grey = _to_8_bits(picture)
        return _turned(np.repeat(grey[..., None], 3, axis=2), _orientation(picture))
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        rgb = over_white(picture.convert("RGBA"))
    else:
        rgb = np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))
    return _turned(rgb, _orientation(picture))


def over_white(image: Image.Image) -> UInt8:
    """An RGBA image on white ground: (H, W, 3) uint8 RGB."""
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return np.asarray(Image.alpha_composite(white, image).convert("RGB"))


def _orientation(picture: Image.Image) -> int:
    try:
        orientation = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # a damaged EXIF block must not cost the picture
        return 1
    return orientation if isinstance(orientation, int) else 1


def _turned(image: UInt8, orientation: int) -> UInt8:
    """The array turned; on arrays and not on Pillow's images, which hold a third more memory for each copy."""
    if orientation not in _TURNS:
        return image
    exchanged, rows, columns = _TURNS[orientation]
    if exchanged:
        image = image.transpose(1, 0, 2)
    return np.ascontiguousarray(image[:: -1 if rows else 1, :: -1 if columns else 1])


def _to_8_bits(picture: Image.Image) -> UInt8:
    """(H, W) uint8 of 16-bit, 32-bit or float grey.

    Full scale is 65535 for 16 bits; for the others it is 1, 255 or 65535, whichever the values fit, else from the
    least to the greatest value. What is not finite becomes the least.
    """
    values = np.asarray(picture)
    low, high = _full_scale(picture.mode, values)
    grey = np.empty(values.shape, np.uint8)
    for start in range(0, len(values), _ROWS):
        block = np.nan_to_num(values[start : start + _ROWS].astype(np.float64), nan=low, posinf=low, neginf=low)
        grey[start : start + _ROWS] = np.clip((block - low) * (255 / max(high - low, 1e-9)) + 0.5, 0, 255)
    return grey


def _full_scale(mode: str, values: np.ndarray) -> tuple[float, float]:
    if mode.startswith("I;16"):
        return 0.0, 65535.0
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if low < 0:
        return low, high
    if mode == "F" and high <= 1:
        return 0.0, 1.0
    if high < 256:
        return 0.0, 255.0
    return (0.0, 65535.0) if high <= 65535 else (low, high)
