"""The charts of a report, each with what it shows in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from emovere.evaluate.confidence import Bin, RiskCoverage
from emovere.evaluate.corruptions import STRENGTHS
from emovere.evaluate.examine import ClassFigures, Figures
from emovere.evaluate.metrics import wilson_interval
from emovere.evaluate.people import HUMAN
from emovere.evaluate.report_svg import HEIGHT, WIDTH, Plane, legend, percents, round_ticks, svg
from emovere.evaluate.report_tables import decimal, percent
from emovere.evaluate.robustness import Robustness

POINTS = 200
"""Most points of a curve."""

ANNOTATOR = "one annotator against the rest, same faces"


def classes_chart(classes: Sequence[ClassFigures], human: Sequence[float] | None) -> str:
    """Recall with its interval, and precision, of each class; and how well one annotator finds what the rest see."""
    plane = Plane((0, len(classes)), (0, 1), bottom=54)
    names = [(place + 0.5, one.label) for place, one in enumerate(classes)]
    parts = [plane.frame([], percents(), "", "")]
    for place, one in enumerate(classes):
        if not math.isnan(one.recall):
            parts.append(plane.bar(place + 0.12, place + 0.48, one.recall, "s1"))
            parts.append(
                plane.whisker(place + 0.3, *wilson_interval(round(one.recall * one.support), one.support), "ink")
            )
        if not math.isnan(one.precision):
            parts.append(plane.bar(place + 0.52, place + 0.88, one.precision, "s2"))
        if human is not None and not math.isnan(human[place]):
            y = plane.y(human[place])
            parts.append(
                f'<line class="line people" x1="{plane.x(place + 0.06):.1f}" x2="{plane.x(place + 0.94):.1f}" '
                f'y1="{y:.1f}" y2="{y:.1f}"/>'
            )
    for at, name in names:
        parts.append(
            f'<text class="end" transform="translate({plane.x(at) + 4:.1f} {HEIGHT - 40}) rotate(-35)">{name}</text>'
        )
    entries = [("s1", "recall [95 %]"), ("s2", "precision")]
    if human is not None:
        entries.append(("people", "recall of one annotator where the rest name the class"))
    words = "; ".join(f"{one.label}: recall {_whole(one.recall)}, precision {_whole(one.precision)}" for one in classes)
    return svg(parts, words) + legend(entries)


def reliability_chart(bins: Sequence[Bin], figures: Figures) -> str:
    """Accuracy over confidence, and under it how many faces each bin holds."""
    height = HEIGHT + 96
    plane = Plane((0, 1), (0, 1), height=height, bottom=136)
    most = max((one.faces for one in bins), default=1)
    below = Plane((0, 1), (0, most), height=height, top=height - 106)
    parts = [plane.frame([], percents(), "", "accuracy"), below.frame(percents(), _counts(most), "confidence", "faces")]
    parts.append(plane.line([(0, 0), (1, 1)], "pale dash"))
    human = [(one.confidence, one.human) for one in bins if one.human is not None]
    parts.append(plane.line(human, "people dash"))
    for one in bins:
        parts.append(plane.whisker(one.confidence, *one.interval, "s1"))
        parts.append(below.bar(one.low + 0.003, one.high - 0.003, one.faces, "s1"))
    parts.append(plane.line([(one.confidence, one.accuracy) for one in bins], "s1"))
    parts += [plane.dot(one.confidence, one.accuracy, "s1") for one in bins]
    words = "; ".join(f"confidence {_whole(b.confidence)}: accuracy {_whole(b.accuracy)} of {b.faces}" for b in bins)
    entries = [("s1", f"network [95 %], ECE {percent(figures.ece)}"), ("pale dash", "confidence is accuracy")]
    return svg(parts, words, WIDTH, height) + legend(entries + ([("people dash", ANNOTATOR)] if human else []))


def risk_chart(curve: RiskCoverage) -> str:
    """Errors among the surest faces."""
    shown = curve.drawn(POINTS)
    points = [(float(curve.coverage[i]), float(curve.risk[i])) for i in shown]
    human = [] if curve.human is None else [(float(curve.coverage[i]), float(curve.human[i])) for i in shown]
    top = max(0.1, math.ceil(10 * max((y for _, y in [*points, *human]), default=0.1)) / 10)
    plane = Plane((0, 1), (0, top))
    ticks = percents(10 if top > 0.2 else 5, round(100 * top))
    parts = [plane.frame(percents(), ticks, "share of the faces, surest first", "errors among them")]
    parts += [plane.area(points, "s1"), plane.line(points, "s1"), plane.line(human, "people dash")]
    words = "; ".join(
        f"errors among the surest {share:.0%}: {curve.at_coverage(share):.1%}"
        for share in (0.25, 0.5, 0.75, 1)
        if shown
    )
    entries = [("s1", f"network, area (AURC) {decimal(curve.area)}")]
    return svg(parts, words) + legend(entries + ([("people dash", ANNOTATOR)] if human else []))


def curves_charts(rows: Sequence[Mapping[str, float]]) -> list[tuple[str, str]]:
    """Accuracy and loss over the epochs of a run: (title, chart) each; what is missing leaves a gap."""
    epochs = [row["epoch"] for row in rows]
    x_range = (min(0.0, *epochs), max(epochs))
    ticks = [(value, f"{value:.0f}") for value in round_ticks(*x_range) if value == round(value)]
    charts = []
    for title, lines in _CURVES:
        values = [row[key] for row in rows for key, _, _ in lines if not math.isnan(row.get(key, math.nan))]
        if not values:
            continue
        accuracy = title == "accuracy"
        human = HUMAN["fer7"]["PublicTest"]
        low, high = (0.0, min(1.0, max(*values, human) + 0.06)) if accuracy else _padded(min(values), max(values))
        plane = Plane(x_range, (low, high))
        marks = [(value, f"{100 * value:.0f} %" if accuracy else f"{value:.3g}") for value in round_ticks(low, high)]
        parts = [plane.frame(ticks, marks, "epoch", title)]
        for key, look, _ in lines:
            parts.append(plane.line([(row["epoch"], row.get(key, math.nan)) for row in rows], look))
        if accuracy:
            parts.append(plane.level(human, f"one annotator {100 * human:.1f} %"))
        known = [(look, name) for key, look, name in lines if any(key in row for row in rows)]
        words = f"{title} over {len(rows)} epochs: " + ", ".join(
            f"{name} at last {rows[-1].get(key, math.nan):.3g}" for key, _, name in lines if key in rows[-1]
        )
        charts.append((title, svg(parts, words) + legend(known)))
    return charts


def robustness_charts(result: Robustness) -> list[tuple[str, str]]:
    """Accuracy and confidence against strength, a small chart each corruption."""
    charts = []
    human = HUMAN[result.label_set].get(result.split)
    for name, levels in result.spoilt.items():
        plane = Plane((0, len(STRENGTHS)), (0, 1), height=200)
        steps = [(float(k), str(k)) for k in range(len(STRENGTHS) + 1)]
        lines = [result.clean, *levels]
        parts = [plane.frame(steps, percents(50), "strength", "")]
        if human is not None:
            parts.append(plane.level(human, ""))
        parts.append(plane.line([(k, one.confidence) for k, one in enumerate(lines)], "s2 dash"))
        parts.append(plane.line([(k, one.accuracy) for k, one in enumerate(lines)], "s1"))
        words = f"{name}: accuracy " + ", ".join(_whole(one.accuracy) for one in lines)
        charts.append((name, svg(parts, words, WIDTH, 200)))
    return charts


ROBUSTNESS_LEGEND = legend(
    [("s1", "accuracy"), ("s2 dash", "confidence"), ("people dash", "one annotator against the rest, clean faces")]
)

_CURVES = (
    (
        "accuracy",
        (
            ("train_accuracy", "s1", "Training, varied faces"),
            ("public_accuracy", "s2", "PublicTest, labels"),
            ("public_votes_accuracy", "s3 dash", "PublicTest, votes"),
        ),
    ),
    ("loss", (("train_loss", "s1", "Training, varied faces"), ("public_loss", "s2", "PublicTest"))),
)


def _padded(low: float, high: float) -> tuple[float, float]:
    room = 0.05 * (high - low) or 0.5
    return low - room, high + room


def _counts(most: int) -> list[tuple[float, str]]:
    return [(value, f"{value:,.0f}") for value in round_ticks(0, most, 2)]


def _whole(share: float) -> str:
    return "-" if math.isnan(share) else f"{share:.0%}".replace("%", " %")
