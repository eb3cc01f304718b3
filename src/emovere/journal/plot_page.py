"""What the journal's pictures share: colours for labels, a legend, and a small PNG."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from emovere.files import atomic_write

ColourOf: TypeAlias = Callable[[str], str]
"""A label's colour, as sRGB hex."""

CAUTION = "What a face shows is not what the person feels."

INK, PALE, RULE = "#222222", "#666666", "#d8d8d8"
DPI = 110
LEFT, RIGHT = 0.72, 0.3
"""Inches beside the columns."""

COLOURS = 128
"""Of the picture's palette."""


def order_of(labels: Iterable[str]) -> list[str]:
    """The labels from the bottom of a stack to its top: neutral lies lowest, so that the rest stands out above it."""
    found = list(labels)
    return sorted(found, key=lambda label: label != "neutral")


def legend(figure: Any, labels: Sequence[str], colour_of: ColourOf) -> None:
    """One square of colour a label, in a line above the picture."""
    from matplotlib.patches import Patch

    width, height = figure.get_size_inches()
    figure.legend(
        handles=[Patch(facecolor=colour_of(label), label=label) for label in labels],
        loc="upper left",
        bbox_to_anchor=((LEFT - 0.15) / width, 1.0 - 0.36 / height),
        ncols=9,
        frameon=False,
        fontsize=9,
        handlelength=1.0,
        handleheight=1.0,
        handletextpad=0.4,
        columnspacing=1.4,
    )


def plain(axes: Any) -> None:
    """No box, a pale rule below, small text."""
    axes.spines[:].set_visible(False)
    axes.spines["bottom"].set_visible(True)
    axes.spines["bottom"].set_color(RULE)
    axes.tick_params(length=0, labelsize=9, labelcolor=INK)


def head(figure: Any, title: str) -> None:
    """The picture's title, above the legend."""
    width, height = figure.get_size_inches()
    figure.text(LEFT / width, 1 - 0.2 / height, title, size=12, weight="bold", color=INK, va="center", parse_math=False)


def foot(figure: Any, text: str = CAUTION) -> None:
    """The line under the picture."""
    width, height = figure.get_size_inches()
    figure.text(LEFT / width, 0.16 / height, text, size=8, color=PALE, va="center", parse_math=False)


def save(figure: Any, path: Path) -> None:
    """Write the picture as a PNG with a palette, whole or not at all. Raises OutputError."""
    from PIL import Image

    drawn = io.BytesIO()
    with warnings.catch_warnings():
        # a title or a note may hold letters that the typeface lacks; they show as boxes
        warnings.filterwarnings("ignore", "Glyph", UserWarning)
        figure.savefig(drawn, format="png", dpi=DPI)
    with Image.open(drawn) as picture, atomic_write(path, "wb") as file:
        small = picture.convert("RGB").quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        small.save(file, format="PNG", optimize=True)
