"""A comparison as text: for a terminal, a log or an e-mail."""

from __future__ import annotations

import math
from collections.abc import Sequence

from emovere.evaluate.comparison import LEVEL, Comparison, Entrant, Pair
from emovere.evaluate.text import accuracy_text


def comparison_text(comparison: Comparison) -> str:
    """One line a network, then one line for each two of them, then how to read it."""
    headings = ["network", "parameters", "accuracy [95 %]", "without copies [95 %]", "macro-F1", "top-3", "ECE"]
    networks = aligned([headings, *(_entrant_row(one) for one in comparison.entrants)], left=(0,))
    headings = ["pair", "difference [95 %]", "only 1st right", "only 2nd right", "McNemar p", "Holm p", "verdict"]
    pairs = aligned([headings, *(_pair_row(pair) for pair in comparison.pairs)], left=(0, 6))
    correction = f", corrected for {len(comparison.pairs)} pairs (Holm)," if len(comparison.pairs) > 1 else ""
    footer = f"A difference counts as shown where McNemar's exact p{correction} is below {LEVEL}; points are percent."
    return "\n\n".join((networks, pairs, footer))


def aligned(rows: Sequence[Sequence[str]], *, left: Sequence[int]) -> str:
    """Rows of cells as lines with columns under each other; the columns of ``left`` begin alike, the others end so."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = enumerate(zip(row, widths, strict=True))
        lines.append("  ".join(text.ljust(wide) if i in left else text.rjust(wide) for i, (text, wide) in cells))
    return "\n".join(line.rstrip() for line in lines)


def _entrant_row(entrant: Entrant) -> list[str]:
    official, without = entrant.examination.official, entrant.examination.without_leaked
    return [
        entrant.name,
        "-" if entrant.parameters is None else f"{entrant.parameters:,}",
        accuracy_text(official),
        "-" if without is None else accuracy_text(without),
        _percent(official.macro_f1),
        _percent(official.top3),
        _percent(official.ece),
    ]


def _pair_row(pair: Pair) -> list[str]:
    low, high = pair.interval
    difference = "-" if math.isnan(low) else f"{_points(pair.difference)} [{_points(low)}, {_points(high)}]"
    return [
        f"{pair.first} - {pair.second}",
        difference,
        f"{pair.only_first:,}",
        f"{pair.only_second:,}",
        _p(pair.p),
        _p(pair.p_holm),
        pair.verdict,
    ]


def _points(share: float) -> str:
    return f"{100 * share:+.2f}"


def _p(value: float) -> str:
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{100 * share:.1f} %"
