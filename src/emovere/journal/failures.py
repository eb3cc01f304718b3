"""What a database says when it fails, as one line for a person."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

import sqlalchemy as sa

from emovere.errors import JournalError

_SQLITE = (
    ("SQLITE_BUSY", "is locked by another program; try again when that one is done"),
    ("SQLITE_LOCKED", "is locked by another program; try again when that one is done"),
    ("SQLITE_READONLY", "cannot be written: the file or its folder is read-only; what it holds can be read"),
    ("SQLITE_FULL", "cannot be written: the disk is full; what was written before is kept"),
    ("SQLITE_IOERR", "the disk fails, or is full; what was written before is kept"),
    ("SQLITE_NOTADB", "expected a journal; got a file that is no SQLite database"),
    ("SQLITE_CORRUPT", "is damaged; bring it back from a copy, or move it away to begin a new one"),
    ("SQLITE_CANTOPEN", "cannot be opened: expected a file that may be read and written, in a folder that is there"),
    ("SQLITE_PERM", "cannot be opened: no permission"),
    ("SQLITE_AUTH", "cannot be opened: no permission"),
)
"""How an error's name begins -> what to say."""

_POSTGRESQL = (
    ("55P03", "is locked by another program; try again when that one is done"),
    ("53100", "cannot be written: the disk is full; what was written before is kept"),
    ("25006", "cannot be written: the database is read-only; what it holds can be read"),
    ("42501", "no permission for the journal's tables"),
)
"""SQLSTATE -> what to say."""


@contextlib.contextmanager
def failures_told(where: str) -> Iterator[None]:
    """Turn what the database raises into a JournalError that begins with ``where``."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise JournalError(f"{where}: {told(error.orig)}") from error
    except sqlite3.Error as error:
        raise JournalError(f"{where}: {told(error)}") from error
    except sa.exc.TimeoutError as error:
        raise JournalError(f"{where}: all connections are in use; try again") from error
    except sa.exc.SQLAlchemyError as error:
        raise JournalError(f"{where}: {_first_line(error)}") from error
    except OSError as error:
        raise JournalError(f"{where}: {error.strerror or error}") from error


def told(error: BaseException | None) -> str:
    """What a database's own error means, to be read after the journal's name."""
    name = str(getattr(error, "sqlite_errorname", ""))
    for begins, text in _SQLITE:
        if name.startswith(begins):
            return text
    state = getattr(error, "sqlstate", None)
    for code, text in _POSTGRESQL:
        if state == code:
            return text
    if "no such table" in str(error) or state == "42P01":
        return "its tables are not there any more; another program removed them"
    return f"the database says: {_first_line(error)}"


def _first_line(error: BaseException | None) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
