"""A set as one HTML file that needs nothing else: counts, charts, findings and faces, dark and light, to be printed.

A policy in the page lets no script run and nothing be loaded from anywhere. It shows faces, whose rights may not be the
reader's: it is for whoever has the data, and not to be published.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib import resources
from pathlib import Path

import numpy as np

from emovere.datasets.rows import FaceRows
from emovere.datasets.stats.charts import agreement_chart, classes_chart, histogram, mix_chart
from emovere.datasets.stats.check import Finding
from emovere.datasets.stats.mosaic import PICTURE, drawn, jpeg, mosaic
from emovere.datasets.stats.summary import Licence, Summary
from emovere.datasets.stats.text import imbalance_words, split_word
from emovere.evaluate.report_parts import figure, section, unbroken
from emovere.evaluate.report_tables import percent, table
from emovere.files import atomic_write
from emovere.types import UInt8
from emovere.version import __version__

_MOST = 20
"""Sources and licences that have a row of their own."""


def write_report(rows: FaceRows, summary: Summary, findings: Sequence[Finding], path: Path, *, seed: int = 0) -> None:
    """Write a page about a set, whole or not at all; seed: by which faces are drawn.

    Raises OutputError where the file cannot be written.
    """
    page = "".join(_page(rows, summary, findings, seed))
    with atomic_write(path) as file:
        file.write(page)


def _page(rows: FaceRows, summary: Summary, findings: Sequence[Finding], seed: int) -> Iterator[str]:
    assets = resources.files("emovere") / "assets"
    style = "".join((assets / name).read_text(encoding="utf-8") for name in ("evaluation.css", "dataset.css"))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    yield f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(summary.name)}: {summary.faces:,} faces</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>{escape(summary.name)}</h1>
<p>{summary.faces:,} faces in {len(summary.label_names)} classes and {_splits(summary)}.</p>
<p class="pale">Counted by emovere {__version__}. This page shows faces out of the data: keep it to yourself.</p>
</header>
<main>
"""
    yield section("At a glance", _cards(summary, findings))
    yield section("What was found", _findings(findings))
    yield section("Classes", _classes(summary))
    if summary.faces:
        yield section("The pictures", _pixels(rows, summary))
    if summary.agreement is not None:
        yield section("What annotators say", _votes(summary))
    yield section("Where they come from", _origins(summary))
    yield section("Faces of each class", _mosaics(rows, summary, seed))
    yield section("What these figures do not say", _CAVEATS, "words")
    yield "</main>\n</body>\n</html>\n"


def _splits(summary: Summary) -> str:
    decided = [name for name in summary.splits if name]
    return "1 split" if len(decided) == 1 else f"{len(decided) or 'no'} splits"


def _cards(summary: Summary, findings: Sequence[Finding]) -> str:
    uneven = summary.imbalance
    rare = int(np.argmin(summary.counts))
    common = int(np.argmax(summary.counts))
    wrong = [one for one in findings if one.wrong]
    exact = next((one for one in findings if one.kind == "exact copy"), None)
    entries = [
        (
            "faces",
            f"{summary.faces:,}",
            f"{sum(summary.made.values()):,} of them made" if summary.made else "none is made",
        ),
        ("smallest class", f"{summary.counts[rare]:,}", escape(summary.label_names[rare])),
        ("largest class", f"{summary.counts[common]:,}", escape(summary.label_names[common])),
        ("imbalance", f"{uneven.ratio:.1f} : 1", "faces of the largest class for one of the smallest"),
        (
            "effective classes",
            f"{uneven.effective:.2f}",
            f"of {len(summary.label_names)}; evenness {uneven.entropy:.2f}",
        ),
        ("always the largest", percent(uneven.largest), "right without looking at a face"),
        ("surplus copies", f"{sum(len(one) - 1 for one in exact.groups):,}" if exact else "0", "with the same pixels"),
        ("kinds of trouble", f"{len(wrong)}", "found wrong; see below" if wrong else "nothing found wrong"),
    ]
    items = "".join(
        f'<div><dt>{name}</dt><dd>{value}</dd><dd class="pale">{note}</dd></div>' for name, value, note in entries
    )
    return f'<dl class="cards">{items}</dl>'


def _findings(findings: Sequence[Finding]) -> str:
    if not findings:
        return "<p>Nothing: no copies, no leaks between splits, no missing classes or pictures.</p>"
    items = "".join(
        f'<li class="{"wrong" if one.wrong else "note"}"><b>{"wrong" if one.wrong else "note"}</b>'
        f"<span>{one.count:,} {escape(one.text)}.</span><span>{escape(one.advice)}</span></li>"
        for one in findings
    )
    return f'<ul class="findings">{items}</ul>'


