"""The tables of a report: figures as cards, classes, the confusion matrix, people, and robustness."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from emovere.evaluate.corruptions import STRENGTHS
from emovere.evaluate.examine import ClassFigures
from emovere.evaluate.people import People, PeopleFigures
from emovere.evaluate.people_distance import Distance
from emovere.evaluate.robustness import Level, Robustness
from emovere.evaluate.robustness_text import by_strength
from emovere.evaluate.split import SplitResult

SHADES = 10
"""Classes h0 to h10 of the style sheet shade a cell by its share."""


def cards(result: SplitResult) -> str:
    """The figures of the whole split, and under each the same without copies."""
    official, without = result.examination.official, result.examination.without_leaked
    low, high = official.interval
    human = "" if result.human is None else f"one annotator {percent(result.human)}"
    entries = [("accuracy", percent(official.accuracy, 2), f"95 % interval {_brackets(low, high)}", human)]
    if math.isnan(low):
        entries = [("accuracy", "-", "", human)]
    if without is not None:
        under, over = without.interval
        interval = "" if math.isnan(under) else f"95 % interval {_brackets(under, over)}"
        same = result.examination.same_mix_accuracy
        mix = "" if same is None else f"at the same mix of classes {percent(same)}"
        entries.append(("accuracy without copies", percent(without.accuracy, 2), interval, mix))
    entries += [
        ("macro-F1", percent(official.macro_f1), "mean F1 of the classes", ""),
        ("top-3 accuracy", percent(official.top3), "truth among the three likeliest", ""),
        ("calibration error", percent(official.ece), "ECE: confidence beside accuracy", ""),
        ("Brier score", decimal(official.brier), "0 is best, 2 is worst", ""),
        ("AURC", decimal(official.aurc), "mean error among the surest faces", ""),
    ]
    if official.coverage is not None and official.set_size is not None:
        entries.append(
            (
                "truth in the set",
                percent(official.coverage),
                "" if math.isnan(official.set_size) else f"{official.set_size:.2f} labels in a set on average",
                "",
            )
        )
    items = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd>{''.join(map(_note, filter(None, notes)))}</div>"
        for name, value, *notes in entries
    )
    return f'<dl class="cards">{items}</dl>'


def class_table(classes: Sequence[ClassFigures]) -> str:
    """Precision, recall, F1, and where there are sets how often they hold the class."""
    has_sets = any(one.coverage is not None for one in classes)
    heads = ["class", "recall", "precision", "F1", *(["in the set"] if has_sets else []), "faces"]
    rows = []
    for one in classes:
        shares = [one.recall, one.precision, one.f1, *([one.coverage] if has_sets else [])]
        rows.append([one.label, *(percent(share) for share in shares), f"{one.support:,}"])
    return table(heads, rows)


def confusion_table(result: SplitResult) -> str:
    """Counts and percents of the row, shaded by the root of the percent."""
    names, confusion = result.examination.label_names, result.examination.official.confusion
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    rows = []
    for place, (name, counts) in enumerate(zip(names, confusion, strict=True)):
        total = sum(counts)
        cells = []
        for column, count in enumerate(counts):
            share = count / total if total else 0.0
            look = f"h{round(SHADES * math.sqrt(share))}" + (" own" if column == place else "")
            part = f"<small>{share:.0%}</small>".replace("%", "&nbsp;%") if total else ""
            cells.append(f'<td class="{look}">{count:,}{part}</td>')
        rows.append(f'<tr><th scope="row">{escape(name)}<small>{total:,}</small></th>{"".join(cells)}</tr>')
    return scrolled(
        f'<table class="confusion"><thead><tr><td></td>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>',
        "Confusion matrix",
    )


def people_table(people: People) -> str:
    """Agreement, duels and distances."""
    both = (people.every, people.decided)
    rows = [
        ["faces", *(f"{one.faces:,}" for one in both)],
        ["one annotator agrees with most of the rest", *(percent(one.human) for one in both)],
        ["the network does", *(_interval(one.network, one.network_interval) for one in both)],
        ["it beats one annotator (ties as half)", *(_interval(one.beats, one.beats_interval) for one in both)],
        ["won, tied, lost", *(_duels(one) for one in both)],
        ["KL and Brier from all votes: network", *(_distance(one.distances.network) for one in both)],
        ["KL and Brier from the rest: network", *(_distance(one.distances.network_rest) for one in both)],
        ["one annotator, as the vote was cast", *(_distance(one.distances.annotator_rest) for one in both)],
        ["one annotator, hedged as is kindest", *(_distance(one.distances.hedged_rest) for one in both)],
        ["mean of all faces", *(_distance(one.distances.mean_rest) for one in both)],
    ]
    return table(["", "all faces", "with a majority"], rows)


def robustness_table(result: Robustness) -> str:
    """Accuracy at each strength, and means of confidence, doubt and coverage."""
    rows = [["clean", *["" for _ in STRENGTHS], *_ends(result.clean)]]
    for name, levels in result.spoilt.items():
        means = [result.mean_of(figure, name) for figure in _MEANS]
        rows.append([name, *(percent(level.accuracy) for level in levels), *map(percent, means)])
    means = [result.mean_of(figure) for figure in _MEANS]
    rows.append(["mean", *map(percent, by_strength(result)), *map(percent, means)])
    return table(["accuracy at strength", *map(str, STRENGTHS), *_MEANS.values()], rows)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column names the row."""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    return scrolled(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>", heads[0] or "Table")


def scrolled(inside: str, name: str) -> str:
    """Wide contents, to be moved sideways by themselves, by keyboard as well."""
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(name)}">{inside}</div>'


def percent(share: float | None, digits: int = 1) -> str:
    """Such as ``68.7 %``; a dash for nan and None."""
    return "-" if share is None or math.isnan(share) else f"{100 * share:.{digits}f}\u00a0%"


def decimal(value: float) -> str:
    """Such as ``0.425``; a dash for nan."""
    return "-" if math.isnan(value) else "∞" if math.isinf(value) else f"{value:.3f}"


def _brackets(low: float, high: float) -> str:
    return f"[{100 * low:.2f},\u00a0{100 * high:.2f}]"


def _note(text: str) -> str:
    return f'<dd class="pale">{text}</dd>'


_MEANS = {"accuracy": "mean", "confidence": "confidence", "uncertain": "uncertain", "coverage": "set coverage"}


def _ends(level: Level) -> list[str]:
    return [percent(share) for share in (level.accuracy, level.confidence, level.uncertain, level.coverage)]


def _interval(share: float, interval: tuple[float, float]) -> str:
    low, high = interval
    return percent(share) if math.isnan(low) else f"{percent(share)} [{100 * low:.1f},\u00a0{100 * high:.1f}]"


def _duels(figures: PeopleFigures) -> str:
    return ", ".join(percent(share) for share in (figures.won, figures.tied, figures.lost))


def _distance(distance: Distance) -> str:
    return f"{decimal(distance.kl)} and\u00a0{decimal(distance.brier)}"
