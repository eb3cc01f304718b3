"""What is written beside a face on a picture: a panel with bars, or a tag where there is little room."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from emovere.report.canvas import Canvas, text_width
from emovere.report.colours import RGB, colour_of, rgb
from emovere.report.words import alternatives, percent
from emovere.types import Face

WHITE: RGB = (255, 255, 255)
PALE: RGB = (206, 210, 216)
NIGHT: RGB = (16, 18, 22)
OPACITY = 0.82

# In heights of the font
PAD, ROW, GAP, BAR, BAR_LEAST, BAR_MOST, CHIP, SPACE = 0.5, 1.42, 0.55, 0.5, 4.0, 10.0, 0.72, 0.28

LEAST_FONT = 9
"""Pixels; smaller letters of the typeface run into each other."""

SMALL_FACE = 0.085
"""Below this share of the picture's side a face gets a tag: a panel would be too small to read, or hide too much."""

WIDEST_PANEL = 2.0
"""In widths of the face."""


@dataclass(frozen=True)
class Scale:
    """Sizes for one face on one picture, in pixels: they grow with the picture, but a face bounds them."""

    panel_font: int
    """0 where the face is too small a part of the picture for a panel to be read."""
    tag_font: int
    small_font: int
    """For a face that has little room."""
    line: int
    """Thickness of the box."""
    face_width: float

    @classmethod
    def of(cls, picture: tuple[int, int], face: tuple[float, float]) -> Scale:
        """picture: (height, width) in pixels. face: (width, height) of the part of the box inside the picture."""
        picture_side = (picture[0] * picture[1]) ** 0.5
        face_side = (face[0] * face[1]) ** 0.5
        most = max(10.0, 0.0165 * picture_side)
        small = min(0.5 * most, max(10.0, 0.5 * face_side))
        panel, tag = (max(small, min(most, share * face_side)) for share in (0.17, 0.2))
        return cls(
            panel_font=_whole(panel) if face_side >= SMALL_FACE * picture_side else 0,
            tag_font=_whole(tag),
            small_font=_whole(small),
            line=max(1, round(min(0.0024 * picture_side, 0.04 * face_side))),
            face_width=face[0],
        )


def _whole(font: float) -> int:
    return max(LEAST_FONT, round(font))


@dataclass(frozen=True)
class Tag:
    """One line on a dark ground, behind a chip in the expression's colour."""

    text: str
    colour: RGB
    font: int
    number: str = ""
    """Of the person, such as ``#2``; empty where faces are not followed."""

    @functools.cached_property
    def size(self) -> tuple[float, float]:
        """(width, height) in pixels."""
        words = _numbered_width(self.number, self.text, self.font)
        return (2 * PAD + CHIP + 0.4) * self.font + words, (ROW + 0.2) * self.font

    def draw(self, canvas: Canvas, x: float, y: float) -> None:
        """Draw with the upper left corner at x, y."""
        font, (width, height) = self.font, self.size
        middle = y + height / 2
        canvas.fill((x, y, x + width, y + height), NIGHT, radius=0.35 * font, opacity=OPACITY)
        left = x + PAD * font
        chip = (left, middle - CHIP / 2 * font, left + CHIP * font, middle + CHIP / 2 * font)
        canvas.fill(chip, self.colour, radius=0.2 * font)
        _write_numbered(canvas, (chip[2] + 0.4 * font, middle + 0.35 * font), self.number, self.text, font)


