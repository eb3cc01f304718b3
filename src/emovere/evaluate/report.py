"""An evaluation as one HTML file that needs nothing else: figures, charts and faces, dark and light, to be printed.

A policy in the page lets no script run and nothing be loaded from anywhere. It holds faces of the data it was measured
on, whose rights may not be the reader's: it is for whoever has the data, and not to be published.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from pathlib import Path

from emovere.evaluate.people import People, human_recall
from emovere.evaluate.report_charts import (
    ROBUSTNESS_LEGEND,
    classes_chart,
    curves_charts,
    reliability_chart,
    risk_chart,
    robustness_charts,
)
from emovere.evaluate.report_faces import random_faces, sheet, surest_mistakes
from emovere.evaluate.report_parts import figure, section, unbroken
from emovere.evaluate.report_tables import cards, class_table, confusion_table, people_table, robustness_table
from emovere.evaluate.report_words import caveats
from emovere.evaluate.robustness import Robustness
from emovere.evaluate.split import Answers, SplitResult
from emovere.files import atomic_write
from emovere.labels import FERPLUS8
from emovere.version import __version__


@dataclass(frozen=True)
class Extras:
    """What a report may hold beside the figures of a split."""

    people: People | None = None
    robustness: Robustness | None = None
    curves: Sequence[Mapping[str, float]] = ()
    """One mapping an epoch, as in a run's metrics.csv."""


def write_report(answers: Answers, result: SplitResult, path: Path, extras: Extras | None = None) -> None:
    """Write a page about what a network answered, whole or not at all.

    result: that of the same answers. Raises OutputError where the file cannot be written.
    """
    page = "".join(_page(answers, result, extras or Extras()))
    with atomic_write(path) as file:
        file.write(page)


def _page(answers: Answers, result: SplitResult, extras: Extras) -> Iterator[str]:
    style = (resources.files("emovere") / "assets" / "evaluation.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    model = result.model
    kind = "an official split" if result.official_split else "no official split"
    truth = "FER2013's labels" if result.label_set == "fer7" else "the majority of FER+'s votes"
    yield f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(result.title)}</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>{escape(model.name)} on {escape(result.split)}</h1>
<p>{result.examination.official.faces:,} faces of {kind}, compared with {truth}.</p>
<p class="pale">Network {escape(" ".join(filter(None, (model.name, model.version))))}, SHA-256
<span class="hash">{escape(model.sha256[:16] or "unknown")}</span>; measured by emovere {__version__}. This page shows
faces out of the data: keep it to yourself.</p>
</header>
<main>
"""
    yield section("Figures", cards(result))
    yield from _charts(answers, result)
    yield section("Which is taken for which", _CONFUSION + confusion_table(result))
    if extras.people is not None:
        yield section("Against people", _PEOPLE + people_table(extras.people), "people-section")
    if extras.curves:
        charts = "".join(figure(title, chart) for title, chart in curves_charts(extras.curves))
        yield section("How it was trained", f'<div class="charts">{charts}</div>')
    if extras.robustness is not None:
        yield section("How it breaks", _robustness(extras.robustness))
    mistakes = surest_mistakes(answers)
    if len(mistakes):
        words = f"<p>The {len(mistakes)} faces that are told wrong with the greatest confidence. {_votes(answers)}</p>"
        yield section("The surest mistakes", words + sheet(answers, mistakes, votes=True))
    drawn = random_faces(answers)
    if len(drawn):
        words = (
            f"<p>{len(drawn)} faces drawn at random, so that nobody chose them. After <i>or</i> stands what cannot be "
            "ruled out.</p>"
        )
        yield section("A random sheet", words + sheet(answers, drawn))
    said = "".join(f"<li>{unbroken(one)}</li>" for one in caveats(result))
    yield section("What these figures do not say", f"<ul>{said}</ul>", "words")
    yield "</main>\n</body>\n</html>\n"


def _charts(answers: Answers, result: SplitResult) -> Iterator[str]:
    official, names = result.examination.official, result.examination.label_names
    human = None
    if answers.votes is not None and result.human is not None:
        found = human_recall(answers.votes)
        human = [float(found[FERPLUS8.index(name)]) for name in names]
    figures = figure("recall and precision", classes_chart(official.classes, human)) + class_table(official.classes)
    yield section("Each class", f'<div class="charts">{figures}</div>')
    trust = figure("reliability", reliability_chart(result.reliability, official)) + figure(
        "risk and coverage", risk_chart(result.risk)
    )
    yield section(
        "Whether its confidence can be trusted", _TRUST + f'<div class="charts">{trust}</div>' + _risk(result)
    )


def _risk(result: SplitResult) -> str:
    curve = result.risk
    if not len(curve.risk):
        return ""
    parts = [f"the surest {100 * share:.0f} %: {100 * curve.at_coverage(share):.1f} %" for share in (0.5, 0.8)]
    kept = curve.coverage_at(0.1)
    text = f"Errors among {', '.join(parts)}, all: {100 * curve.at_coverage(1):.1f} %."
    text += f" The surest {100 * kept:.0f} % hold at most 10 % of errors." if kept else ""
    return f"<p>{unbroken(text)}</p>"


def _robustness(result: Robustness) -> str:
    charts = "".join(figure(name, chart) for name, chart in robustness_charts(result))
    low, high = result.mean_interval
    interval = "" if math.isnan(low) else f" [{100 * low:.1f}, {100 * high:.1f}]"
    words = (
        f"<p>{escape(result.title)}. Mean accuracy under corruption {100 * result.mean_accuracy:.1f} %{interval}; on "
        f"clean faces {100 * result.clean.accuracy:.1f} %. Where confidence stays above accuracy, it is wrong without "
        "knowing it.</p>"
    )
    return words + robustness_table(result) + ROBUSTNESS_LEGEND + f'<div class="charts small">{charts}</div>'


def _votes(answers: Answers) -> str:
    if answers.votes is None:
        return "Some are the network's, some the labels'."
    return "Some are the network's, some the labels': under each stands what FER+'s ten annotators called it."


_TRUST = (
    "<p>Reliability: on the diagonal, what is said with a confidence of 70 % is right in 70 % of cases. Risk and "
    "coverage: how many answers are wrong if only the surest are used.</p>"
)
_CONFUSION = "<p>Rows are what is true, columns what was answered; percents are of the row.</p>"
_PEOPLE = (
    "<p>Each of FER+'s ten annotators against the rest, left out in turn, and the network in the annotator's place. "
    "Whoever names what more of the rest named wins; an equal number, and the same answer, is a tie.</p>"
)
