"""Where a journal lies, and how its database is spoken to."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from emovere.errors import JournalError
from emovere.extras import optional
from emovere.weights import home

PATIENCE_S = 5.0
"""For how long a lock is waited for."""


def address(place: str | os.PathLike[str] | None) -> sa.URL:
    """The URL of a journal.

    place: a file's name, ``sqlite:///FILE``, ``postgresql://USER@HOST/NAME``, or None for the usual one.

    The usual one is that of EMOVERE_JOURNAL, else ``journal.db`` in EMOVERE_HOME. Raises JournalError.
    """
    if place is None:
        place = os.environ.get("EMOVERE_JOURNAL") or home() / "journal.db"
    text = os.fspath(place)
    if "://" not in text:
        return sa.URL.create("sqlite", database=str(Path(text).expanduser()))
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise JournalError(
            "journal: expected a file, sqlite:///FILE or postgresql://USER@HOST/NAME; got no URL"
        ) from error
    kind = url.drivername.partition("+")[0]
    if kind == "sqlite":
        if not url.database or url.database == ":memory:":
            raise JournalError("journal: expected a file, as in sqlite:///journal.db; got a database in memory")
        return url.set(drivername="sqlite")
    if kind in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise JournalError(f"journal: expected a file, sqlite:///FILE or postgresql://USER@HOST/NAME; got {kind}://")


def shown(url: sa.URL) -> str:
    """The journal's name in messages: a file's path, or a URL without its password and its parameters."""
    if url.drivername == "sqlite":
        return str(url.database)
    return url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)


def connect(url: sa.URL, *, make: bool = True) -> sa.Engine:
    """An engine for the URL; nothing is opened before its first connection.

    make: whether a file that is not there is made. Raises JournalError or MissingExtra.

    A connection's option ``patience`` says for how many seconds locks are waited for in its transaction.
    """
    if url.drivername == "sqlite":
        return _sqlite(url, make=make)
    optional("psycopg", "postgres")
    engine = sa.create_engine(
        url, pool_pre_ping=True, pool_size=8, connect_args={"connect_timeout": 5, "application_name": "emovere"}
    )
    sa.event.listen(engine, "begin", _begin_postgresql)
    return engine


def _sqlite(url: sa.URL, *, make: bool) -> sa.Engine:
    path = Path(str(url.database))
    read_only = _prepare(path, make=make)
    engine = sa.create_engine(url, creator=_opener(path, read_only=read_only), poolclass=sa.pool.QueuePool, pool_size=8)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare(path: Path, *, make: bool) -> bool:
    """Make the folder and the file, for nobody else to read; returns whether they can only be read."""
    if path.is_dir():
        raise JournalError(f"{path}: expected a file; got a folder; name the journal's file in it")
    try:
        if not path.exists():
            if not make:
                raise JournalError(f"{path}: there is no journal yet; emovere watch 0 --journal begins one")
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as error:
        raise JournalError(f"{path}: cannot be made: {error.strerror or error}") from error
    return not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def _opener(path: Path, *, read_only: bool) -> Callable[[], sqlite3.Connection]:
    """What opens one connection. A folder in which nothing can be made is read without a log beside the file."""
    mode = "rw"
    if read_only:
        mode = "ro" if path.with_name(f"{path.name}-wal").exists() else "ro&immutable=1"
    name = f"file:{quote(str(path.absolute()))}?mode={mode}"

    def open_one() -> sqlite3.Connection:
        connection = sqlite3.connect(name, uri=True, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False)
        try:
            if not read_only:
                connection.execute("PRAGMA journal_mode = WAL")
            # NORMAL: what was committed outlives the process; a power cut may take the last seconds, never the file
            for setting in ("synchronous = NORMAL", "secure_delete = ON", "foreign_keys = ON"):
                connection.execute(f"PRAGMA {setting}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    return open_one


def _begin_sqlite(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    patience = options.get("patience", PATIENCE_S)
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(1000 * patience)}")
    # one that will write takes its turn at once: to become a writer half-way fails without any waiting
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")


def _begin_postgresql(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    patience = options.get("patience", PATIENCE_S)
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(1000 * patience)}")
    if options.get("writes"):
        # as with SQLite: a session does not wait for the disk, and the server's power cut may take the last seconds
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
