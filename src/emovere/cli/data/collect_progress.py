"""How far a collection is: a bar with the time left on a terminal, now and then a plain line elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from emovere.cli.progress import EVERY_S

if TYPE_CHECKING:
    from emovere.datasets.collect.work import Standing


@contextlib.contextmanager
def collect_progress(minutes: float, *, quiet: bool) -> Iterator[Callable[[Standing], None]]:
    """What to tell a collection's standing to. minutes: the most that the work may take; 0 sets no bound."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bar() as tell:
            yield tell
    else:
        yield _Lines(minutes)


@contextlib.contextmanager
def _bar() -> Iterator[Callable[[Standing], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("looking for pictures", total=1.0)

        def tell(standing: Standing) -> None:
            bar.update(task, completed=standing.share, description=_what(standing))

        yield tell


class _Lines:
    """A plain line every EVERY_S seconds."""

    def __init__(self, minutes: float) -> None:
        self._started_s = self._told_s = time.monotonic()
        self._most_s = minutes * 60 if minutes else float("inf")
        self._begun_at: float | None = None

    def __call__(self, standing: Standing) -> None:
        now = time.monotonic()
        if self._begun_at is None:
            self._begun_at = standing.share
        if now - self._told_s < EVERY_S:
            return
        self._told_s = now
        gone, done = now - self._started_s, standing.share - self._begun_at
        left = min(gone / done * (1 - standing.share) if done > 0 else self._most_s, self._most_s - gone)
        when = (
            f", {left / 60:.0f} min left" if 90 <= left < float("inf") else f", {left:.0f} s left" if left < 90 else ""
        )
        print(f"emovere: {_what(standing)}{when}", file=sys.stderr, flush=True)


def _what(standing: Standing) -> str:
    return f"{standing.pictures:,} pictures, {standing.megabytes:,.1f} MB"


def _left(seconds: float) -> str:
    if seconds == float("inf"):
        return ""
    return f", {seconds:.0f} s left" if seconds < 90 else f", {seconds / 60:.0f} min left"
