"""Expressions over time as a PNG: one lane a person, the mix of expressions stacked in it, and events above it.

Drawn on matplotlib's Figure alone, so that no window system and no global state is touched.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from emovere.files import atomic_write
from emovere.report.colours import colour_of
from emovere.report.symbols import symbol
from emovere.report.timeline_data import BRIEF_S, Lane, Recording, TimelineData
from emovere.report.timeline_shape import edged, ink_on, names_inside
from emovere.report.timeline_words import CAUTION, duration, notes, shown, ticks

DPI = 150

WIDTH, LEFT, RIGHT = 11.0, 1.15, 0.25
"""Inches: of the whole, and beside the lanes."""

HEAD, TITLE, LANE, MARKS, GAP, AXIS, NOTE, FOOT = 0.62, 0.34, 0.62, 0.2, 0.12, 0.36, 0.2, 0.34
"""Inches, from top to bottom: legend, name of a recording, a lane, the marks above it, space, time axis, notes."""

MOST_LANES = 40
"""Of all recordings together; later ones are only named."""

INK, PALE, RULE = "#222222", "#666666", "#d8d8d8"


def draw_timeline(data: TimelineData, path: Path) -> None:
    """Draw what was gathered and write it as PNG, whole or not at all. Raises OutputError.

    The time axis counts from each recording's own beginning. White is time without the face. Nobody seen gives a
    picture that says so.
    """
    from matplotlib.figure import Figure

    recordings, left_out = _that_fit(data.recordings())
    height = HEAD + FOOT + sum(_height(recording) for recording in recordings) + (NOTE if left_out else 0)
    figure = Figure(figsize=(WIDTH, max(height, 1.6)), facecolor="white")
    page = _Page(figure)
    _legend(page, data)
    page.down(HEAD)
    longest = max((recording.end_s - recording.begin_s for recording in recordings), default=0.0)
    for recording in recordings:
        length = recording.end_s - recording.begin_s
        # one scale for all, where the shorter ones can still be read on it
        span = longest if 4 * length >= longest else length
        _recording(page, data, recording, (recording.begin_s, recording.begin_s + max(span, 1e-3)))
    if not recordings:
        page.text(LEFT, 0.2, "no face was followed", size=11)
    if left_out:
        page.text(LEFT, 0.1, f"{left_out} more recordings are not drawn", size=8, color=PALE)
        page.down(NOTE)
    page.bottom(CAUTION)
    with atomic_write(path, "wb") as file, warnings.catch_warnings():
        # a name may hold letters that the typeface lacks; they show as boxes
        warnings.filterwarnings("ignore", "Glyph", UserWarning)
        figure.savefig(file, format="png", dpi=DPI)


class _Page:
    """A figure that is filled from top to bottom, in inches."""

    def __init__(self, figure: Any) -> None:
        self.figure = figure
        self._width, self._height = figure.get_size_inches()
        self._top = 0.0

    def down(self, inches: float) -> None:
        self._top += inches

    def axes(self, height: float) -> Any:
        """Axes of the lanes' width, next below; the page goes on under them."""
        bottom = 1 - (self._top + height) / self._height
        width = self._width - LEFT - RIGHT
        axes = self.figure.add_axes((LEFT / self._width, bottom, width / self._width, height / self._height))
        self._top += height
        return axes

    def text(self, x: float, y: float, text: str, **style: Any) -> None:
        """Text at x inches from the left edge, y below where the page has come to."""
        style = {"color": INK, "va": "center", "parse_math": False, **style}
        self.figure.text(x / self._width, 1 - (self._top + y) / self._height, text, **style)

    def picture(self, x: float, y: float, pixels: Any, inches: float) -> None:
        """A square picture with its left edge at x and its middle at y."""
        low = 1 - (self._top + y + inches / 2) / self._height
        axes = self.figure.add_axes((x / self._width, low, inches / self._width, inches / self._height))
        axes.imshow(pixels, interpolation="antialiased")
        axes.axis("off")

    def bottom(self, text: str) -> None:
        self.figure.text(LEFT / self._width, 0.13 / self._height, text, size=8, color=PALE, va="center")


