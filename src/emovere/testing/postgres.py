"""A PostgreSQL server of one's own, in a temporary folder, for tests and measurements."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

STARTING_S = 60


def programs() -> Path | None:
    """The newest installed PostgreSQL's folder of programs; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: _version(path.parts[-3]))
    named = shutil.which("initdb")
    paths = [*([Path(named)] if named else []), *found]
    return paths[-1].parent if paths else None


def why_not() -> str | None:
    """Why no server can be started here; None where one can."""
    if programs() is None:
        return "PostgreSQL is not installed"
    if os.name != "posix":
        return "a PostgreSQL of one's own needs Unix sockets"
    if os.geteuid() == 0 and _servant() is None:
        return "PostgreSQL does not run as root, and there is no user postgres or nobody"
    return None


@contextlib.contextmanager
def own_postgresql(*, durable: bool = False) -> Iterator[str]:
    """The URL of a fresh database on a fresh server, which ends with the block. durable: whether it waits for the disk.

    It listens on a Unix socket alone, and runs as another user where this one is root. Raises LookupError where
    ``why_not`` says why.
    """
    folder, reason = programs(), why_not()
    if folder is None or reason is not None:
        raise LookupError(reason)
    home = Path(tempfile.mkdtemp(prefix="emovere-pg-"))
    servant = _servant() if os.geteuid() == 0 else None
    if servant is not None:
        os.chown(home, *servant)
    data = home / "data"
    settings = f"-c listen_addresses='' -c unix_socket_directories='{home}'"
    if not durable:
        settings += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    try:
        making = ["-A", "trust", "-U", "emovere", "-E", "UTF8", "--no-locale", "--no-sync"]
        _run([folder / "initdb", "-D", data, *making], home, servant)
        starting = ["-w", "-t", str(STARTING_S), "-l", str(home / "log"), "-o", settings, "start"]
        _run([folder / "pg_ctl", "-D", data, *starting], home, servant)
        try:
            yield f"postgresql://emovere@/postgres?host={home}"
        finally:
            _run([folder / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], home, servant)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _run(words: Sequence[str | Path], home: Path, servant: tuple[int, int] | None) -> None:
    who: dict[str, Any] = {} if servant is None else {"user": servant[0], "group": servant[1], "extra_groups": []}
    # no pipe: the server would hold it as long as it runs
    nothing = subprocess.DEVNULL
    subprocess.run(
        words, cwd=home, timeout=2 * STARTING_S, check=True, stdin=nothing, stdout=nothing, stderr=nothing, **who
    )


def empty(url: str) -> None:
    """Remove every table of the database."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


def _servant() -> tuple[int, int] | None:
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_uid, pwd.getpwnam(name).pw_gid
    return None


def _version(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split(".") if part.isdigit())
