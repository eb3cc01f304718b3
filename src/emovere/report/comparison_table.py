"""A comparison as text for people."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from emovere.report.cells import padded, printable, shortened, width
from emovere.report.comparison_difference import LEAST_SECONDS, Difference, Shares
from emovere.report.words import percent

COLUMNS = 80
NAME = 56
PERCENT = len("100 %")
POINTS = len("+100.0")
INTERVAL = len("[-100.0, +100.0]")
WORD = len("more")
GAP = "  "


def table(labels: Sequence[str], differences: Sequence[Difference], footnotes: Sequence[str]) -> str:
    """One block of lines for each further source against the first, and what to know about all of them."""
    blocks = [_block(labels, each) for each in differences]
    notes = [textwrap.fill(note, COLUMNS) for note in (*_method(labels, differences), *footnotes)]
    return "\n\n".join([*blocks, "\n".join(notes)]) + "\n"


def _block(labels: Sequence[str], each: Difference) -> str:
    label_width = max([len("expression"), *(width(label) for label in labels)])
    cells = GAP.join(("A".rjust(PERCENT), "B".rjust(PERCENT)))
    change = padded("B - A, 95 % interval", POINTS + 1 + INTERVAL + 1 + WORD)
    above = (
        " " * label_width + GAP + padded("mean probability", len(cells) + len(GAP) + len(change)) + GAP + "likeliest"
    )
    lines = [
        _named("A", each.first),
        _named("B", each.second),
        "",
        above,
        padded("expression", label_width) + GAP + cells + GAP + change + GAP + cells,
        *(_line(padded(printable(label), label_width), each, k) for k, label in enumerate(labels)),
    ]
    short = [letter for letter, side in (("A", each.first), ("B", each.second)) if not side.enough]
    if short:
        where = " and ".join(short)
        lines += ["", f"Fewer than {LEAST_SECONDS} s with a face in {where}: no difference is claimed."]
    return "\n".join(line.rstrip() for line in lines)


def _named(letter: str, side: Shares) -> str:
    seen = f"{side.seconds:.1f} s with a face" if len(side.rows) else "no face found"
    return f"{letter}  {shortened(printable(side.name), NAME, mark='...')}{GAP}{seen}"


def _line(label: str, each: Difference, k: int) -> str:
    interval = each.mean
    change = _points(interval.value[k])
    if interval.low is not None and interval.high is not None:
        bounds = f"[{_points(interval.low[k])}, {_points(interval.high[k])}]"
        word = ("more" if interval.low[k] > 0 else "less") if interval.clear(k) else ""
        change += f" {bounds} {word}"
    change = change.ljust(POINTS + 1 + INTERVAL + 1 + WORD)
    means = GAP.join(_share(side.mean[k]) for side in (each.first, each.second))
    times = GAP.join(_share(side.likeliest[k]) for side in (each.first, each.second))
    return GAP.join((label, means, change, times))


def _share(value: float) -> str:
    return ("-" if math.isnan(value) else percent(value)).rjust(PERCENT)


def _points(value: float) -> str:
    return ("-" if math.isnan(value) else f"{round(100 * value, 1) + 0.0:+.1f}").rjust(POINTS)


def _method(labels: Sequence[str], differences: Sequence[Difference]) -> list[str]:
    """How to read the columns, and the intervals where there are any."""
    notes = ["Likeliest: the share of the time for which an expression was the likeliest. Differences are in points."]
    blocks = [each.blocks_s for each in differences if each.blocks_s is not None]
    if blocks:
        lengths = ", ".join(f"{ours} s of A and {theirs} s of B" for ours, theirs in blocks)
        notes.append(
            "More, less: the interval leaves out 0. One interval in twenty misses by chance; there are"
            f" {len(labels) * len(blocks)} here. They come from resampling blocks of seconds ({lengths})."
        )
    return notes
