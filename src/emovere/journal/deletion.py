"""Deleting for good: rows, what they left in the file, and what stands in the log beside it."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path

import sqlalchemy as sa

from emovere.errors import JournalError, UnknownSession
from emovere.journal.failures import told
from emovere.journal.notes import checked_id, shortened
from emovere.journal.schema import metadata, sessions, versions
from emovere.journal.sessions import Range, on_days

PATIENCE_S = 10.0
"""For how long other users of the file are waited for."""


def delete_one(connection: sa.Connection, session_id: str) -> int:
    """Delete a session; what belongs to it goes with it. Raises UnknownSession."""
    count = connection.execute(sa.delete(sessions).where(sessions.c.id == checked_id("session", session_id))).rowcount
    if not count:
        raise UnknownSession(f"session {shortened(session_id)}: is not in the journal")
    return count


def delete_days(connection: sa.Connection, days: Range) -> int:
    """Delete the sessions that began on these days; returns their number."""
    return connection.execute(sa.delete(sessions).where(*on_days(days))).rowcount


def clean(engine: sa.Engine, where: str) -> None:
    """Let nothing that was deleted stay in the file or in the log beside it.

    SQLite has overwritten rows with zeros (secure_delete); the file is written anew without them, and the log is cut to
    nothing. PostgreSQL writes its tables anew; its own log, and its copies elsewhere, are its keeper's. Raises
    JournalError where the disk is full or somebody else's reading keeps the log from being emptied.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            names = [table.name for table in metadata.sorted_tables if table is not versions]
            connection.execute(sa.text(f"VACUUM (FULL) {', '.join(names)}"))
        return
    with contextlib.closing(engine.raw_connection()) as pooled:
        driver = pooled.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.execute(f"PRAGMA busy_timeout = {round(1000 * PATIENCE_S)}")
        try:
            driver.execute("VACUUM")
            emptied = _empty_log(driver)
        except sqlite3.Error as error:
            raise JournalError(
                f"{where}: deleted, but traces may stay in the file, because it {told(error)}; delete again then"
            ) from error
    if not emptied:
        raise JournalError(
            f"{where}: deleted, but another program is reading, so that traces stay in {Path(where).name}-wal;"
            " delete again when it is done"
        )


def _empty_log(driver: sqlite3.Connection) -> bool:
    due = time.monotonic() + PATIENCE_S
    while driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > due:
            return False
        time.sleep(0.05)
    return True
