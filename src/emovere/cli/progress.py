"""How far the work is: a bar with the time left on a terminal, now and then a plain line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

EVERY_S = 30.0
"""Seconds between plain lines."""


def progress(items: Iterable[T], total: int, source_of: Callable[[T], str], *, quiet: bool) -> Iterator[T]:
    """Pass the items on, and tell on stderr how many of ``total`` sources are begun; several items may share one."""
    if quiet or total < 2:
        yield from items
    elif sys.stderr.isatty():
        yield from _bar(items, total, source_of)
    else:
        yield from _lines(items, total, source_of)


def _counted(items: Iterable[T], source_of: Callable[[T], str]) -> Iterator[tuple[int, T]]:
    count, before = 0, None
    for item in items:
        source = source_of(item)
        count += source != before
        before = source
        yield count, item


def _bar(items: Iterable[T], total: int, source_of: Callable[[T], str]) -> Iterator[T]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("photos"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("left"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        for count, item in _counted(items, source_of):
            yield item
            bar.update(task, completed=count)


def _lines(items: Iterable[T], total: int, source_of: Callable[[T], str]) -> Iterator[T]:
    started = told = time.monotonic()
    for count, item in _counted(items, source_of):
        yield item
        now = time.monotonic()
        if now - told >= EVERY_S:
            told = now
            left = (now - started) / count * (total - count)
            print(f"emovere: {count} of {total} photos, {left / 60:.0f} min left", file=sys.stderr, flush=True)
