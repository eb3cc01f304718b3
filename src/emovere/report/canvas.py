"""Smooth shapes and text on a picture, drawn region by region so that a large picture costs no more than a small one.

Shapes are signed distances to a rounded rectangle (Quilez, "2D distance functions"): half a pixel around distance 0
is what smooths the edge. Letters are drawn once and kept, because a video repeats the same words on every frame.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import cv2
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


KEPT_TEXTS = 512
"""Lines of text whose letters are kept: on a 12-megapixel photo a line takes some 30 kB, on a video 2 kB."""


@dataclass(frozen=True)
class Stroke:
    """One line along an edge."""

    colour: RGB
    line: float
    """Thickness in pixels."""
    dashed: bool = False
    opacity: float = 1


class Canvas:
    """A copy of a picture to draw on. Everything outside its edges is left out."""

    def __init__(self, image: UInt8) -> None:
        """image: (H, W, 3) uint8 RGB; it stays as it is."""
        self.image: UInt8 = image.copy()

    def fill(self, rect: Rect, colour: RGB, *, radius: float = 0, opacity: float = 1) -> None:
        """Fill a rectangle, x1 y1 x2 y2 in pixels, with rounded corners."""
        region = self._region(rect, 1)
        if region is not None:
            alpha = _distance(region, rect, radius)
            np.subtract(0.5, alpha, out=alpha)
            self._blend(region, _limited(alpha, opacity), colour)

    def outline(self, rect: Rect, strokes: Sequence[Stroke], *, radius: float) -> None:
        """Draw lines along a rectangle's edge, one over the other; only its four sides are touched."""
        x1, y1, x2, y2 = rect
        line = max(stroke.line for stroke in strokes)
        reach = radius + line
        top, bottom = min(y1 + reach, (y1 + y2) / 2), max(y2 - reach, (y1 + y2) / 2)
        left, right = min(x1 + reach, (x1 + x2) / 2), max(x2 - reach, (x1 + x2) / 2)
        # whole pixels, so that neighbouring strips meet without a pixel in common
        top, bottom, left, right = math.floor(top), math.floor(bottom), math.floor(left), math.floor(right)
        around = line + 1
        strips = (
            (x1 - around, y1 - around, x2 + around, top),
            (x1 - around, bottom, x2 + around, y2 + around),
            (x1 - around, top, min(x1 + around, left), bottom),
            (max(x2 - around, right), top, x2 + around, bottom),
        )
        for strip in strips:
            region = self._region(strip, 0)
            if region is None:
                continue
            edge = _distance(region, rect, radius)
            np.abs(edge, out=edge)
            for stroke in strokes:
                alpha = _limited(np.float32(0.5 + stroke.line / 2) - edge, stroke.opacity)
                if stroke.dashed:
                    alpha *= _dashes(region, rect, stroke.line)
                self._blend(region, alpha, stroke.colour)

    def text(self, x: float, baseline: float, text: str, colour: RGB, *, size: int, anchor: str = "l") -> None:
        """Write one line of text; ``anchor`` l has its left end at x, r its right end."""
        mask, inset_x, inset_y = _mask_of(text, size)
        left = inset_x + (round(x) if anchor == "l" else round(x - text_width(text, size)))
        top = inset_y + round(baseline - ASCENT * size)
        region = self._region((left, top, left + mask.shape[1], top + mask.shape[0]), 0)
        if region is not None:
            r1, r2, c1, c2 = region
            coverage = mask[r1 - top : r2 - top, c1 - left : c2 - left]
            self._blend(region, np.multiply(coverage, 1 / 255, dtype=np.float32), colour)

    def picture(self, x: float, y: float, picture: UInt8, *, opacity: float = 1) -> None:
        """Lay an (h, w, 4) uint8 RGBA picture on the canvas, its upper left corner at the pixel nearest x, y."""
        left, top = round(x), round(y)
        region = self._region((left, top, left + picture.shape[1], top + picture.shape[0]), 0)
        if region is not None:
            r1, r2, c1, c2 = region
            part = picture[r1 - top : r2 - top, c1 - left : c2 - left]
            alpha: Alpha = np.multiply(part[..., 3], opacity / 255, dtype=np.float32)
            self._mix(region, alpha, np.ascontiguousarray(part[..., :3]))

    def _region(self, rect: Rect, margin: int) -> tuple[int, int, int, int] | None:
        """First and last-plus-one row, then column, that a rectangle touches; None where it touches none."""
        height, width = self.image.shape[:2]
        r1, r2 = max(math.floor(rect[1]) - margin, 0), min(math.ceil(rect[3]) + margin, height)
        c1, c2 = max(math.floor(rect[0]) - margin, 0), min(math.ceil(rect[2]) + margin, width)
        return (r1, r2, c1, c2) if r1 < r2 and c1 < c2 else None

    def _blend(self, region: tuple[int, int, int, int], alpha: Alpha, colour: RGB) -> None:
        # a power of two, so that few different inks are kept
        ink = _ink(colour, 1 << alpha.size.bit_length())
        self._mix(region, alpha, ink[: alpha.size].reshape(*alpha.shape, 3))

    def _mix(self, region: tuple[int, int, int, int], alpha: Alpha, ink: UInt8) -> None:
        r1, r2, c1, c2 = region
        part = self.image[r1:r2, c1:c2]
        part[...] = cv2.blendLinear(part, ink, np.float32(1) - alpha, alpha)


