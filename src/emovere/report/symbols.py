"""Expressions as large symbols: simple faces, each told by its shape alone, with the expression's colour beside.

Drawn from circles and lines at any size, larger than needed and brought down, so that no font is asked for.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from emovere.report.colours import RGB, colour_of, rgb
from emovere.types import UInt8

Point: TypeAlias = tuple[float, float]

INK: RGB = (33, 26, 24)
WHITE: RGB = (255, 255, 255)
TONGUE: RGB = (236, 106, 122)
TEAR: RGB = (214, 240, 255)

LEAST, MOST = 8, 1024
"""Pixels of a side."""

PALER = 0.22
"""How far a colour is moved towards white, so that dark lines on it are seen."""

RADIUS = 0.94
"""Of the face, where half a side is 1; the rest is its rim."""


@functools.lru_cache(maxsize=256)
def symbol(emotion: str, side: int) -> UInt8:
    """The face that stands for an expression: (side, side, 4) uint8 RGBA, transparent around a circle.

    side: pixels, brought into [8, 1024]. A name that is not one of the eight expressions gives its first letter on a
    disc. The array is kept and cannot be written to.
    """
    side = min(max(int(side), LEAST), MOST)
    finer = 8 if side <= 128 else 4
    pen = _Pen(side * finer, least=(0.85 if side < 24 else 1.15) * finer)
    pen.disc(0, 0, RADIUS + 0.06, RADIUS + 0.06, WHITE)
    pen.disc(0, 0, RADIUS, RADIUS, INK)
    rim = max(0.06, pen.least)
    pen.disc(0, 0, RADIUS - rim, RADIUS - rim, _paler(rgb(colour_of(emotion))))
    if emotion in _FACES:
        _FACES[emotion](pen)
    else:
        pen.letter(emotion.strip()[:1].upper() or "?")
    drawn = np.array(pen.image.reduce(finer))
    drawn.flags.writeable = False
    return drawn


class _Pen:
    """Draws in a square whose middle is 0, 0 and whose edges are at -1 and 1; y grows downwards."""

    def __init__(self, side: int, least: float) -> None:
        """least: the thinnest line in pixels of the large drawing, so that small symbols keep their features."""
        # white underneath: what shines through at the rim is not black
        self.image = Image.new("RGBA", (side, side), (*WHITE, 0))
        self.least = 2 * least / side
        self._draw = ImageDraw.Draw(self.image)
        self._half = side / 2

    def disc(self, x: float, y: float, across: float, down: float, colour: RGB) -> None:
        """An ellipse about x, y with these radii."""
        low, high = self._at((x - across, y - down)), self._at((x + across, y + down))
        self._draw.ellipse((*low, *high), fill=colour)

    def area(self, points: Sequence[Point], colour: RGB) -> None:
        """A filled polygon."""
        self._draw.polygon([self._at(point) for point in points], fill=colour)

    def line(self, points: Sequence[Point], width: float, colour: RGB = INK) -> None:
        """A line with round ends and corners."""
        half = max(width, 1.2 * self.least) / 2
        for point in points:
            self.disc(*point, half, half, colour)
        flat = [self._at(point) for point in points]
        self._draw.line(flat, fill=colour, width=max(1, round(2 * half * self._half)), joint="curve")

    def letter(self, letter: str) -> None:
        """One letter in the middle."""
        font = ImageFont.load_default(round(1.1 * self._half))
        self._draw.text((self._half, self._half), letter, fill=INK, font=font, anchor="mm")

    def _at(self, point: Point) -> Point:
        return (point[0] + 1) * self._half, (point[1] + 1) * self._half


def _paler(colour: RGB) -> RGB:
    red, green, blue = (round(value + PALER * (255 - value)) for value in colour)
    return red, green, blue


def _arc(x: float, y: float, across: float, down: float, start: float, end: float) -> list[Point]:
    """Points on an ellipse about x, y from one angle to another, in degrees: 0 is right, 90 is down."""
    steps = 48
    angles = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(x + across * math.cos(angle), y + down * math.sin(angle)) for angle in angles]


def _mirrored(points: Sequence[Point]) -> list[Point]:
    return [(-x, y) for x, y in points]


def _both(pen: _Pen, points: Sequence[Point], width: float) -> None:
    pen.line(points, width)
    pen.line(_mirrored(points), width)


def _happy(pen: _Pen) -> None:
    _both(pen, _arc(0.36, -0.14, 0.19, 0.24, 195, 345), 0.13)
    mouth = _arc(0, 0.1, 0.58, 0.58, 0, 180)
    pen.area(mouth, INK)
    pen.line([*mouth, mouth[0]], 0.1)
    pen.area([(-0.52, 0.11), (0.52, 0.11), (0.46, 0.27), (-0.46, 0.27)], WHITE)
    pen.disc(0, 0.58, 0.26, 0.1, TONGUE)


def _sad(pen: _Pen) -> None:
    for side in (-1, 1):
        pen.disc(side * 0.36, -0.06, 0.12, 0.15, INK)
    _both(pen, [(0.16, -0.52), (0.34, -0.42), (0.56, -0.3)], 0.11)
    pen.line(_arc(0, 0.74, 0.4, 0.34, 200, 340), 0.13)
    pen.area([(-0.46, 0.12), (-0.34, 0.36), (-0.58, 0.36)], TEAR)
    pen.disc(-0.46, 0.39, 0.125, 0.125, TEAR)


def _angry(pen: _Pen) -> None:
    for side in (-1, 1):
        pen.disc(side * 0.36, 0.0, 0.13, 0.14, INK)
    _both(pen, [(0.1, -0.18), (0.64, -0.5)], 0.19)
    box = [(-0.42, 0.38), (0.42, 0.38), (0.42, 0.66), (-0.42, 0.66)]
    pen.area(box, WHITE)
    pen.line([*box, box[0]], 0.1)
    pen.line([(-0.42, 0.52), (0.42, 0.52)], 0.05)
    for x in (-0.14, 0.14):
        pen.line([(x, 0.38), (x, 0.66)], 0.05)


def _surprise(pen: _Pen) -> None:
    for side in (-1, 1):
        pen.disc(side * 0.36, -0.16, 0.13, 0.17, INK)
    _both(pen, _arc(0.38, -0.42, 0.2, 0.18, 215, 325), 0.1)
    pen.disc(0, 0.44, 0.24, 0.31, INK)
    pen.disc(0, 0.57, 0.14, 0.12, TONGUE)


def _fear(pen: _Pen) -> None:
    for side in (-1, 1):
        pen.disc(side * 0.36, -0.12, 0.27, 0.29, INK)
        pen.disc(side * 0.36, -0.12, 0.2, 0.22, WHITE)
        pen.disc(side * 0.36, -0.1, 0.085, 0.085, INK)
    _both(pen, [(0.16, -0.64), (0.4, -0.58), (0.6, -0.44)], 0.09)
    wave = [(x / 24, 0.52 + 0.1 * math.sin(x / 24 * 2 * math.pi * 2.2)) for x in range(-12, 13)]
    pen.line(wave, 0.12)


def _disgust(pen: _Pen) -> None:
    _both(pen, [(0.18, -0.06), (0.52, -0.06)], 0.14)
    _both(pen, [(0.12, -0.26), (0.34, -0.36), (0.6, -0.36)], 0.12)
    _both(pen, [(0.04, 0.06), (0.12, 0.2)], 0.07)
    mouth = _arc(0, 0.62, 0.44, 0.3, 180, 360)
    pen.area(mouth, INK)
    pen.line([*mouth, mouth[0]], 0.1)
    tongue = [*_arc(0.06, 0.68, 0.2, 0.2, 0, 180), (-0.14, 0.5), (0.26, 0.5)]
    pen.area(tongue, TONGUE)
    pen.line([(0.06, 0.56), (0.06, 0.7)], 0.04)


def _neutral(pen: _Pen) -> None:
    for side in (-1, 1):
        pen.disc(side * 0.36, -0.14, 0.12, 0.15, INK)
    pen.line([(-0.38, 0.42), (0.38, 0.42)], 0.13)


def _contempt(pen: _Pen) -> None:
    for side in (-1, 1):
        pen.disc(side * 0.36 + 0.06, -0.1, 0.1, 0.1, INK)
        pen.line([(side * 0.36 - 0.19, -0.19), (side * 0.36 + 0.19, -0.19)], 0.1)
    pen.line(_arc(0.4, -0.36, 0.25, 0.2, 205, 325), 0.1)
    pen.line([(-0.34, 0.5), (-0.04, 0.5), (0.16, 0.46), (0.32, 0.38), (0.42, 0.28)], 0.13)
    pen.line([(0.36, 0.2), (0.46, 0.2), (0.52, 0.3)], 0.07)


_FACES: dict[str, Callable[[_Pen], None]] = {
    "angry": _angry,
    "disgust": _disgust,
    "fear": _fear,
    "happy": _happy,
    "sad": _sad,
    "surprise": _surprise,
    "neutral": _neutral,
    "contempt": _contempt,
}
