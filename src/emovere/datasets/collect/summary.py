"""What a collection came to: found, kept, refused by reason, by emotion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields

from emovere.datasets.collect.found import Find
from emovere.datasets.collect.ledger import TRIES, Ledger
from emovere.sources.names import printable, without_password

EXAMPLES = 3
"""Of one reason that are shown."""
LONGEST_URL = 72
"""Characters of an address that are shown."""


@dataclass(frozen=True)
class Counts:
    """Finds of one emotion; found is the sum of the others."""

    found: int
    kept: int
    refused: int
    waiting: int
    """Neither fetched nor refused yet: the next run goes on with them."""


@dataclass(frozen=True)
class Reason:
    """Why some finds are not there."""

    count: int
    examples: Mapping[str, str]
    """What is to be said of some of them, each in other words, to the address."""


@dataclass(frozen=True)
class Summary:
    """What lies in a collection's folder, and how this run ended."""

    emotions: Mapping[str, Counts]
    refused: Mapping[str, Reason]
    failed: Mapping[str, Reason]
    """Why finds that wait could not be had; the next run tries them again."""
    pictures: int
    """Different pictures."""
    new: int
    """Pictures that this run brought."""
    megabytes: float
    ended: str
    """The budget that ended the run; "" where everything that was found had its turn."""
    lost: Mapping[str, str]
    """Providers that stopped answering, and why."""
    left: Mapping[str, str]
    """Hosts that were left alone, and why."""

    def text(self) -> str:
        """The tables that people see."""
        total = Counts(*(sum(getattr(c, f.name) for c in self.emotions.values()) for f in fields(Counts)))
        rows = [("emotion", *(f.name for f in fields(Counts)))]
        for name, counts in (*self.emotions.items(), ("all", total)):
            rows.append((printable(name) or "(none said)", *(f"{figure:,}" for figure in vars(counts).values())))
        lines = _table(rows)
        for title, reasons in (("refused", self.refused), ("failed for now", self.failed)):
            if reasons:
                lines += ["", *_table([(title, "finds", "for example"), *_rows(reasons)])]
        lines += ["", f"{self.pictures:,} pictures, {self.megabytes:,.1f} MB; {self.new:,} of them new"]
        if self.ended:
            lines.append(f"the budget of {self.ended} is reached")
        return "\n".join(lines)


def summary_of(
    ledger: Ledger,
    accepted: Callable[[Find], bool],
    *,
    before: int,
    ended: str,
    lost: Mapping[str, str],
    left: Mapping[str, str],
) -> Summary:
    """Count a ledger. accepted: whether a find is wanted; before: pictures that were there when the run began."""
    counts: dict[str, Counter[str]] = {}
    reasons: dict[str, dict[str, Reason]] = {"refused": {}, "waiting": {}}
    for find in ledger.finds.values():
        what, (reason, note) = _state(ledger, find, accepted)
        counts.setdefault(find.emotion, Counter())[what] += 1
        if reason:
            seen = reasons[what].get(reason, Reason(0, {}))
            examples = seen.examples if len(seen.examples) == EXAMPLES else {note: find.url, **seen.examples}
            reasons[what][reason] = Reason(seen.count + 1, examples)
    return Summary(
        {
            name: Counts(sum(count.values()), count["kept"], count["refused"], count["waiting"])
            for name, count in counts.items()
        },
        reasons["refused"],
        reasons["waiting"],
        len(ledger.pictures),
        len(ledger.pictures) - before,
        sum(picture["bytes"] for picture in ledger.pictures.values()) / 1e6,
        ended,
        dict(lost),
        dict(left),
    )


def _state(ledger: Ledger, find: Find, accepted: Callable[[Find], bool]) -> tuple[str, tuple[str, str]]:
    """What became of a find, and why."""
    digest = ledger.kept.get(find.url)
    if digest is not None and (digest, find.emotion, find.query) in ledger.lines:
        return "kept", ("", "")
    if not accepted(find):
        return "refused", (("licence", find.licence) if find.licence else ("licence unknown", ""))
    if find.url in ledger.refused:
        return "refused", ledger.refused[find.url]
    failed = ledger.failed.get(find.url, ("", "")) if digest is None else ("", "")
    return ("refused" if failed[0] and ledger.failures[find.url] >= TRIES else "waiting"), failed


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    """Rows as lines: the first and a last column of text to the left, figures to the right."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    texts = {0, 2} if len(widths) == 3 else {0}
    cells = [
        [
            cell.ljust(width) if k in texts else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        for row in rows
    ]
    return ["  ".join(row).rstrip() for row in cells]


def _rows(reasons: Mapping[str, Reason]) -> Iterator[tuple[str, ...]]:
    """A row for each example, the reason before the first one; the commonest reason first."""
    for name, reason in sorted(reasons.items(), key=lambda item: -item[1].count):
        for place, (note, url) in enumerate(sorted(reason.examples.items())):
            yield ("", "", _example(url, note)) if place else (name, f"{reason.count:,}", _example(url, note))


def _example(url: str, note: str) -> str:
    url = without_password(url)
    shown = url if len(url) <= LONGEST_URL else f"{url[: LONGEST_URL - 3]}..."
    return printable(f"{shown}: {note}" if note else shown)
