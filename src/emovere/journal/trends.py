"""Means over days, weeks, months and hours of the day, from the sums that are kept beside the readings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from emovere.errors import ConfigError
from emovere.journal.course import read_course
from emovere.journal.dates import day_of
from emovere.journal.records import LABELS, Trend
from emovere.journal.schema import hours
from emovere.journal.sessions import Range, with_tag

BY = ("day", "week", "month", "hour-of-day", "ten-minutes")
"""ten-minutes: of one day."""


@dataclass
class Sums:
    """Sums over readings; a label that no session told apart has weight 0."""

    seconds: int = 0
    people_seconds: int = 0
    probs: list[float] = field(default_factory=lambda: [0.0] * len(LABELS))
    """Of each label's probabilities."""
    first: list[int] = field(default_factory=lambda: [0] * len(LABELS))
    """Seconds of people in which the label was the likeliest."""
    weights: list[int] = field(default_factory=lambda: [0] * len(LABELS))
    """Seconds of people in sessions that told the label apart."""

    def add(self, row: Sequence[Any]) -> None:
        """Take one row of the columns that ``summed`` names."""
        count = len(LABELS)
        self.seconds += int(row[0])
        self.people_seconds += int(row[1])
        for k in range(count):
            self.probs[k] += float(row[2 + k] or 0)
            self.first[k] += int(row[2 + count + k] or 0)
            self.weights[k] += int(row[2 + 2 * count + k] or 0)

    def shares(self, values: Sequence[float]) -> dict[str, float]:
        """Label -> value over weight, without those of weight 0."""
        told = zip(LABELS, values, self.weights, strict=True)
        return {label: value / weight for label, value, weight in told if weight}


def summed() -> list[sa.ColumnElement[Any]]:
    """What to select from ``hours`` for ``Sums.add``."""
    total = sa.func.sum
    known = [sa.case((hours.c[f"sum_{label}"].is_not(None), hours.c.people_seconds)) for label in LABELS]
    return [
        total(hours.c.seconds),
        total(hours.c.people_seconds),
        *(total(hours.c[f"sum_{label}"]) for label in LABELS),
        *(total(hours.c[f"first_{label}"]) for label in LABELS),
        *(total(column) for column in known),
    ]


def within(days: Range, tag: str | None) -> list[sa.ColumnElement[bool]]:
    """The conditions on ``hours`` for these days on the place's clock, and this tag."""
    first, last = days
    found = with_tag(tag, hours.c.session)
    if first is not None:
        found.append(hours.c.hour >= 24 * first)
    if last is not None:
        found.append(hours.c.hour < 24 * (last + 1))
    return found


def read_trends(connection: sa.Connection, by: str, days: Range, tag: str | None) -> list[Trend]:
    """One row for each stretch of time in which a face was seen, in order. Raises ConfigError."""
    if by not in BY:
        raise ConfigError(f"by: expected {', '.join(BY)}; got {by!r}")
    if by == "ten-minutes":
        return read_course(connection, days, within(days, tag))
    group = hours.c.hour % 24 if by == "hour-of-day" else hours.c.hour // 24
    query = sa.select(group.label("place"), *summed()).where(*within(days, tag)).group_by("place").order_by("place")
    return [_trend(start, sums) for start, sums in _gathered(by, connection.execute(query))]


def _gathered(by: str, rows: Iterable[Any]) -> list[tuple[str, Sums]]:
    found: dict[str, Sums] = {}
    for place, *row in rows:
        found.setdefault(_start(by, int(place)), Sums()).add(row)
    return list(found.items())


def _start(by: str, place: int) -> str:
    if by == "hour-of-day":
        return str(place)
    day = day_of(place)
    if by == "week":
        day -= timedelta(days=day.weekday())
    return (day.replace(day=1) if by == "month" else day).isoformat()


def _trend(start: str, sums: Sums) -> Trend:
    return Trend(start, sums.seconds, sums.people_seconds, sums.shares(sums.probs), sums.shares(sums.first))
