"""Locks that the processes of one server share: files, whose locks the system takes back when their holder dies."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from emovere.files import lock_file

_PAUSE_S = 0.005


class FileLock:
    """A lock of one file, held from ``take`` to ``release`` or to the end of this process, whichever comes first."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    @classmethod
    def take(cls, path: Path, *, make: bool = True) -> FileLock | None:
        """The lock of a file; None where another one holds it, in this process or elsewhere.

        make: whether to make a file that is missing. Raises OSError where it cannot be opened.
        """
        handle = os.open(path, os.O_RDWR | (os.O_CREAT if make else 0), 0o600)
        try:
            lock_file(handle)
        except OSError:
            os.close(handle)
            return None
        return cls(handle)

    def release(self) -> None:
        """Let others take it; may be called more than once."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)


class Places:
    """So many places, which all processes of one server share: who finds none free has to wait."""

    def __init__(self, folder: Path, name: str, count: int) -> None:
        self._files = [folder / f"{name}-{number}.lock" for number in range(count)]

    def take(self) -> FileLock | None:
        """One that is free; None where there is none. Raises OSError where the folder is gone."""
        for path in self._files:
            lock = FileLock.take(path)
            if lock is not None:
                return lock
        return None


@contextlib.contextmanager
def alone(path: Path, within_s: float = 5.0) -> Iterator[None]:
    """A short while in which no other process or thread is here. Raises TimeoutError where it cannot be had."""
    due = time.monotonic() + within_s
    while (lock := FileLock.take(path)) is None:
        if time.monotonic() > due:
            raise TimeoutError(f"{path}: held for more than {within_s:g} s")
        time.sleep(_PAUSE_S)
    try:
        yield
    finally:
        lock.release()
