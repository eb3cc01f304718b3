"""What a journal costs: a million readings, and what is asked of them.

    python benchmarks/journal.py [--readings 1000000] [--on sqlite,postgresql] [--repeats 5]
    python benchmarks/journal.py --plots docs/images
    python benchmarks/journal.py --coverage [--trials 400]

The readings are synthetic: one person over a month of days (emovere.testing.weeks). PostgreSQL is a server of its own
in a temporary folder, which waits for the disk as a real one does. Times are what the clock shows, the median and the
slowest of the repeats, with a new connection's first question left out.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from emovere.journal.comparison import interval
from emovere.journal.plot_session import draw_session
from emovere.journal.plot_trends import draw_trends
from emovere.journal.store import Journal
from emovere.journal.trends import Sums
from emovere.labels import FER7
from emovere.report.colours import colour_of
from emovere.testing import postgres
from emovere.testing.weeks import Plan, write_weeks
from emovere.types import Expressions, Faces, FrameResult

FIRST, DAYS = date(2026, 11, 1), 30
SESSIONS = (7.0, 10.5, 14.0, 19.0)
"""When they begin, in hours."""

LIMIT_MS = 200.0
"""What a month's trend may take."""


@contextlib.contextmanager
def place(kind: str) -> Iterator[str]:
    with contextlib.ExitStack() as closing:
        if kind == "sqlite":
            folder = closing.enter_context(tempfile.TemporaryDirectory(prefix="emovere-journal-"))
            yield f"{folder}/journal.db"
        else:
            yield closing.enter_context(postgres.own_postgresql(durable=True))


def timed(call: Callable[[], Any], repeats: int) -> tuple[float, float]:
    """The median and the slowest, in milliseconds."""
    taken = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken[1:]), max(taken[1:])


def seen() -> FrameResult:
    probs = np.full((1, len(FER7)), 1 / len(FER7), np.float32)
    faces = Faces(np.zeros((1, 4), np.float32), np.ones(1, np.float32), track_ids=np.array([1]))
    return FrameResult("camera", 0, None, (480, 640), faces, Expressions(FER7, probs))


def commits(journal: Journal, count: int = 300) -> list[float]:
    """Milliseconds of adding a frame that closes a second, so that it is committed."""
    begun, frame, taken = datetime(2027, 1, 1, 12, tzinfo=UTC), seen(), []
    with journal.begin("camera", FER7, at=begun) as recorder:
        for second in range(count):
            started = time.perf_counter()
            recorder.add(frame, begun + timedelta(seconds=second))
            taken.append(1000 * (time.perf_counter() - started))
    return taken[1:]


