"""Charts as PNG: a confusion matrix, the curves of a training run, the frequency of classes.

Drawn on matplotlib's Figure alone, so that no window system and no global state is touched. Colours are readable
for colour-blind people: shades of one blue, and Okabe and Ito's palette of 2008.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emovere.evaluate.examine import Figures
from emovere.evaluate.people import HUMAN
from emovere.evaluate.text import accuracy_text
from emovere.files import atomic_write
from emovere.labels import FER7

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#666666"

DPI = 150


def confusion_png(
    figures: Figures, label_names: Sequence[str], path: Path, *, title: str = "", human: float | None = None
) -> None:
    """Draw a confusion matrix: a count and the percent of its row in each cell, shaded by the root of that percent.

    Rows are the truth, columns the answer. The accuracy and its 95 % interval stand under the title, and beside them
    ``human``, how often one annotator agrees with the rest. Raises OutputError where the file cannot be written.
    """
    counts = np.array(figures.confusion)
    totals = counts.sum(axis=1)
    shares = np.divide(counts, totals[:, None], out=np.zeros(counts.shape), where=totals[:, None] > 0)
    size = len(label_names)
    figure = _figure(0.95 * size + 1.6, 0.78 * size + 1.6)
    axes = figure.add_subplot()
    # The root shows confusions of a few percent, which are what the chart is read for.
    axes.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1.1, aspect="auto")
    for row, column in np.ndindex(size, size):
        share, count = shares[row, column], counts[row, column]
        axes.text(
            column,
            row,
            f"{count:,}\n{share:.0%}" if totals[row] else f"{count:,}",
            ha="center",
            va="center",
            color="white" if share > 0.4 else "black",
            weight="bold" if row == column else "normal",
        )
    axes.set_xticks(range(size), label_names, rotation=30, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(size), [f"{name}\n{total:,}" for name, total in zip(label_names, totals, strict=True)])
    axes.set_xlabel("answer")
    axes.set_ylabel("truth, faces")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    people = "" if human is None else f"; one annotator agrees with the rest on {human:.1%}".replace("%", " %")
    reached = f"accuracy {accuracy_text(figures)}{people}"
    axes.set_title("\n".join(part for part in (title, reached) if part), fontsize=11)
    _save(figure, path)


def curves_png(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw a training run: loss and accuracy over the epochs, and the learning rate under both.

    rows: one mapping an epoch, with epoch, train_loss, public_loss, train_accuracy, public_accuracy,
    public_votes_accuracy and learning_rate; a value that is missing leaves a gap. No row gives empty axes. Raises
    OutputError where the file cannot be written.
    """
    figure = _figure(10, 5.6)
    parts = figure.subplot_mosaic([["loss", "accuracy"], ["rate", "rate"]], height_ratios=(2, 1))
    losses, accuracies, rate = parts["loss"], parts["accuracy"], parts["rate"]
    lines = (
        (losses, "train_loss", "Training, varied faces", BLUE, "-"),
        (losses, "public_loss", "PublicTest", ORANGE, "-"),
        (accuracies, "train_accuracy", "Training, varied faces", BLUE, "-"),
        (accuracies, "public_accuracy", "PublicTest, labels", ORANGE, "-"),
        (accuracies, "public_votes_accuracy", "PublicTest, votes", GREEN, "--"),
        (rate, "learning_rate", "learning rate", GREY, "-"),
    )
    epochs = [row["epoch"] for row in rows]
    for axes, name, label, colour, style in lines:
        values = [row.get(name, np.nan) for row in rows]
        marker = "o" if len(rows) < 3 else None
        axes.plot(epochs, values, color=colour, linestyle=style, label=label, marker=marker, linewidth=1.6)
    human_line(accuracies, HUMAN["fer7"]["PublicTest"])
    _mark_best(accuracies, epochs, [row.get("public_accuracy", np.nan) for row in rows])
    for axes, title in ((losses, "loss"), (accuracies, "accuracy"), (rate, "learning rate")):
        axes.set_title(title, fontsize=11, loc="left")
        axes.set_xlabel("epoch")
        axes.set_xlim(0, 1.02 * max(epochs, default=1))
        axes.xaxis.get_major_locator().set_params(integer=True)
        _tidy(axes)
        if rows and axes is not rate:
            axes.legend(frameon=False, fontsize=9)
    accuracies.yaxis.set_major_formatter(_percents())
    _save(figure, path)


def class_frequencies_png(
    counts: Mapping[str, Sequence[int]], path: Path, *, label_names: Sequence[str] = FER7
) -> None:
    """Draw how often each class stands in each split, as shares of the split, with counts over the bars.

    counts: the name of a split -> K counts. Raises OutputError where the file cannot be written.
    """
    figure = _figure(10, 4.2)
    axes = figure.add_subplot()
    width = 0.8 / max(1, len(counts))
    for place, (split, numbers) in enumerate(counts.items()):
        total = sum(numbers)
        shares = [number / total if total else 0.0 for number in numbers]
        left = np.arange(len(label_names)) + (place - (len(counts) - 1) / 2) * width
        colour = (BLUE, ORANGE, GREEN, GREY)[place % 4]
        bars = axes.bar(left, shares, width * 0.94, color=colour, label=f"{split}, {total:,} faces")
        axes.bar_label(bars, [f"{number:,}" for number in numbers], fontsize=7, padding=2, rotation=90)
    axes.set_xticks(range(len(label_names)), label_names)
    axes.margins(y=0.14)
    axes.yaxis.set_major_formatter(_percents())
    axes.set_title("share of each class in its split, and faces", fontsize=11, loc="left")
    _tidy(axes)
    if counts:
        axes.legend(frameon=False, fontsize=9)
    _save(figure, path)


def human_line(axes: Any, share: float) -> None:
    """Draw how often one of FER+'s annotators agrees with the rest, as a level on a chart of accuracy."""
    axes.axhline(share, color=GREY, linewidth=0.9, linestyle=(0, (5, 3)))
    axes.annotate(
        f"one annotator {share:.1%}".replace("%", " %"),
        (0.99, share),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="right",
        fontsize=8,
        color=GREY,
    )


def _mark_best(axes: Any, epochs: Sequence[float], values: Sequence[float]) -> None:
    if not len(values) or np.isnan(values).all():
        return
    best = int(np.nanargmax(values))
    axes.plot([epochs[best]], [values[best]], marker="o", color=ORANGE, markersize=6)
    axes.annotate(
        f"{values[best]:.1%}, epoch {epochs[best]:.0f}",
        (epochs[best], values[best]),
        xytext=(0, -16),
        textcoords="offset points",
        ha="right" if epochs[best] > 0.5 * max(epochs) else "left",
        fontsize=9,
        color=ORANGE,
    )


def _figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _percents() -> Any:
    from matplotlib.ticker import PercentFormatter

    return PercentFormatter(1.0)


def _tidy(axes: Any) -> None:
    axes.grid(axis="y", color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _save(figure: Any, path: Path) -> None:
    with atomic_write(path, "wb") as file:
        figure.savefig(file, format="png", dpi=DPI)
