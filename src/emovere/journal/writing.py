"""What is written while a session runs: seconds with their sums, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from emovere.errors import UnknownSession
from emovere.journal.dates import local_hour
from emovere.journal.schema import events, hours, people, readings, sessions
from emovere.journal.seconds import Second

EVENTS_A_SECOND = 1000
"""Most events of one second that are kept."""

AT_ONCE = 1000
"""Seconds of one round of statements."""


@dataclass(frozen=True)
class Running:
    """A session that is being written."""

    key: int
    id: str
    started_ms: int
    zone: int
    labels: tuple[str, ...]

    def hour(self, second: int) -> int:
        """The hour on the place's clock in which a second of the session lies."""
        return local_hour(self.started_ms + 1000 * second, self.zone)


def write_seconds(connection: sa.Connection, running: Running, seconds: Sequence[Second]) -> None:
    """Write seconds, in rising order, that come after those that are in; those that are in already are left out.

    Raises UnknownSession where the session has been deleted meanwhile.
    """
    this = (sessions.c.key == running.key) & (sessions.c.id == running.id)
    last = connection.scalar(sa.select(sessions.c.last_s).where(this).with_for_update())
    if last is None:
        raise UnknownSession(f"session {running.id}: was deleted; nothing more is kept of it")
    new = [second for second in seconds if second and second.second > last]
    for begin in range(0, len(new), AT_ONCE):
        _write_some(connection, running, new[begin : begin + AT_ONCE])
    if new:
        connection.execute(sa.update(sessions).where(this).values(last_s=new[-1].second))


def _write_some(connection: sa.Connection, running: Running, seconds: Sequence[Second]) -> None:
    rows = [
        {
            "session": running.key,
            "second": second.second,
            "person": person,
            "frames": frames,
            "uncertain": uncertain,
            **dict(zip(running.labels, probs, strict=True)),
        }
        for second in seconds
        for person, frames, uncertain, probs in second.people
    ]
    happened = [
        {
            "session": running.key,
            "number": EVENTS_A_SECOND * second.second + place,
            "at_s": event.at_s,
            "person": event.person,
            "kind": event.kind,
            "emotion": event.emotion,
            "value": event.value,
        }
        for second in seconds
        for place, event in enumerate(second.events[:EVENTS_A_SECOND])
    ]
    if rows:
        connection.execute(sa.insert(readings), rows)
        _add(connection, hours, ("session", "hour"), _hour_sums(running, seconds))
        _add(connection, people, ("session", "person"), _people_sums(running, seconds), keep=("first_s",))
    if happened:
        connection.execute(sa.insert(events), happened)


def _hour_sums(running: Running, seconds: Iterable[Second]) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for second in seconds:
        if not second.people:
            continue
        hour = running.hour(second.second)
        if hour not in found:
            counts = {"session": running.key, "hour": hour, "seconds": 0, "people_seconds": 0}
            sums = {f"sum_{label}": 0.0 for label in running.labels}
            found[hour] = {**counts, **sums, **{f"first_{label}": 0 for label in running.labels}}
        row = found[hour]
        row["seconds"] += 1
        for _, _, _, probs in second.people:
            row["people_seconds"] += 1
            row[f"first_{running.labels[max(range(len(probs)), key=probs.__getitem__)]}"] += 1
            for label, probability in zip(running.labels, probs, strict=True):
                row[f"sum_{label}"] += probability
    return list(found.values())


def _people_sums(running: Running, seconds: Iterable[Second]) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for second in seconds:
        for person, *_ in second.people:
            row = found.setdefault(
                person,
                {"session": running.key, "person": person, "first_s": second.second, "last_s": 0, "seconds": 0},
            )
            row["last_s"] = second.second
            row["seconds"] += 1
    return list(found.values())


def _add(
    connection: sa.Connection,
    table: sa.Table,
    index: Sequence[str],
    rows: list[dict[str, Any]],
    keep: Sequence[str] = (),
) -> None:
    """Insert rows, or add their numbers to those that are there. keep: columns that stay; last_s is replaced."""
    insert = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    statement = insert(table)
    columns = [name for name in rows[0] if name not in (*index, *keep)]
    changed = {
        name: statement.excluded[name] if name == "last_s" else table.c[name] + statement.excluded[name]
        for name in columns
    }
    connection.execute(statement.on_conflict_do_update(index_elements=list(index), set_=changed), rows)
