"""Smooth shapes and text on a picture, drawn region by region so that a large picture costs no more than a small one.

Shapes are signed distances to a rounded rectangle (Quilez, "2D distance functions"): half a pixel around distance 0
is what smooths the edge.
"""

from __future__ import annotations

import functools
import math
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from emovere.report.colours import RGB
from emovere.types import UInt8

Rect: TypeAlias = tuple[float, float, float, float]
Alpha: TypeAlias = npt.NDArray[np.float32]

FINER = 4
"""Text is drawn this many times larger than it is needed."""

ASCENT = 1.5
"""From the top of a line of text to its baseline, in heights of the font."""

DASH = 7.0
"""Length of a dash and its gap together, in line widths."""


class Canvas:
    """A copy of a picture to draw on. Everything outside its edges is left out."""

    def __init__(self, image: UInt8) -> None:
        """image: (H, W, 3) uint8 RGB; it stays as it is."""
        self.image: UInt8 = image.copy()

    def fill(self, rect: Rect, colour: RGB, *, radius: float = 0, opacity: float = 1) -> None:
        """Fill a rectangle, x1 y1 x2 y2 in pixels, with rounded corners."""
        region = self._region(rect, 1)
        if region is not None:
            alpha: Alpha = np.clip(0.5 - _distance(region, rect, radius), 0, 1) * np.float32(opacity)
            self._blend(region, alpha, colour)

    def outline(self, rect: Rect, colour: RGB, *, radius: float, line: float, dashed: bool, opacity: float) -> None:
        """Draw a rectangle's edge, ``line`` pixels thick, with rounded corners; only its four sides are touched."""
        x1, y1, x2, y2 = rect
        reach = radius + line
        top, bottom = min(y1 + reach, (y1 + y2) / 2), max(y2 - reach, (y1 + y2) / 2)
        left, right = min(x1 + reach, (x1 + x2) / 2), max(x2 - reach, (x1 + x2) / 2)
        # whole pixels, so that neighbouring strips meet without a pixel in common
        top, bottom, left, right = math.floor(top), math.floor(bottom), math.floor(left), math.floor(right)
        around = line + 1
        strips = (
            (x1 - around, y1 - around, x2 + around, top),
            (x1 - around, bottom, x2 + around, y2 + around),
            (x1 - around, top, left, bottom),
            (right, top, x2 + around, bottom),
        )
        for strip in strips:
            region = self._region(strip, 0)
            if region is None:
                continue
            edge = np.abs(_distance(region, rect, radius))
            alpha: Alpha = np.clip(0.5 + line / 2 - edge, 0, 1).astype(np.float32) * np.float32(opacity)
            self._blend(region, alpha * _dashes(region, rect, line) if dashed else alpha, colour)

    def text(self, x: float, baseline: float, text: str, colour: RGB, *, size: int, anchor: str = "l") -> None:
        """Write one line of text; ``anchor`` l has its left end at x, r its right end."""
        mask = _mask_of(text, size)
        left = round(x) if anchor == "l" else round(x - text_width(text, size))
        top = round(baseline - ASCENT * size)
        region = self._region((left, top, left + mask.shape[1], top + mask.shape[0]), 0)
        if region is not None:
            r1, r2, c1, c2 = region
            self._blend(region, mask[r1 - top : r2 - top, c1 - left : c2 - left], colour)

    def _region(self, rect: Rect, margin: int) -> tuple[int, int, int, int] | None:
        """First and last-plus-one row, then column, that a rectangle touches; None where it touches none."""
        height, width = self.image.shape[:2]
        r1, r2 = max(math.floor(rect[1]) - margin, 0), min(math.ceil(rect[3]) + margin, height)
        c1, c2 = max(math.floor(rect[0]) - margin, 0), min(math.ceil(rect[2]) + margin, width)
        return (r1, r2, c1, c2) if r1 < r2 and c1 < c2 else None

    def _blend(self, region: tuple[int, int, int, int], alpha: Alpha, colour: RGB) -> None:
        r1, r2, c1, c2 = region
        part = self.image[r1:r2, c1:c2]
        mixed = part + alpha[..., None] * (np.array(colour, np.float32) - part)
        part[...] = (mixed + 0.5).astype(np.uint8)


def text_width(text: str, size: int) -> float:
    """Pixels that a line of text takes."""
    return float(_font(size * FINER).getlength(text)) / FINER


def _mask_of(text: str, size: int) -> Alpha:
    """(2 size, W) coverage of a line of text, with its baseline ``ASCENT * size`` from the top.

    Drawn larger and brought down, because small letters are otherwise set to whole pixels, with uneven gaps.
    """
    width = math.ceil(text_width(text, size)) + size
    mask = Image.new("L", (width * FINER, 2 * size * FINER))
    draw = ImageDraw.Draw(mask)
    draw.text((0, ASCENT * size * FINER), text, fill=255, font=_font(size * FINER), anchor="ls")
    return np.asarray(mask.reduce(FINER), np.float32) / np.float32(255)


@functools.lru_cache(maxsize=128)
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own typeface, Aileron, at that many pixels."""
    return cast(ImageFont.FreeTypeFont, ImageFont.load_default(size))


def _centres(region: tuple[int, int, int, int]) -> tuple[Alpha, Alpha]:
    """(1, W) x and (H, 1) y of the middles of a region's pixels."""
    r1, r2, c1, c2 = region
    return np.arange(c1, c2, dtype=np.float32)[None] + 0.5, np.arange(r1, r2, dtype=np.float32)[:, None] + 0.5


def _distance(region: tuple[int, int, int, int], rect: Rect, radius: float) -> Alpha:
    """Signed distance of each pixel to a rounded rectangle's edge, negative inside."""
    x1, y1, x2, y2 = rect
    radius = min(radius, (x2 - x1) / 2, (y2 - y1) / 2)
    x, y = _centres(region)
    across = np.abs(x - (x1 + x2) / 2) - (x2 - x1) / 2 + radius
    down = np.abs(y - (y1 + y2) / 2) - (y2 - y1) / 2 + radius
    outside = np.hypot(np.maximum(across, 0), np.maximum(down, 0))
    distance: Alpha = np.minimum(np.maximum(across, down), 0) + outside - np.float32(radius)
    return distance


def _dashes(region: tuple[int, int, int, int], rect: Rect, line: float) -> Alpha:
    """1 on a dash, 0 in a gap: whole dashes along each side, with half of one at each corner."""
    x1, y1, x2, y2 = rect
    x, y = _centres(region)
    shape = (y.shape[0], x.shape[1])
    horizontal = np.broadcast_to(np.minimum(np.abs(y - y1), np.abs(y - y2)), shape)
    vertical = np.broadcast_to(np.minimum(np.abs(x - x1), np.abs(x - x2)), shape)
    dashes: Alpha = np.where(horizontal < vertical, _pulse(x - x1, x2 - x1, line), _pulse(y - y1, y2 - y1, line))
    return dashes


def _pulse(along: Alpha, length: float, line: float) -> Alpha:
    period = max(length, line) / max(round(length / (DASH * line)), 2)
    from_dash = np.abs((along / period + 0.5) % 1 - 0.5) * period
    dashes: Alpha = np.clip(0.5 + 0.3 * period - from_dash, 0, 1).astype(np.float32)
    return dashes
