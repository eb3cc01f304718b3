"""The learning curves of several runs, laid over each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from emovere.errors import DatasetError
from emovere.evaluate.figures import BLUE, DPI, GREEN, GREY, ORANGE, human_line
from emovere.evaluate.people import HUMAN
from emovere.files import atomic_write

_COLOURS = (BLUE, ORANGE, GREEN, "#CC79A7", "#E69F00", "#56B4E9", GREY)
_STYLES = ("-", "--", ":")


def overlay_png(curves: Mapping[str, Sequence[Mapping[str, float]]], path: Path) -> None:
    """Draw PublicTest's accuracy and loss over the epochs, a line a run, each run's best epoch marked and named.

    curves: a run's name -> its rows, with epoch, public_accuracy and public_loss; a value that is missing leaves a
    gap. Raises DatasetError where there is no row at all, OutputError where the file cannot be written.
    """
    drawn = {name: rows for name, rows in curves.items() if rows}
    if not drawn:
        raise DatasetError("curves: expected at least one run with a row in its metrics.csv; got none")
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    # the legend stands under the charts and grows with the number of runs
    figure = Figure(figsize=(10, 4.4 + 0.22 * math.ceil(len(drawn) / 3)), layout="constrained")
    accuracy, loss = figure.subplots(1, 2)
    for place, (name, rows) in enumerate(drawn.items()):
        look = {"color": _COLOURS[place % len(_COLOURS)], "linestyle": _STYLES[place // len(_COLOURS) % len(_STYLES)]}
        _line(accuracy, rows, "public_accuracy", look, _label(name, rows))
        _line(loss, rows, "public_loss", look, None)
        best = _best(rows)
        if best is not None:
            accuracy.plot([best["epoch"]], [best["public_accuracy"]], marker="o", markersize=6, color=look["color"])
    human_line(accuracy, HUMAN["fer7"]["PublicTest"])
    for axes, title in ((accuracy, "accuracy on PublicTest"), (loss, "loss on PublicTest")):
        axes.set_title(title, fontsize=11, loc="left")
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y", color="#dddddd", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    accuracy.yaxis.set_major_formatter(PercentFormatter(1.0))
    figure.legend(loc="outside lower center", ncols=min(3, len(drawn)), frameon=False, fontsize=9)
    with atomic_write(path, "wb") as file:
        figure.savefig(file, format="png", dpi=DPI)


def _line(axes: Any, rows: Sequence[Mapping[str, float]], column: str, look: dict[str, str], label: str | None) -> None:
    values = [row.get(column, math.nan) for row in rows]
    marker = "o" if len(rows) < 3 else None
    axes.plot([row["epoch"] for row in rows], values, label=label, linewidth=1.6, marker=marker, **look)


def _best(rows: Sequence[Mapping[str, float]]) -> Mapping[str, float] | None:
    measured = [row for row in rows if not math.isnan(row.get("public_accuracy", math.nan))]
    return max(measured, key=lambda row: row["public_accuracy"]) if measured else None


def _label(name: str, rows: Sequence[Mapping[str, float]]) -> str:
    best = _best(rows)
    return name if best is None else f"{name}: best {best['public_accuracy']:.1%}, epoch {best['epoch']:.0f}"
