"""Reading sessions back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from emovere.errors import JournalError, UnknownSession
from emovere.journal.dates import moment
from emovere.journal.notes import LONGEST_TAG, checked_id, checked_text, shortened
from emovere.journal.records import LABELS, Contents, Happening, Page, Reading, Session
from emovere.journal.schema import events, hours, people, readings, sessions, tags

Range = tuple[int | None, int | None]
"""The numbers of a first and a last day; None is open."""


def on_days(days: Range, column: sa.ColumnElement[int] = sessions.c.day) -> list[sa.ColumnElement[bool]]:
    """The conditions that a column of days must meet."""
    first, last = days
    found: list[sa.ColumnElement[bool]] = []
    if first is not None:
        found.append(column >= first)
    if last is not None:
        found.append(column <= last)
    return found


def with_tag(tag: str | None, column: sa.ColumnElement[int] = sessions.c.key) -> list[sa.ColumnElement[bool]]:
    """The condition that a column of sessions must meet. Raises InputError for what can be no tag."""
    if tag is None:
        return []
    return [column.in_(sa.select(tags.c.session).where(tags.c.tag == checked_text("tag", tag, LONGEST_TAG)))]


def read_page(connection: sa.Connection, days: Range, tag: str | None, limit: int, offset: int) -> Page[Session]:
    """Sessions that began on these days, the latest first."""
    wanted = [*on_days(days), *with_tag(tag)]
    total = connection.scalar(sa.select(sa.func.count()).select_from(sessions).where(*wanted))
    order = (sessions.c.started_ms.desc(), sessions.c.key.desc())
    rows = connection.execute(sa.select(sessions).where(*wanted).order_by(*order).limit(limit).offset(offset))
    return Page(_sessions(connection, rows.all()), int(total or 0))


def read_session(connection: sa.Connection, session_id: str) -> Session:
    """One session. Raises UnknownSession."""
    return _sessions(connection, [_row(connection, session_id)])[0]


def key_of(connection: sa.Connection, session_id: str) -> int:
    """The number under which a session's rows stand. Raises UnknownSession."""
    return int(_row(connection, session_id).key)


def find(connection: sa.Connection, text: str) -> str:
    """The id of the session that a person means: ``last``, an id, or how one begins. Raises JournalError."""
    query = sa.select(sessions.c.id)
    checked_id("session", text)
    if text == "last":
        found = connection.scalars(query.order_by(sessions.c.started_ms.desc(), sessions.c.key.desc()).limit(1)).all()
    else:
        found = connection.scalars(query.where(sessions.c.id.startswith(text.lower(), autoescape=True)).limit(2)).all()
    if not found:
        raise UnknownSession(
            f"session {shortened(text)}: is not in the journal; emovere journal list shows those that are"
        )
    if len(found) > 1:
        raise JournalError(f"session {shortened(text)}: several begin so; name more of the id")
    return str(found[0])


def read_readings(connection: sa.Connection, session_id: str) -> list[Reading]:
    """A session's readings, by second and person. Raises UnknownSession."""
    row = _row(connection, session_id)
    labels = tuple(row.labels.split(","))
    columns = [readings.c[name] for name in ("second", "person", "frames", "uncertain", *labels)]
    query = sa.select(*columns).where(readings.c.session == row.key).order_by(readings.c.second, readings.c.person)
    return [
        Reading(second, person, frames, uncertain, dict(zip(labels, probs, strict=True)))
        for second, person, frames, uncertain, *probs in connection.execute(query)
    ]


def read_events(connection: sa.Connection, session_id: str) -> list[Happening]:
    """A session's events, in the order of time. Raises UnknownSession."""
    key = key_of(connection, session_id)
    columns = [events.c[name] for name in ("at_s", "person", "kind", "emotion", "value")]
    query = sa.select(*columns).where(events.c.session == key).order_by(events.c.at_s, events.c.number)
    return [Happening(*row) for row in connection.execute(query)]


def read_contents(connection: sa.Connection) -> Contents:
    """How much the journal holds."""
    begun = sessions.c.started_ms
    query = sa.select(sa.func.count(), sa.func.min(begun), sa.func.max(begun)).select_from(sessions)
    count, first, last = connection.execute(query).one()
    seconds = connection.scalar(sa.select(sa.func.sum(hours.c.seconds)))
    return Contents(
        sessions=int(count),
        seconds=int(seconds or 0),
        first=None if first is None else moment(first),
        last=None if last is None else moment(last),
        where=connection.dialect.name,
    )


def _row(connection: sa.Connection, session_id: str) -> Any:
    query = sa.select(sessions).where(sessions.c.id == checked_id("session", session_id))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UnknownSession(f"session {shortened(session_id)}: is not in the journal")
    return row


def _sessions(connection: sa.Connection, rows: Sequence[Any]) -> list[Session]:
    keys = [row.key for row in rows]
    sums = [sa.func.sum(hours.c[name]) for name in ("seconds", "people_seconds", *(f"sum_{label}" for label in LABELS))]
    totals = {
        key: values
        for key, *values in connection.execute(
            sa.select(hours.c.session, *sums).where(hours.c.session.in_(keys)).group_by(hours.c.session)
        )
    }
    query = sa.select(people.c.session, sa.func.count()).where(people.c.session.in_(keys)).group_by(people.c.session)
    counts = {row[0]: row[1] for row in connection.execute(query)}
    named: dict[int, list[str]] = defaultdict(list)
    for key, tag in connection.execute(sa.select(tags).where(tags.c.session.in_(keys)).order_by(tags.c.tag)):
        named[key].append(tag)
    return [_session(row, totals.get(row.key), counts.get(row.key, 0), tuple(named[row.key])) for row in rows]


def _session(row: Any, totals: Sequence[Any] | None, count: int, names: tuple[str, ...]) -> Session:
    seconds, people_seconds, *sums = totals or (0, 0)
    return Session(
        id=row.id,
        title=row.title,
        source=row.source,
        model=row.model,
        labels=tuple(row.labels.split(",")),
        started_at=moment(row.started_ms),
        ended_at=moment(row.started_ms + 1000 * (row.last_s + 1) if row.ended_ms is None else row.ended_ms),
        finished=row.ended_ms is not None,
        zone=row.zone,
        seconds=int(seconds),
        people=count,
        people_seconds=int(people_seconds),
        means={label: value / people_seconds for label, value in zip(LABELS, sums, strict=False) if value is not None},
        tags=names,
    )
