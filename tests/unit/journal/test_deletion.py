"""Nothing that was deleted stays in the file."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.unit.journal.conftest import NOON, fill

from emovere.errors import ConfigError, JournalError
from emovere.journal import deletion
from emovere.journal.schema import metadata
from emovere.journal.store import Journal
from emovere.labels import FER7

pytestmark = pytest.mark.timeout(90)

SECRET = "the neighbour's name is Wolpertinger"


def left(path) -> bytes:
    """Every byte of the file and of what stands beside it."""
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))


def rows(journal) -> dict[str, int]:
    with journal.reading() as connection:
        counts = {
            name: connection.scalar(sa.select(sa.func.count()).select_from(table))
            for name, table in metadata.tables.items()
        }
    counts.pop("emovere_schema")
    return counts


def secretive(journal, frame, day: int = 0) -> str:
    begun = NOON + timedelta(days=day)
    with journal.begin(f"source-{SECRET}", FER7, "m", SECRET, 0, at=begun, tags=["Wolpertinger"]) as recorder:
        fill(recorder, frame(1, 2, happy=0.3), begun, 30)
        recorder.note(SECRET)
    return recorder.session_id


def test_one_session_goes_without_a_trace_and_the_others_stay(journal, path, frame, keep):
    kept = keep(journal, title="stays", tags=("here",))
    gone = secretive(journal, frame)
    before = journal.session(kept), journal.readings(kept)
    note = journal.notes(gone)[0].id
    sqlite = journal.contents().where == "sqlite"
    if sqlite:
        assert SECRET.encode() in left(path)
        assert gone.encode() in left(path)
    assert journal.delete(gone) == 1
    assert (journal.session(kept), journal.readings(kept)) == before
    assert rows(journal) == {**rows(journal), "emovere_sessions": 1, "emovere_notes": 0, "emovere_tags": 1}
    assert rows(journal)["emovere_readings"] == 3
    if sqlite:
        assert path.with_name("journal.db-wal").stat().st_size == 0
        for trace in (SECRET, "Wolpertinger", gone, note, gone[:12]):
            assert trace.encode() not in left(path)
        assert kept.encode() in left(path)


def test_a_range_of_days(journal, keep):
    ids = [keep(journal, NOON + timedelta(days=day), 1) for day in range(5)]
    assert journal.delete_range("2026-11-05", "2026-11-07") == 3
    assert [session.id for session in journal.sessions()] == [ids[4], ids[0]]
    assert journal.delete_range("2026-11-05", "2026-11-07") == 0
    for since, until in ((None, "2026-11-07"), ("2026-11-05", None), (None, None)):
        with pytest.raises(ConfigError, match="a first and a last day"):
            journal.delete_range(since, until)
    assert journal.sessions().total == 2


def test_everything(journal, path, frame):
    names = [secretive(journal, frame, day) for day in range(3)]
    assert journal.delete_all() == 3
    assert set(rows(journal).values()) == {0}
    assert journal.delete_all() == 0
    if journal.contents().where == "sqlite":
        remains = left(path)
        assert b"Wolpertinger" not in remains
        assert not any(name.encode() in remains for name in names)


def test_a_note_alone(path, frame):
    with Journal.open(path) as journal:
        session = secretive(journal, frame)
        journal.edit(session, title="", tags=[])
        journal.delete_note(journal.notes(session)[0].id)
        assert left(path).count(SECRET.encode()) == 1  # the source's name
        assert len(journal.readings(session)) == 60


def test_nothing_is_left_while_another_session_runs(path, frame):
    """Another process's connections are open, and it writes meanwhile."""
    problems: list[str] = []
    done = threading.Event()
    with Journal.open(path) as journal, Journal.open(path) as other:
        gone = secretive(journal, frame)
        running = other.begin("camera", FER7, at=NOON, tell=problems.append)

        def write() -> None:
            second = 0
            while not done.is_set():
                running.add(frame(1), NOON + timedelta(seconds=second))
                second += 1

        thread = threading.Thread(target=write)
        thread.start()
        try:
            journal.delete(gone)
        finally:
            done.set()
            thread.join()
        running.end()
        assert problems == []
        journal.delete_note(journal.add_note(running.session_id, "x").id)
        assert SECRET.encode() not in left(path)
        seconds = [reading.second for reading in journal.readings(running.session_id)]
        assert seconds == list(range(len(seconds)))


def test_a_reader_who_keeps_the_log_is_told_of(path, frame, monkeypatch):
    monkeypatch.setattr(deletion, "PATIENCE_S", 0.1)
    with Journal.open(path) as journal, closing(sqlite3.connect(path, isolation_level=None)) as other:
        gone = secretive(journal, frame)
        other.execute("BEGIN")
        assert other.execute("SELECT count(*) FROM emovere_notes").fetchone() == (1,)
        with pytest.raises(JournalError, match="deleted, but"):
            journal.delete(gone)
        other.execute("COMMIT")
        assert journal.sessions().total == 0
        assert journal.delete_all() == 0  # again, now that the reader is done
        assert SECRET.encode() not in left(path)
