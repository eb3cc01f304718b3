"""How a network breaks, as a table: for a terminal, a log or an e-mail."""

from __future__ import annotations

import math

from emovere.evaluate.corruptions import STRENGTHS
from emovere.evaluate.robustness import Level, Robustness


def robustness_text(result: Robustness) -> str:
    """One line a corruption: accuracy at each strength and its mean; means of confidence, doubt and coverage.

    ``of clean`` is the mean accuracy as a share of the accuracy on clean faces. A dash stands for what is not defined.
    """
    rows = [
        ["accuracy % at strength", *map(str, STRENGTHS), "mean", "of clean", "confidence", "uncertain", "set coverage"]
    ]
    rows.append(["clean", *[""] * len(STRENGTHS), *_ends(result, result.clean)])
    for name, levels in result.spoilt.items():
        rows.append([name, *(_percent(level.accuracy) for level in levels), *_ends(result, _mean(result, name))])
    rows.append(["mean", *(_percent(share) for share in by_strength(result)), *_ends(result, _mean(result))])
    low, high = result.mean_interval
    lines = [
        _aligned(rows),
        "",
        f"mean accuracy under corruption {_percent(result.mean_accuracy)} % [{_percent(low)}, {_percent(high)}]; "
        f"on clean faces {_percent(result.clean.accuracy)} %; "
        f"always the commonest label {_percent(result.commonest)} %",
        "confidence, uncertain and set coverage are means over the five strengths, in percent",
    ]
    return "\n".join(lines)


def by_strength(result: Robustness) -> list[float]:
    """Mean accuracy over the corruptions at each strength: five shares; nan without a corruption or a face."""
    columns = [[levels[i].accuracy for levels in result.spoilt.values()] for i in range(len(STRENGTHS))]
    return [sum(column) / len(column) if column else math.nan for column in columns]


def _mean(result: Robustness, name: str | None = None) -> Level:
    accuracy, confidence, uncertain, coverage = (
        result.mean_of(figure, name) for figure in ("accuracy", "confidence", "uncertain", "coverage")
    )
    return Level(accuracy, result.mean_interval, confidence, uncertain, coverage)


def _ends(result: Robustness, level: Level) -> list[str]:
    clean = result.clean.accuracy
    relative = level.accuracy / clean if clean else math.nan
    return [_percent(share) for share in (level.accuracy, relative, level.confidence, level.uncertain, level.coverage)]


def _percent(share: float | None) -> str:
    return "-" if share is None or math.isnan(share) else f"{100 * share:.1f}"


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    )
