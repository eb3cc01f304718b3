"""A day, a week, a month as a picture: the mix of expressions, and above how much of it there was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emovere.journal.plot_page import (
    CAUTION,
    INK,
    LEFT,
    PALE,
    RIGHT,
    RULE,
    ColourOf,
    foot,
    head,
    legend,
    order_of,
    plain,
    save,
)
from emovere.journal.plot_scale import Scale, scale_of, span_of
from emovere.journal.records import LABELS, Trend

FEW_S = 60
"""A column with fewer seconds of people than this is drawn pale."""


@dataclass(frozen=True)
class _Columns:
    """Where the columns stand."""

    trends: Sequence[Trend]
    places: Sequence[float]
    """Their middles."""
    width: float


def draw_trends(trends: Sequence[Trend], by: str, path: Path, colour_of: ColourOf) -> None:
    """Draw the rows of one kind of trend as PNG. Raises OutputError.

    Time without a face stays empty. No row at all gives a picture that says so.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.0, 4.3), facecolor="white")
    width, height = figure.get_size_inches()
    across = (LEFT / width, 1 - (LEFT + RIGHT) / width)
    mix = figure.add_axes((across[0], 0.85 / height, across[1], 1.95 / height))
    amount = figure.add_axes((across[0], 2.95 / height, across[1], 0.5 / height), sharex=mix)
    named = "in steps of ten minutes" if by == "ten-minutes" else f"by {by.replace('-of-', ' of the ')}"
    head(figure, f"Expressions {named}{span_of(trends, by)}")
    labels = [label for label in order_of(LABELS) if any(label in trend.means for trend in trends)]
    scale = scale_of(trends, by)
    columns = _Columns(trends, scale.places, 0.86 if len(trends) < 60 else 1.0)
    _mix(mix, columns, labels, colour_of)
    _amount(amount, columns)
    _ticks(mix, scale)
    few = any(trend.people_seconds < FEW_S for trend in trends)
    foot(figure, f"{CAUTION}  Pale: under a minute." if few else CAUTION)
    if trends:
        legend(figure, labels, colour_of)
    else:
        mix.text(0.5, 0.5, "no face was seen in this time", color=PALE, ha="center", transform=mix.transAxes)
    save(figure, path)


def _mix(axes: Any, columns: _Columns, labels: Sequence[str], colour_of: ColourOf) -> None:
    plain(axes)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    # sessions that tell different labels apart have means that do not sum to 1 when they are put together
    wholes = [sum(trend.means.values()) or 1.0 for trend in columns.trends]
    alphas = [0.35 if trend.people_seconds < FEW_S else 1.0 for trend in columns.trends]
    edge = 0.5 if columns.width < 1 else 0.0
    below = [0.0] * len(wholes)
    for label in labels:
        shares = [trend.means.get(label, 0.0) / whole for trend, whole in zip(columns.trends, wholes, strict=True)]
        bars = axes.bar(
            columns.places, shares, columns.width, below, color=colour_of(label), edgecolor="white", linewidth=edge
        )
        for bar, alpha in zip(bars, alphas, strict=True):
            bar.set_alpha(alpha)
        below = [low + share for low, share in zip(below, shares, strict=True)]


def _amount(axes: Any, columns: _Columns) -> None:
    plain(axes)
    most = max((trend.seconds for trend in columns.trends), default=0)
    unit, name = (3600, "h") if most >= 2 * 3600 else (60, "min") if most >= 120 else (1, "s")
    axes.bar(columns.places, [trend.seconds / unit for trend in columns.trends], columns.width, color=RULE)
    top = most / unit or 1.0
    axes.set_ylim(0, 1.05 * top)
    axes.set_yticks([0, top], ["0", f"{top:.1f} {name}" if top < 10 and unit > 1 else f"{top:.0f} {name}"])
    axes.tick_params(axis="x", labelbottom=False)
    axes.tick_params(axis="y", labelsize=8, labelcolor=PALE)
    axes.text(0.0, 1.1, "time with a face", size=8, color=PALE, transform=axes.transAxes)


def _ticks(axes: Any, scale: Scale) -> None:
    axes.set_xticks([at for at, _ in scale.marks], [text for _, text in scale.marks], color=INK)
    axes.set_xlim(*scale.limits)
    if scale.edges:
        axes.tick_params(axis="x", length=3, color=PALE)