def _classes(summary: Summary) -> str:
    charts = figure("faces of each class", classes_chart(summary))
    if len(summary.splits) > 1 and summary.faces:
        charts += figure("the mix of each split", mix_chart(summary))
    lines = [
        [split_word(name), *(f"{n:,}" for n in counts), f"{sum(counts):,}"] for name, counts in summary.splits.items()
    ]
    if len(lines) > 1:
        lines.append(["all", *(f"{n:,}" for n in summary.counts), f"{summary.faces:,}"])
    lines.append(["share", *(percent(n / max(summary.faces, 1)) for n in summary.counts), ""])
    words = f"<p>{unbroken(imbalance_words(summary))}.</p>"
    return f'<div class="charts">{charts}</div>{table(["", *summary.label_names, "all"], lines)}{words}'


def _pixels(rows: FaceRows, summary: Summary) -> str:
    pixels = summary.pixels
    charts = [
        figure("brightness", histogram(pixels.mean, "mean grey value", 255)),
        figure("contrast", histogram(pixels.contrast, "5th to 95th percentile, grey values", 255)),
        figure("sharpness", histogram(pixels.sharpness, "fine details beside coarser ones")),
    ]
    if len(summary.sides):
        charts.append(figure("size in the whole picture", histogram(summary.sides, "shorter side of the face, pixels")))
    lines = []
    for place, name in enumerate(summary.label_names):
        chosen = rows.faces.labels == place
        values = ((pixels.mean, 0), (pixels.contrast, 0), (pixels.sharpness, 2))
        lines.append([name, *(f"{np.median(one[chosen]):.{k}f}" if chosen.any() else "-" for one, k in values)])
    medians = table(["medians", "brightness", "contrast", "sharpness"], lines)
    side = rows.faces.images.shape[1]
    words = (
        f"<p>Measured in the middle of the {side} x {side} grey pixels, as <code>emovere data clean</code> does. "
        "The last column holds what lies beyond.</p>"
    )
    return f'{words}<div class="charts small">{"".join(charts)}</div>{medians}'


def _votes(summary: Summary) -> str:
    votes = summary.agreement
    assert votes is not None, "asked for only where there are votes"
    text = (
        f"{votes.votes:,} votes on {votes.faces:,} faces. One answer has more than half of them on "
        f"{percent(votes.majority)} of the faces; Fleiss' kappa, which is agreement beyond chance, is "
        f"{votes.chance_corrected:.2f}. {votes.not_a_face:,} faces are no face to most."
    )
    chart = figure("the commonest vote is the label", agreement_chart(summary.label_names, votes.with_label))
    return f'<p>{unbroken(text)}</p><div class="charts">{chart}</div>'


def _origins(summary: Summary) -> str:
    parts = [table(["source", "faces"], _counted(summary.sources)), _licences(summary.licences)]
    if summary.made:
        parts.append(table(["made faces", "faces"], _counted(summary.made)))
    if summary.groups:
        parts.append(f"<p>{summary.groups:,} groups (persons, sources) are named.</p>")
    return "".join(parts)


def _counted(counts: Mapping[str, int]) -> list[list[str]]:
    lines = [[name, f"{count:,}"] for name, count in list(counts.items())[:_MOST]]
    rest = list(counts.values())[_MOST:]
    return [*lines, [f"{len(rest):,} more", f"{sum(rest):,}"]] if rest else lines


def _licences(licences: Sequence[Licence]) -> str:
    lines = [[one.name, f"{one.faces:,}", f"{one.authors:,}", one.url] for one in licences[:_MOST]]
    rest = licences[_MOST:]
    if rest:
        lines.append([f"{len(rest):,} more", f"{sum(one.faces for one in rest):,}", "", ""])
    return table(["licence", "faces", "authors", "text"], lines)


def _mosaics(rows: FaceRows, summary: Summary, seed: int) -> str:
    parts = [f"<p>Drawn by lot (seed {seed}), in the set's order. What does not belong here is seen first here.</p>"]
    for place, name in enumerate(summary.label_names):
        shown = drawn(rows.faces, place, seed)
        count = f"{len(shown):,} of {summary.counts[place]:,}"
        pictures = "".join(_mosaic(shown.images[k : k + PICTURE], name) for k in range(0, len(shown), PICTURE))
        parts.append(f'<h3>{escape(name)} <small>{count}</small></h3><div class="mosaics">{pictures}</div>')
    return "".join(parts)


def _mosaic(images: UInt8, name: str) -> str:
    picture = mosaic(images)
    height, width = picture.shape
    alt = f"{len(images)} faces labelled {escape(name, quote=True)}"
    return f'<img alt="{alt}" width="{width}" height="{height}" src="{jpeg(picture)}">'


_CAVEATS = """<ul>
<li>Near copies are told by a perceptual hash of 64 bits, at 4 bits or less. Copies that were cropped differently are
missed, and a few pairs are strangers who look alike.</li>
<li>The same person in different pictures is seen only where the set names persons.</li>
<li>A label is what somebody put there. Whether it is right is not looked at here; votes, where there are any, say how
far people agree.</li>
<li>Contrast and sharpness are measured on small grey crops: a large face that was made small is sharp, whatever its
picture was.</li>
<li>That a licence is named does not say that whoever named it had the right to.</li>
</ul>"""