@dataclass(frozen=True)
class Panel:
    """The mix of expressions: a name, a bar and a percentage each, under a title where the face leaves doubt."""

    title: str
    rows: tuple[tuple[str, float], ...]
    """Labels and probabilities, likeliest first."""
    font: int
    face_width: float
    """The bars stretch, within bounds, to make the panel as wide as the box."""
    number: str = ""
    """Of the person, such as ``#2``, before the first line; empty where faces are not followed."""

    @functools.cached_property
    def size(self) -> tuple[float, float]:
        """(width, height) in pixels."""
        height = (2 * PAD - 0.2 + ROW * (len(self.rows) + bool(self.title))) * self.font
        titled = _numbered_width(self.number, self.title, self.font) + 2 * PAD * self.font if self.title else 0.0
        return max(self._fixed_width + self._bar_width, titled), height

    def draw(self, canvas: Canvas, x: float, y: float) -> None:
        """Draw with the upper left corner at x, y."""
        font, (width, height) = self.font, self.size
        canvas.fill((x, y, x + width, y + height), NIGHT, radius=0.4 * font, opacity=OPACITY)
        left, right = x + PAD * font, x + width - PAD * font
        middle = y + (PAD - 0.1 + ROW / 2) * font
        if self.title:
            _write_numbered(canvas, (left, middle + 0.35 * font), self.number, self.title, font)
            middle += ROW * font
        bar_left, bar_right = left + self._name_width + GAP * font, right - self._percent_width - GAP * font
        for number, (name, share) in enumerate(self.rows):
            ink = PALE if number else WHITE
            top, bottom, radius = middle - BAR / 2 * font, middle + BAR / 2 * font, 0.15 * font
            if number == 0 and not self.title:
                _write_numbered(canvas, (left, middle + 0.35 * font), self.number, name, font)
            else:
                canvas.text(left, middle + 0.35 * font, name, ink, size=font)
            canvas.fill((bar_left, top, bar_right, bottom), WHITE, radius=radius, opacity=0.16)
            bar = (bar_left, top, bar_left + share * (bar_right - bar_left), bottom)
            canvas.fill(bar, rgb(colour_of(name)), radius=radius)
            canvas.text(right, middle + 0.35 * font, percent(share), ink, size=font, anchor="r")
            middle += ROW * font

    @functools.cached_property
    def _name_width(self) -> float:
        first = "" if self.title or not self.rows else self.rows[0][0]
        widest = max((text_width(name, self.font) for name, _ in self.rows), default=0.0)
        return max(widest, _numbered_width(self.number, first, self.font)) if first else widest

    @functools.cached_property
    def _percent_width(self) -> float:
        return max(text_width(percent(share), self.font) for _, share in self.rows)

    @functools.cached_property
    def _fixed_width(self) -> float:
        return self._name_width + self._percent_width + 2 * (PAD + GAP) * self.font

    @functools.cached_property
    def _bar_width(self) -> float:
        return min(max(self.face_width - self._fixed_width, BAR_LEAST * self.font), BAR_MOST * self.font)


def _numbered_width(number: str, text: str, font: int) -> float:
    return text_width(text, font) + (text_width(number, font) + SPACE * font if number else 0.0)


def _write_numbered(canvas: Canvas, start: tuple[float, float], number: str, text: str, font: int) -> None:
    """A person's number, paler, and the text after it, from the left end of its baseline."""
    x, baseline = start
    if number:
        canvas.text(x, baseline, number, PALE, size=font)
    canvas.text(x + _numbered_width(number, "", font), baseline, text, WHITE, size=font)


def labels_of(face: Face, scale: Scale, top_k: int) -> Iterator[Panel | Tag]:
    """What could be written beside a face, the richest first; with its number where the face is followed."""
    number = "" if face.track_id is None else f"#{face.track_id}"
    doubt = f"{alternatives(face)}?" if face.uncertain else ""
    colour = rgb(colour_of(face.emotion))
    if top_k > 1 and scale.panel_font:
        for font in sorted({scale.panel_font, _whole(0.75 * scale.panel_font)}, reverse=True):
            panel = Panel(doubt, tuple(face.top(top_k)), font, scale.face_width, number)
            if panel.size[0] <= WIDEST_PANEL * scale.face_width:
                yield panel
    sure = f"{face.emotion} {percent(face.probs[face.emotion])}"
    for font in sorted({scale.tag_font, scale.small_font}, reverse=True):
        yield Tag(doubt or sure, colour, font, number)
    yield Tag(face.emotion + "?" * face.uncertain, colour, scale.small_font, number)
    if number:
        yield Tag(number, colour, scale.small_font)
