"""How far the work is: a bar with the time left on a terminal, now and then a plain line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

EVERY_S = 30.0
"""Seconds between plain lines."""


def progress(
    items: Iterable[T], total: int, place_of: Callable[[T], tuple[str, float]], *, noun: str, quiet: bool
) -> Iterator[T]:
    """Pass the items on, and tell on stderr how much of ``total`` sources is done.

    place_of: the source of an item, and the share of that source which is done with it, in [0, 1]; several items may
    share one source. noun: what the sources are called.
    """
    if quiet:
        yield from items
    elif sys.stderr.isatty():
        yield from _bar(items, total, place_of, noun)
    else:
        yield from _lines(items, total, place_of, noun)


def _counted(items: Iterable[T], place_of: Callable[[T], tuple[str, float]]) -> Iterator[tuple[float, T]]:
    begun, before = 0, None
    for item in items:
        source, share = place_of(item)
        begun += source != before
        before = source
        yield begun - 1 + share, item


def _bar(items: Iterable[T], total: int, place_of: Callable[[T], tuple[str, float]], noun: str) -> Iterator[T]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    what = noun if total == 1 else f"{total} {noun}s"
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), TextColumn("left"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        for done, item in _counted(items, place_of):
            yield item
            bar.update(task, completed=done)


def _lines(items: Iterable[T], total: int, place_of: Callable[[T], tuple[str, float]], noun: str) -> Iterator[T]:
    started = told = time.monotonic()
    for done, item in _counted(items, place_of):
        yield item
        now = time.monotonic()
        if now - told >= EVERY_S and done > 0:
            told = now
            left = (now - started) / done * (total - done)
            what = f"{done / total:.0%} of the {noun}" if total == 1 else f"{done:.1f} of {total} {noun}s"
            print(f"emovere: {what}, {left / 60:.0f} min left", file=sys.stderr, flush=True)
