"""The journal: opened by its file or URL, written by recorders, read by everybody else."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType

import sqlalchemy as sa

from emovere.errors import ConfigError
from emovere.journal import deletion, notes, place, sessions
from emovere.journal.comparison import Comparison, compare
from emovere.journal.dates import Day, check_zone, local_day, milliseconds, read_day, read_days, zone_here
from emovere.journal.export import write_export
from emovere.journal.failures import failures_told
from emovere.journal.migrations import MIGRATIONS, migrate, version_of
from emovere.journal.recorder import Recorder
from emovere.journal.records import Contents, Happening, Note, Page, Reading, Session, Trend
from emovere.journal.schema import sessions as session_table
from emovere.journal.seconds import check_labels
from emovere.journal.trends import read_trends
from emovere.journal.writing import Running

MOST_ROWS = 1_000_000_000


class Journal:
    """Sessions over days. Safe to use from several threads, and several processes may have the same one open.

    >>> with Journal.open("journal.db") as journal:  # doctest: +SKIP
    ...     with journal.begin("camera", result.expressions.labels, "light") as recorder:
    ...         recorder.add(result, datetime.now(UTC))
    ...     journal.trends("day", since="2026-11-01")

    Days are those on the clock of each session's place; ``since`` and ``until`` are both part of what is meant. Every
    method raises JournalError, in one line, where the database fails.
    """

    def __init__(self, engine: sa.Engine, where: str) -> None:
        self._engine = engine
        self.where = where
        """The file, or the URL without its password."""

    @classmethod
    def open(cls, url: str | os.PathLike[str] | None = None, *, make: bool = True) -> Journal:
        """Open a journal; where it is not there, make it.

        url: a file, ``sqlite:///FILE``, ``postgresql://USER@HOST/NAME``, or None for EMOVERE_JOURNAL, else journal.db
        in EMOVERE_HOME. make: False refuses a file that is not there. Raises JournalError, and MissingExtra where a
        library is not installed.
        """
        address = place.address(url)
        journal = cls(place.connect(address, make=make), place.shown(address))
        try:
            journal._prepare()
        except BaseException:
            journal.close()
            raise
        return journal

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def begin(
        self,
        source: str,
        labels: Sequence[str],
        model: str = "",
        title: str = "",
        zone: int | None = None,
        *,
        at: datetime | None = None,
        tags: Iterable[str] = (),
        tell: Callable[[str], None] | None = None,
    ) -> Recorder:
        """Begin a session.

        source: what is looked at, such as ``camera``; never a password. labels: those that its frames will have. zone:
        minutes east of UTC, None for this machine's. at: its beginning, None for now. tell: hears, in a line each, that
        the journal cannot be written and that it can be again. Raises ConfigError, InputError.
        """
        labels = check_labels(labels)
        started = round(time.time() * 1000) if at is None else milliseconds(at)
        zone = zone_here(started) if zone is None else check_zone(zone)
        row = {
            "id": uuid.uuid4().hex,
            "title": notes.checked_text("title", title, notes.LONGEST_TITLE),
            "source": notes.plain(source),
            "model": notes.plain(model),
            "labels": ",".join(labels),
            "started_ms": started,
            "zone": zone,
            "day": local_day(started, zone),
            "last_s": -1,
        }
        with self.writing() as connection:
            done = connection.execute(sa.insert(session_table), row)
            key = int(done.inserted_primary_key[0])  # type: ignore[index]
            notes.edit(connection, key, None, tags)
        return Recorder(self.writing, Running(key, str(row["id"]), started, zone, labels), tell)

    def contents(self) -> Contents:
        """How much the journal holds."""
        with self.reading() as connection:
            return sessions.read_contents(connection)

    def sessions(
        self, since: Day = None, until: Day = None, tag: str | None = None, limit: int = 100, offset: int = 0
    ) -> Page[Session]:
        """Sessions that began on these days, the latest first. Raises ConfigError."""
        if not (0 <= limit <= MOST_ROWS and 0 <= offset <= MOST_ROWS):
            raise ConfigError(f"limit, offset: expected 0 to {MOST_ROWS:,}; got {limit} and {offset}")
        days = read_days(since, until)
        with self.reading() as connection:
            return sessions.read_page(connection, days, tag, limit, offset)

    def session(self, session_id: str) -> Session:
        """One session. Raises UnknownSession."""
        with self.reading() as connection:
            return sessions.read_session(connection, session_id)

    def find(self, text: str) -> str:
        """The id that a person means by ``last``, or by an id's beginning. Raises UnknownSession or JournalError."""
        with self.reading() as connection:
            return sessions.find(connection, text)

    def readings(self, session_id: str) -> list[Reading]:
        """A session's readings, by second and person. Raises UnknownSession."""
        with self.reading() as connection:
            return sessions.read_readings(connection, session_id)

    def events(self, session_id: str) -> list[Happening]:
        """A session's events, in the order of time. Raises UnknownSession."""
        with self.reading() as connection:
            return sessions.read_events(connection, session_id)

    def notes(self, session_id: str) -> list[Note]:
        """A session's notes: those on the whole first, then in the order of its time. Raises UnknownSession."""
        with self.reading() as connection:
            return notes.read_notes(connection, sessions.key_of(connection, session_id))

    def edit(self, session_id: str, title: str | None = None, tags: Iterable[str] | None = None) -> Session:
        """Change a session's title or its tags; None leaves them. Raises UnknownSession, InputError."""
        with self.writing() as connection:
            notes.edit(connection, sessions.key_of(connection, session_id), title, tags)
            return sessions.read_session(connection, session_id)

    def add_note(self, session_id: str, text: str, at_s: float | None = None) -> Note:
        """Keep a note on a second of a session, or on the whole. Raises UnknownSession, InputError."""
        note = notes.new_note(text, at_s)
        with self.writing() as connection:
            notes.write_note(connection, sessions.key_of(connection, session_id), note)
        return note.note

    def delete_note(self, note_id: str) -> None:
        """Delete a note; nothing of it stays in the file. Raises UnknownSession."""
        with self.writing() as connection:
            notes.delete_note(connection, note_id)
        self._clean()

    def trends(self, by: str = "day", since: Day = None, until: Day = None, tag: str | None = None) -> list[Trend]:
        """What was seen in each ``day``, ``week``, ``month`` or ``hour-of-day``, in order.

        ``ten-minutes`` shows one day, ``since`` and ``until`` alike. Raises ConfigError.
        """
        days = read_days(since, until)
        with self.reading() as connection:
            return read_trends(connection, by, days, tag)

    def compare(self, before: tuple[Day, Day], after: tuple[Day, Day], tag: str | None = None) -> Comparison:
        """What changed between two spans of days, each (first, last). Raises ConfigError."""
        ours = read_days(*before, ("before's beginning", "before's end"))
        theirs = read_days(*after, ("after's beginning", "after's end"))
        with self.reading() as connection:
            return compare(connection, ours, theirs, tag)

    def export(
        self, path: str | os.PathLike[str], format: str = "parquet", since: Day = None, until: Day = None
    ) -> int:
        """Write the readings of the sessions that began on these days to a file, whole or not at all.

        format: ``parquet``, ``csv`` or ``jsonl``; docs/journal.md says what stands in each. Returns the number of
        readings. Raises ConfigError, OutputError, and MissingExtra for parquet without pyarrow.
        """
        days = read_days(since, until)
        with self.reading() as connection:
            return write_export(connection, Path(path), format, days)

    def delete(self, session_id: str) -> int:
        """Delete a session with all that belongs to it; nothing stays in the file. Raises UnknownSession."""
        with self.writing() as connection:
            count = deletion.delete_one(connection, session_id)
        self._clean()
        return count

    def delete_range(self, since: Day, until: Day) -> int:
        """Delete the sessions that began on these days; returns their number. Raises ConfigError."""
        days = read_day("since", since), read_day("until", until)
        if None in days:
            raise ConfigError("delete: expected a first and a last day; delete_all deletes everything")
        with self.writing() as connection:
            count = deletion.delete_days(connection, read_days(since, until))
        self._clean()
        return count

    def delete_all(self) -> int:
        """Delete every session; returns their number."""
        with self.writing() as connection:
            count = deletion.delete_days(connection, (None, None))
        self._clean()
        return count

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that reads, for what this class has no method for."""
        with failures_told(self.where), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def writing(self, patience_s: float | None = None) -> Iterator[sa.Connection]:
        """A transaction that writes, committed where the block ends well; locks are waited for that long."""
        options = {"writes": True, "patience": place.PATIENCE_S if patience_s is None else patience_s}
        with failures_told(self.where), self._engine.connect() as connection:
            connection.execution_options(**options)
            with connection.begin():
                yield connection

    def _prepare(self) -> None:
        with self.reading() as connection:
            ready = version_of(connection, self.where) == len(MIGRATIONS)
        if not ready:
            with self.writing() as connection:
                migrate(connection, self.where)

    def _clean(self) -> None:
        with failures_told(self.where):
            deletion.clean(self._engine, self.where)
