"""Whether confidence is worth anything, as charts: a reliability diagram, and errors among the surest faces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emovere.evaluate.confidence import Bin, RiskCoverage
from emovere.evaluate.figures import BLUE, DPI, GREY, ORANGE
from emovere.files import atomic_write

SHOWN = 400
"""Most points of a curve: more cannot be told apart."""


def reliability_png(bins: Sequence[Bin], ece: float, path: Path, *, title: str = "") -> None:
    """Draw accuracy with its interval over confidence, a point a bin, and how many faces each bin holds.

    On the diagonal, confidence is what it says. Where it is known, how often one annotator agrees with the rest on each
    bin's faces is drawn too. No bin gives empty axes. Raises OutputError where the file cannot be written.
    """
    figure = _figure(6, 6.2)
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.9, linestyle=":", label="confidence is accuracy")
    at, accuracy = [one.confidence for one in bins], [one.accuracy for one in bins]
    errors = [
        [max(0.0, one.accuracy - one.interval[0]) for one in bins],
        [max(0.0, one.interval[1] - one.accuracy) for one in bins],
    ]
    axes.errorbar(at, accuracy, errors, color=BLUE, marker="o", markersize=5, linewidth=1.6, capsize=2, label="network")
    if bins and all(one.human is not None for one in bins):
        axes.plot(at, [one.human for one in bins], color=ORANGE, linewidth=1.4, linestyle="--", label=_ANNOTATOR)
    below.bar(
        [one.low for one in bins],
        [one.faces for one in bins],
        width=[0.94 * (one.high - one.low) for one in bins],
        align="edge",
        color=BLUE,
        alpha=0.5,
    )
    axes.set(ylabel="accuracy [95 %]", xlim=(0, 1), ylim=(0, 1.02))
    below.set(xlabel="confidence: probability of the likeliest label", ylabel="faces")
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    axes.set_title(_lines(title, "" if math.isnan(ece) else f"ECE {100 * ece:.1f} %"), fontsize=10)
    for one in (axes, below):
        _tidy(one)
    axes.xaxis.set_major_formatter(_percents())
    axes.yaxis.set_major_formatter(_percents())
    _save(figure, path)


def risk_coverage_png(curve: RiskCoverage, path: Path, *, title: str = "") -> None:
    """Draw the share of errors among the surest faces over how many of all faces these are.

    Where it is known, how often one annotator disagrees with the rest on the same faces is drawn too. No face gives
    empty axes. Raises OutputError where the file cannot be written.
    """
    figure = _figure(6.4, 4.4)
    axes = figure.add_subplot()
    shown = curve.drawn(SHOWN)
    x, risk = curve.coverage[shown], curve.risk[shown]
    axes.plot(x, risk, color=BLUE, linewidth=1.8, label=f"network, AURC {curve.area:.3f}" if shown else "network")
    axes.fill_between(x, risk, color=BLUE, alpha=0.12, linewidth=0)
    if curve.human is not None:
        axes.plot(x, curve.human[shown], color=ORANGE, linewidth=1.4, linestyle="--", label=_ANNOTATOR)
    axes.set(xlabel="coverage: share of the faces, surest first", ylabel="errors among them", xlim=(0, 1))
    axes.set_ylim(bottom=0)
    axes.set_title(title, fontsize=10)
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    _tidy(axes)
    # whole percents
    axes.yaxis.get_major_locator().set_params(steps=(1, 2, 5, 10))
    axes.xaxis.set_major_formatter(_percents())
    axes.yaxis.set_major_formatter(_percents())
    _save(figure, path)


_ANNOTATOR = "one annotator against the rest,\nsame faces"


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _percents() -> Any:
    from matplotlib.ticker import PercentFormatter

    return PercentFormatter(1.0, decimals=0)


def _tidy(axes: Any) -> None:
    axes.grid(axis="y", color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _save(figure: Any, path: Path) -> None:
    with atomic_write(path, "wb") as file:
        figure.savefig(file, format="png", dpi=DPI)