def _that_fit(recordings: tuple[Recording, ...]) -> tuple[list[Recording], int]:
    kept: list[Recording] = []
    for recording in recordings:
        if kept and sum(max(1, len(other.lanes)) for other in (*kept, recording)) > MOST_LANES:
            break
        kept.append(recording)
    return kept, len(recordings) - len(kept)


def _height(recording: Recording) -> float:
    lanes = max(1, len(recording.lanes)) * (MARKS + LANE + GAP)
    return TITLE + lanes + AXIS + NOTE * bool(notes(recording, BRIEF_S))


def _legend(page: _Page, data: TimelineData) -> None:
    from matplotlib.textpath import TextPath

    x = LEFT
    side = 0.2
    for k in data.order:
        label = data.labels[k]
        page.picture(x, 0.24, symbol(label, round(2 * side * DPI)), side)
        page.text(x + side + 0.06, 0.24, label, size=9)
        x += side + 0.24 + TextPath((0, 0), label, size=9, usetex=False).get_extents().x1 / 72
    page.text(x + 0.08, 0.24, "▏comes or goes    ▬ an expression, ● at its height", size=8, color=PALE)


def _recording(page: _Page, data: TimelineData, recording: Recording, span: tuple[float, float]) -> None:
    page.text(LEFT, 0.16, shown(recording.name), size=11, weight="bold")
    page.down(TITLE)
    axes = None
    for lane in recording.lanes:
        page.text(0.15, MARKS + 0.3 * LANE, f"#{lane.track_id}", size=12, weight="bold")
        page.text(0.15, MARKS + 0.68 * LANE, f"{duration(lane.seen_s)} seen", size=8, color=PALE)
        axes = page.axes(MARKS + LANE)
        _lane(axes, data, lane, span)
        page.down(GAP)
    if axes is None:
        axes = page.axes(MARKS + LANE)
        _empty(axes, span)
        axes.text(0.0, 0.4, "no face was followed", size=9, color=PALE, transform=axes.transAxes)
        page.down(GAP)
    marks = ticks(*span)
    axes.set_xticks([at for at, _ in marks], [text for _, text in marks], size=9, color=INK)
    axes.spines["bottom"].set_visible(True)
    axes.tick_params(axis="x", length=3, color=PALE)
    page.down(AXIS)
    told = notes(recording, BRIEF_S)
    if told:
        page.text(LEFT, 0.0, ", ".join(told), size=8, color=PALE)
        page.down(NOTE)


def _empty(axes: Any, span: tuple[float, float]) -> None:
    axes.set_xlim(*span)
    axes.set_ylim(0, (LANE + MARKS) / LANE)
    axes.set_yticks([])
    axes.set_xticks([])
    axes.set_facecolor("none")
    axes.spines[:].set_visible(False)
    axes.spines["bottom"].set_color(RULE)


def _lane(axes: Any, data: TimelineData, lane: Lane, span: tuple[float, float]) -> None:
    _empty(axes, span)
    axes.axhline(0, color=RULE, linewidth=0.8)
    colours = [colour_of(data.labels[k]) for k in data.order]
    for piece in lane.pieces:
        times, shares = edged(piece)
        axes.stackplot(times, shares[:, data.order].T, colors=colours, linewidth=0.4, edgecolor="white")
        for at, height, label in names_inside(piece, data, span[1] - span[0]):
            axes.text(at, height, label, size=8, color=ink_on(label), ha="center", va="center", clip_on=True)
    for event in lane.events:
        if event.kind in ("enter", "leave"):
            axes.vlines(event.time_s, 0, 1.08, color=INK, linewidth=0.9)
    top, step = 1 + 0.55 * MARKS / LANE, 0.3 * MARKS / LANE
    for episode in lane.episodes:
        height = top + step * min(episode.level, 1)
        colour = colour_of(episode.emotion)
        axes.hlines(height, episode.begin_s, episode.end_s, color=INK, linewidth=4.6)
        axes.hlines(height, episode.begin_s, episode.end_s, color=colour, linewidth=3.4)
        if episode.apex_s is not None:
            axes.plot([episode.apex_s], [height], "o", color=colour, mec=INK, mew=0.8, markersize=5.5, clip_on=False)
