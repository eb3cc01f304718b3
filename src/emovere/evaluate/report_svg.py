"""Charts as SVG that stands inside a page: its colours are the page's own, so that it is dark where the page is.

Classes of the style sheet: s1 to s3 colour a series, people the human line; ``dash`` breaks a line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 400, 270
"""Units of a chart; on a telephone it is about as wide in pixels, so that its letters stay as large as they are."""

LEFT, RIGHT, TOP, BOTTOM = 62, 20, 12, 40


@dataclass(frozen=True)
class Plane:
    """Where values stand on a chart."""

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    width: int = WIDTH
    height: int = HEIGHT
    top: int = TOP
    bottom: int = BOTTOM

    def x(self, value: float) -> float:
        """Units from the left."""
        low, high = self.x_range
        return LEFT + (self.width - LEFT - RIGHT) * (value - low) / (high - low)

    def y(self, value: float) -> float:
        """Units from the top."""
        low, high = self.y_range
        return self.height - self.bottom - (self.height - self.top - self.bottom) * (value - low) / (high - low)

    def at(self, x: float, y: float) -> str:
        """A point, as in a path."""
        return f"{self.x(x):.1f} {self.y(y):.1f}"

    def frame(
        self, x_ticks: Sequence[tuple[float, str]], y_ticks: Sequence[tuple[float, str]], x_title: str, y_title: str
    ) -> str:
        """Rules across for each y tick, both rows of figures, and what the axes mean."""
        left, right, floor = LEFT, self.width - RIGHT, self.height - self.bottom
        parts = []
        for value, text in y_ticks:
            y = self.y(value)
            parts.append(f'<line class="rule" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(f'<text class="end" x="{left - 6}" y="{y + 4:.1f}">{escape(text)}</text>')
        for value, text in x_ticks:
            parts.append(f'<text class="middle" x="{self.x(value):.1f}" y="{floor + 16}">{escape(text)}</text>')
        parts.append(f'<line class="axis" x1="{left}" x2="{right}" y1="{floor}" y2="{floor}"/>')
        middle = (left + right) / 2
        parts.append(f'<text class="middle title" x="{middle:.0f}" y="{self.height - 6}">{escape(x_title)}</text>')
        height = (self.top + floor) / 2
        parts.append(
            f'<text class="middle title" transform="translate(12 {height:.0f}) rotate(-90)">{escape(y_title)}</text>'
            if y_title
            else ""
        )
        return "".join(parts)

    def line(self, points: Sequence[tuple[float, float]], look: str) -> str:
        """A line through points; it breaks where y is not known."""
        path, pen = [], "M"
        for x, y in points:
            if math.isnan(y):
                pen = "M"
                continue
            path.append(f"{pen}{self.at(x, y)}")
            pen = "L"
        return f'<path class="line {look}" d="{"".join(path)}"/>' if path else ""

    def area(self, points: Sequence[tuple[float, float]], look: str) -> str:
        """What lies under a line, down to the x axis."""
        if not points:
            return ""
        floor = self.y_range[0]
        ends = [(points[0][0], floor), *points, (points[-1][0], floor)]
        return f'<path class="area {look}" d="M{"L".join(self.at(x, y) for x, y in ends)}Z"/>'

    def whisker(self, x: float, low: float, high: float, look: str) -> str:
        """An interval, upright."""
        return (
            f'<line class="whisker {look}" x1="{self.x(x):.1f}" x2="{self.x(x):.1f}" y1="{self.y(low):.1f}" '
            f'y2="{self.y(high):.1f}"/>'
        )

    def dot(self, x: float, y: float, look: str) -> str:
        """A point."""
        return f'<circle class="dot {look}" cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="3.4"/>'

    def bar(self, left: float, right: float, value: float, look: str) -> str:
        """A column from the x axis up."""
        floor = self.y(self.y_range[0])
        return (
            f'<rect class="bar {look}" x="{self.x(left):.1f}" width="{self.x(right) - self.x(left):.1f}" '
            f'y="{self.y(value):.1f}" height="{max(0.0, floor - self.y(value)):.1f}"/>'
        )

    def level(self, value: float, text: str, look: str = "people dash") -> str:
        """A line across, with its name above its right end."""
        y, right = self.y(value), self.width - RIGHT
        return (
            f'<line class="line {look}" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="end people" x="{right}" y="{y - 5:.1f}">{escape(text)}</text>'
        )


def svg(parts: Sequence[str], words: str, width: int = WIDTH, height: int = HEIGHT) -> str:
    """A chart; words: what it shows, for those who do not see it."""
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(words)}">'
        f"{''.join(parts)}</svg>"
    )


def legend(entries: Sequence[tuple[str, str]]) -> str:
    """What the lines mean: (look, name) each."""
    items = "".join(
        '<li><svg aria-hidden="true" viewBox="0 0 26 10">'
        f'<line class="line {look}" x1="1" x2="25" y1="5" y2="5"/></svg>'
        f"{escape(name)}</li>"
        for look, name in entries
    )
    return f'<ul class="legend">{items}</ul>'


def percents(step: int = 20, top: int = 100, bottom: int = 0) -> list[tuple[float, str]]:
    """Ticks of shares: ``0.2`` and ``20 %``."""
    return [(value / 100, f"{value} %") for value in range(bottom, top + 1, step)]


def round_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About so many round values from low to high."""
    if not high > low:
        return [low]
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]
