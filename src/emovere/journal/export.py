"""A journal's readings as a file for other programs, whole or not at all."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from emovere.errors import ConfigError, UnknownSession, unknown_name
from emovere.extras import optional
from emovere.files import atomic_write
from emovere.journal.dates import milliseconds, moment
from emovere.journal.notes import read_notes
from emovere.journal.records import LABELS, Session, iso
from emovere.journal.schema import readings, sessions
from emovere.journal.sessions import Range, key_of, on_days, read_events, read_session
from emovere.version import __version__

SCHEMA = 1
"""Version of the exported files' layout."""

COLUMNS = ("session", "at", "zone", "second", "person", "frames", "uncertain", *LABELS)
"""Of Parquet and CSV. at: the second's beginning in UTC; zone: minutes east of it."""

GROUP = 16_384
"""Rows that are held in memory at most."""

Rows = list[tuple[Any, ...]]


def write_export(connection: sa.Connection, path: Path, format: str, days: Range) -> int:
    """Write the sessions that began on these days; returns the number of readings.

    Raises ConfigError, OutputError, and MissingExtra where Parquet's library is not installed.
    """
    if format not in FORMATS:
        raise ConfigError(unknown_name("format", format, FORMATS))
    ids = connection.scalars(sa.select(sessions.c.id).where(*on_days(days)).order_by(sessions.c.started_ms)).all()
    return FORMATS[format](connection, ids, path)


def _each(connection: sa.Connection, ids: Sequence[str]) -> Iterator[tuple[int, Session]]:
    """Sessions with their numbers; one that is deleted meanwhile is left out."""
    for session_id in ids:
        try:
            yield key_of(connection, session_id), read_session(connection, session_id)
        except UnknownSession:
            continue


def _groups(connection: sa.Connection, key: int, session: Session) -> Iterator[Rows]:
    """Rows of COLUMNS, ``at`` in milliseconds since 1970, in groups."""
    columns = [readings.c[name] for name in COLUMNS[3:]]
    query = sa.select(*columns).where(readings.c.session == key).order_by(readings.c.second, readings.c.person)
    started = milliseconds(session.started_at)
    found = connection.execution_options(yield_per=GROUP).execute(query)
    for part in found.partitions(GROUP):
        yield [(session.id, started + 1000 * row[0], session.zone, *row) for row in part]


def _write_csv(connection: sa.Connection, ids: Sequence[str], path: Path) -> int:
    count = 0
    with atomic_write(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for key, session in _each(connection, ids):
            for rows in _groups(connection, key, session):
                writer.writerows((name, iso(moment(at)), zone, *_short(rest)) for name, at, zone, *rest in rows)
                count += len(rows)
    return count


def _short(values: Sequence[Any]) -> list[Any]:
    return [f"{value:.6g}" if isinstance(value, float) else "" if value is None else value for value in values]


def _write_json_lines(connection: sa.Connection, ids: Sequence[str], path: Path) -> int:
    """One object a line, ``row`` says what: journal, session, note, event, reading."""
    count = 0
    with atomic_write(path) as file:
        _line(file, {"row": "journal", "schema": SCHEMA, "emovere": __version__, "labels": list(LABELS)})
        for key, session in _each(connection, ids):
            _line(file, {"row": "session", **session.to_dict()})
            for note in read_notes(connection, key):
                _line(file, {"row": "note", "session": session.id, **note.to_dict()})
            for event in read_events(connection, session.id):
                _line(file, {"row": "event", "session": session.id, **event.to_dict()})
            for rows in _groups(connection, key, session):
                for _, at, _, second, person, frames, uncertain, *probs in rows:
                    told = {label: round(p, 6) for label, p in zip(LABELS, probs, strict=True) if p is not None}
                    place = {"session": session.id, "at": iso(moment(at)), "second": second, "person": person}
                    seen = {"frames": frames, "uncertain": round(uncertain, 4), "probs": told}
                    _line(file, {"row": "reading", **place, **seen})
                count += len(rows)
    return count


def _line(file: IO[str], value: dict[str, Any]) -> None:
    file.write(json.dumps(value, ensure_ascii=False) + "\n")


def _write_parquet(connection: sa.Connection, ids: Sequence[str], path: Path) -> int:
    """COLUMNS with their types; the file's metadata ``emovere`` holds the sessions with their notes as JSON."""
    arrow, parquet = optional("pyarrow", "data"), optional("pyarrow.parquet", "data")
    whole, share = arrow.int32(), arrow.float32()
    kinds = [arrow.string(), arrow.timestamp("ms", "UTC"), whole, whole, whole, whole, *([share] * (1 + len(LABELS)))]
    about = [
        {**session.to_dict(), "notes": [note.to_dict() for note in read_notes(connection, key)]}
        for key, session in _each(connection, ids)
    ]
    text = json.dumps({"schema": SCHEMA, "emovere": __version__, "sessions": about}, ensure_ascii=False)
    schema = arrow.schema(list(zip(COLUMNS, kinds, strict=True)), metadata={"emovere": text})
    count = 0
    with atomic_write(path, "wb") as file, parquet.ParquetWriter(file, schema) as writer:
        each = (_groups(connection, key, session) for key, session in _each(connection, ids))
        for rows in _filled(itertools.chain.from_iterable(each)):
            columns = zip(*rows, strict=True)
            arrays = [arrow.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
            count += len(rows)
    return count


def _filled(parts: Iterable[Rows]) -> Iterator[Rows]:
    """The same rows in groups that are not smaller than need be."""
    waiting: Rows = []
    for rows in parts:
        waiting += rows
        if len(waiting) >= GROUP:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


FORMATS: dict[str, Callable[[sa.Connection, Sequence[str], Path], int]] = {
    "parquet": _write_parquet,
    "csv": _write_csv,
    "jsonl": _write_json_lines,
}
