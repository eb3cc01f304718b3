"""What ``emovere journal`` shows people."""

from __future__ import annotations

import math
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from emovere.journal.comparison import Change, Comparison, Side
from emovere.journal.records import LABELS, Happening, Note, Page, Session, Trend
from emovere.report.cells import bar, printable
from emovere.report.words import counted, percent

WIDE = 200
"""Columns where no terminal says how many it has."""

SHORT_ID = 8
"""Characters of an id that are shown."""


def show_sessions(page: Page[Session]) -> None:
    """One line a session, the latest first."""
    rows = [
        (
            session.id[:SHORT_ID],
            f"{session.local_start:%Y-%m-%d %H:%M}",
            clock(session.duration_s) + ("" if session.finished else " *"),
            str(session.people),
            clock(session.seconds),
            mostly(session.means),
            printable(session.title),
            printable(", ".join(session.tags)),
        )
        for session in page
    ]
    _table(("ID", "BEGAN", "LENGTH", "PEOPLE", "FACES", "MOSTLY", "TITLE", "TAGS"), rows, right=(2, 3, 4))
    if any(not session.finished for session in page):
        print("* still running, or never ended", file=sys.stderr)
    if page.total > len(page):
        print(f"{len(page):,} of {page.total:,} sessions; --limit shows more", file=sys.stderr)


def show_session(session: Session, notes: Sequence[Note], events: Sequence[Happening]) -> None:
    """Everything of one session but its readings."""
    begun = session.local_start
    facts = {
        "session": session.id,
        "title": printable(session.title),
        "began": f"{begun:%Y-%m-%d %H:%M:%S} (UTC{begun:%z})",
        "length": clock(session.duration_s) + ("" if session.finished else ", still running or never ended"),
        "source": printable(session.source),
        "model": printable(session.model),
        "people": f"{session.people}, seen for {clock(session.seconds)}",
        "tags": printable(", ".join(session.tags)),
        "events": str(len(events)) if events else "",
    }
    for name, value in facts.items():
        if value:
            print(f"{name:<8} {value}")
    if session.means:
        print()
    width = max(map(len, LABELS))
    for label, share in sorted(session.means.items(), key=lambda pair: -pair[1]):
        print(f"{label:<{width}}  {percent(share):>5}  {bar(share, 30)}")
    if notes:
        print()
    for note in notes:
        at = "" if note.at_s is None else clock(note.at_s)
        print(f"{at:>8}  {printable(' '.join(note.text.split()))}")


def show_trends(trends: Sequence[Trend], by: str) -> None:
    """One line a stretch of time, with the mean share of each expression."""
    labels = [label for label in LABELS if any(label in trend.means for trend in trends)]
    rows = [
        (
            f"{int(trend.start):02}:00" if by == "hour-of-day" else trend.start.replace("T", " "),
            clock(trend.seconds),
            *(percent(trend.means[label]) if label in trend.means else "-" for label in labels),
        )
        for trend in trends
    ]
    names = {"day": "DAY", "week": "WEEK FROM", "month": "MONTH FROM", "hour-of-day": "HOUR", "ten-minutes": "FROM"}
    _table((names[by], "FACES", *(label.upper() for label in labels)), rows, right=range(1, 2 + len(labels)))


def show_comparison(comparison: Comparison) -> None:
    """One line an expression, then what to know."""
    for name, side in (("before", comparison.before), ("after", comparison.after)):
        print(f"{name:<7} {_side(side)}")
    print()
    rows = [
        (
            change.label,
            *("-" if share is None else percent(share) for share in (change.before, change.after)),
            _points(change.difference),
            "-" if change.low is None else f"[{_points(change.low)}, {_points(change.high)}]",
            _word(change),
        )
        for change in comparison.changes
    ]
    _table(("EXPRESSION", "BEFORE", "AFTER", "CHANGE", "95 % INTERVAL", ""), rows, right=(1, 2, 3, 4))
    method = f"Changes are in points. Intervals come from resampling {comparison.resampled}."
    print()
    for sentence in (*([method] if comparison.resampled else []), *comparison.cautions):
        print(textwrap.fill(sentence, 80))


def clock(seconds: float) -> str:
    """``0:07``, ``12:30``, ``1:02:03``."""
    minutes, rest = divmod(math.ceil(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"


def mostly(means: Mapping[str, float]) -> str:
    """The two largest shares."""
    first = sorted(means.items(), key=lambda pair: -pair[1])[:2]
    return ", ".join(f"{label} {percent(share)}" for label, share in first)


def _side(side: Side) -> str:
    span = f"{side.since or '...'} to {side.until or '...'}"
    days = f"{counted(side.sessions, 'session')} on {counted(side.days, 'day')}"
    return f"{span}: {days}, {clock(side.seconds)} with a face"


def _points(difference: float | None) -> str:
    return "-" if difference is None else f"{round(100 * difference, 1) + 0.0:+.1f}"


def _word(change: Change) -> str:
    if not change.clear or change.low is None:
        return ""
    return "more" if change.low > 0 else "less"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int]) -> None:
    """Columns under each other, those that are empty in every row left out."""
    rows = list(rows)
    right = set(right)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    kept = [k for k in range(len(headings)) if not rows or any(row[k] for row in rows)]
    for k in kept:
        table.add_column(headings[k], justify="right" if k in right else "left", no_wrap=k < 6)
    for row in rows:
        table.add_row(*(Text(row[k]) for k in kept))
    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)
    with console.capture() as capture:
        console.print(table)
    for line in capture.get().splitlines():
        print(line.rstrip())
