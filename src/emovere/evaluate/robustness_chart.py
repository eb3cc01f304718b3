"""How networks break, as charts: small multiples of accuracy and confidence, and a sheet of spoilt faces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emovere.align.crop import SIDE
from emovere.errors import InputError
from emovere.evaluate.corruptions import CORRUPTIONS, STRENGTHS, corrupt
from emovere.evaluate.figures import BLUE, DPI, GREEN, GREY, ORANGE
from emovere.evaluate.people import HUMAN
from emovere.evaluate.robustness import Level, Robustness
from emovere.files import atomic_write
from emovere.types import UInt8

_COLOURS = (BLUE, ORANGE, GREEN, "#CC79A7", "#E69F00", "#56B4E9")
_COLUMNS = 5
_CELL = 2 * SIDE
"""Pixels of a face on the sheet."""


def robustness_png(results: Sequence[Robustness], path: Path) -> None:
    """Draw accuracy (solid) and confidence (dashed) against strength, one small chart a corruption and one of all.

    results: one or more networks, measured under the same corruptions on the same faces; they are overlaid. Strength 0
    is the clean face. Where there is one network, what its confidence promises too much is shaded. Raises InputError
    where the results do not belong together, OutputError where the file cannot be written.
    """
    _check(results)
    names = list(results[0].spoilt)
    rows = math.ceil((len(names) + 2) / _COLUMNS)
    figure = _figure(11, 2.15 * rows + 0.7)
    grid = figure.subplots(rows, _COLUMNS, sharex=True, sharey=True, squeeze=False)
    places = list(grid.flat)
    for axes, name in zip(places, names, strict=False):
        _draw(axes, name, results, [[result.clean, *result.spoilt[name]] for result in results])
    all_axes, legend, *spare = places[len(names) :]
    _draw(all_axes, "mean of all", results, [_means(result) for result in results], weight="bold")
    for axes in (legend, *spare):
        axes.set_axis_off()
    handles, labels = all_axes.get_legend_handles_labels()
    legend.legend(handles, labels, loc="center left", frameon=False, fontsize=9)
    for place, axes in enumerate(places):
        # the lowest chart of each column bears the strengths
        below = place + _COLUMNS
        axes.tick_params(labelbottom=below >= len(places) or below > len(names))
    figure.supxlabel("strength of the corruption; 0 is the clean face", fontsize=10)
    figure.suptitle(results[0].title if len(results) == 1 else _together(results[0]), fontsize=11)
    with atomic_write(path, "wb") as file:
        figure.savefig(file, format="png", dpi=DPI)


def sheet_png(face: UInt8, path: Path) -> None:
    """Draw one face under every corruption: (48, 48) uint8 grey; a row a corruption, a column a strength, clean first.

    In few greys, so that a page loads quickly. Raises ShapeError for another face, OutputError where the file
    cannot be written.
    """
    rows = [[face, *(corrupt(face[None], name, strength)[0] for strength in STRENGTHS)] for name in CORRUPTIONS]
    gap = _CELL + 4
    left, width, height = 110, 110 + gap * len(rows[0]), 22 + gap * len(rows)
    figure = _figure(width / 100, height / 100, layout="none")
    for row, (name, shown) in enumerate(zip(CORRUPTIONS, rows, strict=True)):
        top = 22 + row * gap
        figure.text((left - 8) / width, 1 - (top + _CELL / 2) / height, name, ha="right", va="center", fontsize=9)
        for column, image in enumerate(shown):
            larger = np.kron(image, np.ones((_CELL // SIDE, _CELL // SIDE), np.uint8))
            figure.figimage(larger, left + column * gap, height - top - _CELL, cmap="gray", vmin=0, vmax=255)
    for column, heading in enumerate(("clean", *map(str, STRENGTHS))):
        figure.text(
            (left + column * gap + _CELL / 2) / width, 1 - 11 / height, heading, ha="center", va="center", fontsize=9
        )
    picture = _pixels(figure)
    with atomic_write(path, "wb") as file:
        picture.save(file, format="png", optimize=True)


def _pixels(figure: Any) -> Any:
    """What a figure shows, as a picture in twenty-four greys."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    grey = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("L")
    return grey.quantize(24, dither=Image.Dither.NONE)


def _check(results: Sequence[Robustness]) -> None:
    if not results:
        raise InputError("robustness: expected at least one result to draw; got none")
    if len(results) > len(_COLOURS):
        raise InputError(f"robustness: expected at most {len(_COLOURS)} results in one chart; got {len(results)}")
    first = results[0]
    for other in results[1:]:
        for what, one, two in (
            ("corruptions", list(first.spoilt), list(other.spoilt)),
            ("faces", _drawn(first), _drawn(other)),
        ):
            if one != two:
                raise InputError(
                    f"robustness: {first.model.name} and {other.model.name} were measured on different {what}: "
                    f"{one} and {two}; measure them alike"
                )


def _drawn(result: Robustness) -> tuple[object, ...]:
    return result.split, result.label_set, result.faces, result.drawn_from, result.seed


def _together(result: Robustness) -> str:
    return result.title.partition(" on ")[2]


def _means(result: Robustness) -> list[Level]:
    """The clean level, and for each strength the mean over the corruptions."""
    columns = zip(*result.spoilt.values(), strict=True)
    means = [
        Level(
            accuracy=float(np.mean([level.accuracy for level in column])),
            interval=(math.nan, math.nan),
            confidence=float(np.mean([level.confidence for level in column])),
            uncertain=None,
            coverage=None,
        )
        for column in columns
    ]
    return [result.clean, *means]


def _draw(
    axes: Any, title: str, results: Sequence[Robustness], lines: Sequence[Sequence[Level]], weight: str = "normal"
) -> None:
    strengths = range(len(STRENGTHS) + 1)
    for result, levels, colour in zip(results, lines, _COLOURS, strict=False):
        accuracy = np.array([level.accuracy for level in levels])
        confidence = np.array([level.confidence for level in levels])
        alone = len(results) == 1
        name = "accuracy" if alone else result.model.name
        dashed = "confidence" if alone else "their confidence" if result is results[-1] else None
        axes.plot(strengths, accuracy, color=colour, linewidth=1.8, marker="o", markersize=3, label=name)
        axes.plot(strengths, confidence, color=colour, linewidth=1.2, linestyle="--", label=dashed)
        if alone:
            too_sure = confidence > accuracy
            axes.fill_between(
                strengths,
                accuracy,
                confidence,
                where=too_sure,
                interpolate=True,
                color=ORANGE,
                alpha=0.25,
                linewidth=0,
                label="too sure",
            )
    axes.axhline(results[0].commonest, color=GREY, linewidth=0.8, linestyle=":", label="always the\ncommonest label")
    human = HUMAN[results[0].label_set].get(results[0].split)
    if human is not None:
        axes.axhline(human, color=GREY, linewidth=0.9, linestyle=(0, (5, 3)), label="one annotator,\nclean faces")
    axes.set_title(title, fontsize=10, loc="left", weight=weight)
    axes.set_ylim(0, 1)
    axes.set_xlim(-0.2, len(STRENGTHS) + 0.2)
    axes.set_xticks(strengths)
    axes.grid(axis="y", color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.yaxis.set_major_formatter(_percents())


def _figure(width: float, height: float, layout: Any = "constrained") -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout=layout)


def _percents() -> Any:
    from matplotlib.ticker import PercentFormatter

    return PercentFormatter(1.0)
