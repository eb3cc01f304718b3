"""A comparison as a picture: a dot for each difference, a line for its interval."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emovere.files import atomic_write
from emovere.report.cells import printable, shortened
from emovere.report.colours import colour_of
from emovere.report.comparison_difference import LEAST_SECONDS, Difference, Shares
from emovere.report.words import percent

DPI = 150
INK, FAINT = "#222222", "#888888"
NAME = 40
AXIS = "difference of the mean probability in points, with 95 % interval (filled where it leaves out 0)"


def chart(labels: Sequence[str], differences: Sequence[Difference], caution: str, path: Path) -> None:
    """Draw one panel for each further source against the first, all on one scale of percentage points.

    A filled dot stands where the interval leaves out 0, a hollow one where it does not or where there is none. Raises
    OutputError where the file cannot be written.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    height = 0.31 * len(labels) + 1.05
    layout = ConstrainedLayoutEngine(hspace=0.06)
    figure = Figure(figsize=(8, height * len(differences) + 0.75), layout=layout)
    panels = figure.subplots(len(differences), 1, squeeze=False)[:, 0]
    reach = _reach(differences)
    for axes, each in zip(panels, differences, strict=True):
        _panel(axes, labels, each, reach)
    panels[-1].set_xlabel(AXIS, fontsize=9)
    figure.supxlabel(caution, fontsize=7.5, color=FAINT)
    with warnings.catch_warnings(), atomic_write(path, "wb") as file:
        # a letter of a file's name that the font lacks is drawn as an empty box, which is no news to the reader
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        figure.savefig(file, format="png", dpi=DPI)


def _panel(axes: Any, labels: Sequence[str], each: Difference, reach: float) -> None:
    mean = each.mean
    axes.axvline(0, color=FAINT, linewidth=1)
    for k, label in enumerate(labels):
        if math.isnan(mean.value[k]):
            continue
        colour, value = colour_of(label), 100 * mean.value[k]
        if mean.low is not None and mean.high is not None:
            ends = [100 * mean.low[k], 100 * mean.high[k]]
            # dark under the colour, so that yellow and grey stand out from the paper as well
            axes.plot(ends, [k, k], color=INK, linewidth=4.2, solid_capstyle="round")
            axes.plot(ends, [k, k], color=colour, linewidth=2.6, solid_capstyle="round")
        filled = colour if mean.clear(k) else "white"
        axes.plot([value], [k], "o", markersize=8, markerfacecolor=filled, markeredgecolor=INK, markeredgewidth=1.1)
        shares = f"{percent(each.first.mean[k])} → {percent(each.second.mean[k])}"
        axes.text(1.01, k, shares, transform=axes.get_yaxis_transform(), va="center", fontsize=9, color=INK)
    axes.set_yticks(range(len(labels)), [printable(label) for label in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(-reach, reach)
    axes.xaxis.set_major_formatter(lambda points, _: f"{points:+g}" if points else "0")
    axes.grid(axis="x", color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_title(_title(each), fontsize=10, loc="left", parse_math=False)
    axes.text(1.01, 1, "means", transform=axes.transAxes, va="bottom", fontsize=9, color=FAINT)


def _title(each: Difference) -> str:
    text = f"{_named(each.second)} against {_named(each.first)}"
    if each.blocks_s is None:
        text += f"\nunder {LEAST_SECONDS} s of faces on one side: no difference is claimed"
    return text


def _named(side: Shares) -> str:
    return f"{shortened(printable(side.name), NAME)} ({side.seconds:.0f} s)"


def _reach(differences: Sequence[Difference]) -> float:
    """Half the width of the scale, in points: what is drawn, and a little more."""
    drawn = [
        abs(float(value))
        for each in differences
        for ends in (each.mean.value, each.mean.low, each.mean.high)
        if ends is not None
        for value in ends
        if not math.isnan(value)
    ]
    return max(5.0, 108 * max(drawn, default=0.0))
