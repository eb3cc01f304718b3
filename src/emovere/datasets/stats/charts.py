"""The charts of a set's page, each with what it shows in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from emovere.datasets.stats.summary import Floats, Summary
from emovere.datasets.stats.text import split_word
from emovere.evaluate.report_svg import HEIGHT, Plane, legend, percents, round_ticks, svg

LOOKS = ("s1", "s2", "s3", "people", "pale")
"""One for each split; further ones share the last."""

BINS = 40


def classes_chart(summary: Summary) -> str:
    """Faces of each class, the splits on top of each other."""
    top = max(summary.counts, default=0) or 1
    plane = Plane((0, len(summary.label_names)), (0, top * 1.02), bottom=58)
    parts = [plane.frame([], [(tick, f"{tick:,.0f}") for tick in round_ticks(0, top)], "", "faces")]
    for place, label in enumerate(summary.label_names):
        under = 0
        for number, counts in enumerate(summary.splits.values()):
            parts.append(_block(plane, place, under, under + counts[place], _look(number)))
            under += counts[place]
        parts.append(_name_below(plane, place + 0.5, label))
    entries = [(_look(number), split_word(name)) for number, name in enumerate(summary.splits)]
    words = "; ".join(f"{name}: {count:,}" for name, count in zip(summary.label_names, summary.counts, strict=True))
    return svg(parts, words) + (legend(entries) if len(entries) > 1 else "")


def mix_chart(summary: Summary) -> str:
    """The share of each class in each split, side by side: equal heights are equal mixes."""
    shares = [[count / max(sum(counts), 1) for count in counts] for counts in summary.splits.values()]
    top = min(1.0, math.ceil(10 * max(max(one) for one in shares)) / 10) or 1.0
    plane = Plane((0, len(summary.label_names)), (0, top), bottom=58)
    parts = [plane.frame([], percents(10 if top <= 0.5 else 20, round(100 * top)), "", "share of the split")]
    width = 0.84 / len(shares)
    for place, label in enumerate(summary.label_names):
        for number, split in enumerate(shares):
            left = place + 0.08 + number * width
            parts.append(plane.bar(left, left + width * 0.9, split[place], _look(number)))
        parts.append(_name_below(plane, place + 0.5, label))
    words = "; ".join(
        f"{split_word(name)}: "
        + ", ".join(f"{label} {share:.0%}" for label, share in zip(summary.label_names, one, strict=True))
        for name, one in zip(summary.splits, shares, strict=True)
    )
    return svg(parts, words) + legend([(_look(number), split_word(name)) for number, name in enumerate(summary.splits)])


def histogram(values: Floats, title: str, limit: float | None = None) -> str:
    """How often each value is found, up to ``limit``; else so that the highest in two hundred lie beyond."""
    high = limit or float(np.quantile(values, 0.995)) or 1.0
    counts, edges = np.histogram(np.clip(values, 0, high), bins=BINS, range=(0, high))
    top = int(counts.max()) or 1
    plane = Plane((0, high), (0, top * 1.05))
    x_ticks = [(tick, f"{tick:,.{0 if high > 5 else 1}f}") for tick in round_ticks(0, high)]
    parts = [plane.frame(x_ticks, [(tick, f"{tick:,.0f}") for tick in round_ticks(0, top, 3)], title, "")]
    parts += [plane.bar(edges[k], edges[k + 1], counts[k], "s1") for k in range(BINS) if counts[k]]
    low, middle, upper = np.quantile(values, (0.05, 0.5, 0.95))
    return svg(parts, f"median {middle:.3g}, nine in ten from {low:.3g} to {upper:.3g}")


def agreement_chart(names: Sequence[str], shares: Sequence[float]) -> str:
    """How often the commonest vote is the label, for each class."""
    plane = Plane((0, len(names)), (0, 1), bottom=58)
    parts = [plane.frame([], percents(), "", "votes agree with the label")]
    for place, (name, share) in enumerate(zip(names, shares, strict=True)):
        if not math.isnan(share):
            parts.append(plane.bar(place + 0.15, place + 0.85, share, "s1"))
        parts.append(_name_below(plane, place + 0.5, name))
    return svg(parts, "; ".join(f"{name}: {share:.0%}" for name, share in zip(names, shares, strict=True)))


def _look(number: int) -> str:
    return LOOKS[min(number, len(LOOKS) - 1)]


def _block(plane: Plane, place: int, low: float, high: float, look: str) -> str:
    left, right, top = plane.x(place + 0.15), plane.x(place + 0.85), plane.y(high)
    return (
        f'<rect class="bar {look}" x="{left:.1f}" width="{right - left:.1f}" y="{top:.1f}" '
        f'height="{plane.y(low) - top:.1f}"/>'
    )


def _name_below(plane: Plane, at: float, name: str) -> str:

    shown = name if len(name) <= 14 else f"{name[:13]}…"
    place = f"translate({plane.x(at) + 4:.1f} {HEIGHT - 43}) rotate(-35)"
    return f'<text class="end" transform="{place}">{escape(shown)}</text>'
