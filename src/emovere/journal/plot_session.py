"""One session as a picture: a lane a person, the mix of expressions over its time, and where notes stand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from emovere.journal.plot_page import INK, LEFT, PALE, RIGHT, RULE, ColourOf, foot, head, legend, order_of, plain, save
from emovere.journal.records import Note, Reading, Session

STEPS = 240
"""Most columns over a session's time."""

MOST_LANES = 6
"""People who get a lane: those who were seen the longest."""

MOST_NOTES = 8
WIDTH, LANE, TOP, BOTTOM, LINE = 10.0, 0.85, 0.72, 0.55, 0.2
"""Inches: the picture's width; of a lane, above the first, below the last, of a line of text."""


def draw_session(
    session: Session, readings: Sequence[Reading], notes: Sequence[Note], path: Path, colour_of: ColourOf
) -> None:
    """Draw a session as PNG. Raises OutputError. Nobody seen gives a picture that says so."""
    from matplotlib.figure import Figure

    seen = Counter(reading.person for reading in readings)
    people = sorted(person for person, _ in seen.most_common(MOST_LANES))
    marked = [note for note in notes if note.at_s is not None][:MOST_NOTES]
    below = BOTTOM + LINE * len(marked)
    height = TOP + LANE * max(1, len(people)) + below
    figure = Figure(figsize=(WIDTH, height), facecolor="white")
    head(figure, _title(session))
    left, wide = LEFT / WIDTH, 1 - (LEFT + RIGHT) / WIDTH
    labels = order_of(session.labels)
    step = max(1, -(-max((reading.second + 1 for reading in readings), default=1) // STEPS))
    longest = max((reading.second + 1 for reading in readings), default=1)
    for place, person in enumerate(people):
        bottom = height - TOP - LANE * (place + 1)
        axes = figure.add_axes((left, (bottom + 0.1) / height, wide, (LANE - 0.14) / height))
        _lane(axes, _columns(readings, person, step), labels, step, colour_of)
        axes.set_xlim(0, longest)
        axes.set_ylabel(f"#{person}", rotation=0, ha="right", va="center", size=10, color=INK)
        _marks(axes, marked)
        _ticks(axes, longest, last=place == len(people) - 1)
    if people:
        legend(figure, labels, colour_of)
    else:
        figure.text(0.5, 0.5, "no face was seen", color=PALE, ha="center")
    for number, note in enumerate(marked, 1):
        text = f"{number}  {_clock(note.at_s or 0.0)}  {_brief(note.text)}"
        level = (0.38 + LINE * (len(marked) - number)) / height
        figure.text(left, level, text, size=8, color=INK, va="center", parse_math=False)
    foot(figure)
    save(figure, path)


def _title(session: Session) -> str:
    begun = session.local_start
    text = f"{begun:%A}, {begun.day} {begun:%B %Y}, {begun:%H:%M}"
    return f"{_brief(session.title)}  ({text})" if session.title else text


def _columns(readings: Sequence[Reading], person: int, step: int) -> Mapping[int, list[Reading]]:
    found: dict[int, list[Reading]] = defaultdict(list)
    for reading in readings:
        if reading.person == person:
            found[reading.second // step].append(reading)
    return found


def _lane(
    axes: Any, columns: Mapping[int, list[Reading]], labels: Sequence[str], step: int, colour_of: ColourOf
) -> None:
    plain(axes)
    axes.set_ylim(0, 1.14)
    axes.set_yticks([])
    places = [(place + 0.5) * step for place in columns]
    below = [0.0] * len(places)
    for label in labels:
        shares = [sum(reading.probs[label] for reading in part) / len(part) for part in columns.values()]
        axes.bar(places, shares, step, bottom=below, color=colour_of(label), linewidth=0)
        below = [low + share for low, share in zip(below, shares, strict=True)]


def _marks(axes: Any, marked: Sequence[Note]) -> None:
    for number, note in enumerate(marked, 1):
        at = note.at_s or 0.0
        axes.axvline(at, color=INK, linewidth=0.9)
        axes.text(at, 1.14, f" {number}", size=8, color=INK, va="top")


def _ticks(axes: Any, longest: int, *, last: bool) -> None:
    if not last:
        axes.set_xticks([])
        return
    step = next((s for s in (1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 14400) if longest / s <= 12), 43200)
    marks = list(range(0, longest + 1, step))
    axes.set_xticks(marks, [_clock(mark) for mark in marks])
    axes.spines["bottom"].set_color(RULE)


def _clock(seconds: float) -> str:
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def _brief(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:99]}…"
