"""A private folder that goes with its server; one that a server left behind when it was killed goes with the next."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from emovere.web.locks import FileLock

PREFIX = "emovere-serve-"

LOCK = "server.lock"
"""Held as long as the folder's server lives."""


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """A new folder that only this user can read, until the block ends."""
    remove_abandoned(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = FileLock.take(folder / LOCK)
    try:
        yield folder
    finally:
        if lock is not None:
            lock.release()
        shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned(parent: Path) -> None:
    """Remove the folders of servers that are dead: what was uploaded to them is nobody's any more."""
    for folder in parent.glob(f"{PREFIX}*"):
        # a folder without a lock is being made just now, and another user's cannot be opened
        with contextlib.suppress(OSError):
            lock = FileLock.take(folder / LOCK, make=False)
            if lock is not None:
                lock.release()
                shutil.rmtree(folder, ignore_errors=True)