def measure(kind: str, readings: int, repeats: int) -> None:
    with place(kind) as url, Journal.open(url) as journal, tempfile.TemporaryDirectory() as folder:
        plan = Plan(hours=SESSIONS, seconds=-(-readings // (DAYS * len(SESSIONS))), zone=60, skip=0.0)
        started = time.perf_counter()
        count = write_weeks(journal, FIRST, DAYS, plan)
        print(f"{kind}: {count:,} readings written in {time.perf_counter() - started:.0f} s")
        if kind == "sqlite":
            print(f"  {Path(url).stat().st_size / count:.0f} bytes a reading")
        taken = sorted(commits(journal))
        late = taken[int(0.95 * len(taken))]
        print(f"  a second committed: {statistics.median(taken):.2f} ms (95 % under {late:.2f} ms)")
        since, until = "2026-11-01", "2026-11-30"
        session = journal.sessions(until=until, limit=1).rows[0].id
        questions: dict[str, Callable[[], Any]] = {
            "trend of a month by day": lambda: journal.trends("day", since, until),
            "trend of a month by hour of the day": lambda: journal.trends("hour-of-day", since, until),
            "trend by week, all days": lambda: journal.trends("week"),
            "one day in steps of ten minutes": lambda: journal.trends("ten-minutes", "2026-11-05", "2026-11-05"),
            "two halves of the month compared": lambda: journal.compare((since, "2026-11-15"), ("2026-11-16", until)),
            "the latest 100 sessions": journal.sessions,
            "one session with its readings": lambda: journal.readings(session),
        }
        for name, ask in questions.items():
            middle, slowest = timed(ask, repeats)
            verdict = ""
            if name.startswith("trend of a month"):
                verdict = f"  under {LIMIT_MS:.0f} ms" if slowest < LIMIT_MS else f"  OVER {LIMIT_MS:.0f} ms"
            print(f"  {name}: {middle:.1f} ms (slowest {slowest:.1f}){verdict}")
        for name in ("parquet", "csv"):
            path = Path(folder) / f"journal.{name}"
            started = time.perf_counter()
            journal.export(path, name)
            size = path.stat().st_size / 1e6
            print(f"  export to {name}: {time.perf_counter() - started:.1f} s, {size:.0f} MB")
        started = time.perf_counter()
        journal.delete(session)
        print(f"  one session deleted without a trace: {time.perf_counter() - started:.1f} s")


def plots(folder: Path) -> None:
    """The pictures of docs/journal.md."""
    with tempfile.TemporaryDirectory() as home, Journal.open(Path(home) / "journal.db") as journal:
        write_weeks(journal, FIRST, DAYS, Plan(hours=(7.7, 10.1, 13.0, 16.2, 19.4), seconds=4200, skip=0.2), seed=4)
        pictures = (
            ("day", "ten-minutes", "2026-11-05", "2026-11-05"),
            ("week", "day", "2026-11-02", "2026-11-08"),
            ("month", "day", "2026-11-01", "2026-11-30"),
        )
        for name, by, since, until in pictures:
            draw_trends(journal.trends(by, since, until), by, folder / f"journal-{name}.png", colour_of)
        begun = datetime(2026, 12, 1, 18, tzinfo=UTC)
        write_weeks(journal, begun.date(), 1, Plan(hours=(19.0,), seconds=1500, people=2, skip=0.0), seed=9)
        session = journal.edit(journal.find("last"), title="A game of cards")
        journal.add_note(session.id, "cards are dealt", 60)
        journal.add_note(session.id, "somebody wins", 1130)
        path = folder / "journal-session.png"
        draw_session(session, journal.readings(session.id), journal.notes(session.id), path, colour_of)
    for path in sorted(folder.glob("journal-*.png")):
        print(f"{path}: {path.stat().st_size / 1000:.1f} kB")


def coverage(trials: int) -> None:
    """How often an interval holds the true difference, for days that vary as people's do."""
    print(f"{trials:,} trials each; 95 % is what is meant")
    for ours, theirs in ((5, 5), (5, 20), (7, 7), (14, 14), (30, 30)):
        rng = np.random.default_rng(0)
        hits = 0
        for _ in range(trials):
            # a day's mean and its length both vary; the truth is the mean of the days, weighted by their length
            low, high = interval(_days(rng, ours), _days(rng, theirs), 0)
            hits += low is not None and high is not None and low <= 0 <= high
        print(f"  {ours} days against {theirs}: {hits / trials:.1%} of the intervals hold the truth")


def _days(rng: np.random.Generator, count: int) -> list[Sums]:
    found = []
    for share, length in zip(rng.beta(2, 6, count), rng.integers(600, 7200, count), strict=True):
        sums = Sums()
        sums.probs[0], sums.weights[0] = float(share * length), int(length)
        found.append(sums)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readings", type=int, default=1_000_000)
    parser.add_argument("--on", default="sqlite,postgresql")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--plots", type=Path)
    parser.add_argument("--coverage", action="store_true")
    parser.add_argument("--trials", type=int, default=400)
    wanted = parser.parse_args()
    if wanted.plots is not None:
        plots(wanted.plots)
        return
    if wanted.coverage:
        coverage(wanted.trials)
        return
    for kind in wanted.on.split(","):
        reason = postgres.why_not() if kind == "postgresql" else None
        if reason is not None:
            print(f"{kind}: {reason}")
            continue
        measure(kind, wanted.readings, wanted.repeats)


if __name__ == "__main__":
    main()