@functools.lru_cache(maxsize=64)
def _ink(colour: RGB, pixels: int) -> UInt8:
    """(pixels, 3) of one colour."""
    ink: UInt8 = np.tile(np.array(colour, np.uint8), (pixels, 1))
    return ink


@functools.lru_cache(maxsize=4 * KEPT_TEXTS)
def text_width(text: str, size: int) -> float:
    """Pixels that a line of text takes."""
    return float(_font(size * FINER).getlength(text)) / FINER


@functools.lru_cache(maxsize=KEPT_TEXTS)
def _mask_of(text: str, size: int) -> tuple[UInt8, int, int]:
    """Coverage in [0, 255] of a line of text, (h, w), and its inset in x and y.

    The inset counts from where the text begins, and from ``ASCENT * size`` above its baseline. Drawn larger and
    brought down, because small letters are otherwise set to whole pixels, with uneven gaps.
    """
    width = math.ceil(text_width(text, size)) + size
    drawn = Image.new("L", (width * FINER, 2 * size * FINER))
    draw = ImageDraw.Draw(drawn)
    draw.text((0, ASCENT * size * FINER), text, fill=255, font=_font(size * FINER), anchor="ls")
    mask = drawn.reduce(FINER)
    left, top, right, bottom = mask.getbbox() or (0, 0, 1, 1)
    inked: UInt8 = np.asarray(mask.crop((left, top, right, bottom)))
    return inked, left, top


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
    across = np.abs(x - (x1 + x2) / 2) - ((x2 - x1) / 2 - radius)
    down = np.abs(y - (y1 + y2) / 2) - ((y2 - y1) / 2 - radius)
    distance: Alpha = np.square(np.maximum(across, 0)) + np.square(np.maximum(down, 0))
    np.sqrt(distance, out=distance)
    inside = np.maximum(across, down)
    distance += np.minimum(inside, 0, out=inside)
    distance -= radius
    return distance


def _limited(alpha: Alpha, opacity: float) -> Alpha:
    """Coverage kept within [0, 1], in place, times the opacity."""
    np.maximum(alpha, 0, out=alpha)
    np.minimum(alpha, 1, out=alpha)
    if opacity != 1:
        alpha *= np.float32(opacity)
    return alpha


def _dashes(region: tuple[int, int, int, int], rect: Rect, line: float) -> Alpha:
    """1 on a dash, 0 in a gap: whole dashes along each side, with half of one at each corner."""
    x1, y1, x2, y2 = rect
    x, y = _centres(region)
    to_horizontal, to_vertical = (
        np.minimum(np.abs(at - low), np.abs(at - high)) for at, low, high in ((y, y1, y2), (x, x1, x2))
    )
    dashes: Alpha = np.where(to_horizontal < to_vertical, _pulse(x - x1, x2 - x1, line), _pulse(y - y1, y2 - y1, line))
    return dashes


def _pulse(along: Alpha, length: float, line: float) -> Alpha:
    period = max(length, line) / max(round(length / (DASH * line)), 2)
    turns = along / period
    from_dash: Alpha = np.abs(turns - np.rint(turns)) * np.float32(period)
    return _limited(np.float32(0.5 + 0.3 * period) - from_dash, 1)
