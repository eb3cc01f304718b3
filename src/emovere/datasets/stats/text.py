"""A set's figures and findings as text for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from emovere.datasets.stats.check import Finding
from emovere.datasets.stats.summary import UNKNOWN, Floats, Summary

_MOST = 8
"""Sources and licences that are named; the rest is counted."""


def summary_text(summary: Summary) -> str:
    """Tables and lines."""
    return "\n".join(_lines(summary)) + "\n"


def counts_text(summary: Summary) -> str:
    """Faces of each class in each split."""
    return "\n".join(_counts(summary))


def findings_text(findings: Sequence[Finding], summary: str) -> str:
    """One line for each finding, with what to do; summary: what was looked at."""
    if not findings:
        return f"nothing wrong: {summary}\n"
    lines = [f"{'wrong' if one.wrong else 'note '}  {one.count:,} {one.text}: {one.advice}" for one in findings]
    return "\n".join(lines) + "\n"


def split_word(name: str) -> str:
    """What a split is called where people read it."""
    return name or "(no split)"


def imbalance_words(summary: Summary) -> str:
    """One sentence on how uneven the classes are."""
    uneven = summary.imbalance
    if math.isnan(uneven.ratio):
        return "no faces"
    largest = summary.label_names[int(np.argmax(summary.counts))]
    ratio = "a class has no face" if math.isinf(uneven.ratio) else f"{uneven.ratio:.1f} : 1 from largest to smallest"
    return (
        f"{ratio}; as even as {uneven.effective:.2f} equal classes of {len(summary.label_names)} "
        f"(evenness {uneven.entropy:.2f}); always {largest} is right {uneven.largest:.1%}"
    ).replace("%", " %")


def _lines(summary: Summary) -> Iterator[str]:
    yield f"{summary.name}: {summary.faces:,} faces in {len(summary.label_names)} classes"
    yield ""
    yield from _counts(summary)
    yield ""
    yield f"imbalance    {imbalance_words(summary)}"
    yield f"brightness   {_spread(summary.pixels.mean)}"
    yield f"contrast     {_spread(summary.pixels.contrast)}"
    yield f"sharpness    {_spread(summary.pixels.sharpness, 2)}"
    if len(summary.sides):
        yield f"face side    {_spread(summary.sides)} pixels in the whole picture, of {len(summary.sides):,} faces"
    yield f"sources      {_listed(summary.sources)}"
    licences = {one.name: one.faces for one in summary.licences}
    yield f"licences     {_listed(licences)}"
    if summary.groups:
        yield f"groups       {summary.groups:,} (persons, sources)"
    if summary.made:
        yield f"made faces   {_listed(summary.made)}"
    votes = summary.agreement
    if votes is not None:
        yield (
            f"votes        {votes.votes:,} on {votes.faces:,} faces; majority on {votes.majority:.1%}, Fleiss' kappa "
            f"{votes.chance_corrected:.2f}; {votes.not_a_face:,} are no face to most"
        ).replace("%", " %")


def _counts(summary: Summary) -> Iterator[str]:
    rows = [(split_word(name), counts) for name, counts in summary.splits.items()]
    if len(rows) != 1:
        rows.append(("all", summary.counts))
    share = [f"{count / summary.faces:.1%}".replace("%", " %") if summary.faces else "-" for count in summary.counts]
    cells = [["", *summary.label_names, "all"]]
    cells += [[name, *(f"{count:,}" for count in counts), f"{sum(counts):,}"] for name, counts in rows]
    cells.append(["share", *share, ""])
    if summary.agreement is not None:
        agreed = ["-" if math.isnan(one) else f"{one:.1%}".replace("%", " %") for one in summary.agreement.with_label]
        cells.append(["votes agree", *agreed, ""])
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    for row in cells:
        first, *rest = row
        numbers = "  ".join(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))
        yield f"{first.ljust(max(widths[0], 12))} {numbers}".rstrip()


def _spread(values: Floats, digits: int = 0) -> str:
    if not len(values):
        return "-"
    low, middle, high = (f"{value:.{digits}f}" for value in np.quantile(values, (0.05, 0.5, 0.95)))
    return f"median {middle}, nine in ten from {low} to {high}"


def _listed(counts: Mapping[str, int]) -> str:
    named = [f"{name} {count:,}" for name, count in list(counts.items())[:_MOST]]
    rest = len(counts) - len(named)
    more = [f"{rest:,} more"] if rest > 0 else []
    return ", ".join([*named, *more]) or UNKNOWN
