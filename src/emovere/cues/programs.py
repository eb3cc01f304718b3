"""Runs a helper program for a while and no longer, without a shell."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence

from emovere.errors import OutputError

LIMIT_S = 10.0
"""A program that has not ended by then is ended."""


class Runner:
    """Runs one program at a time; another thread may end it for good."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def run(self, arguments: Sequence[str], text: str = "") -> float:
        """Run a program to its end with ``text`` on its standard input; return the seconds that it took.

        What it prints is dropped. Raises OutputError where it cannot be started, does not end in time, or ends with
        anything but 0, and after ``close``.
        """
        name = os.path.basename(arguments[0])  # noqa: PTH119 - also of a Windows path
        started = time.monotonic()
        with self._lock:
            if self._closed:
                raise OutputError(f"{name} is not started any more")
            try:
                process = self._process = subprocess.Popen(
                    arguments,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
            except OSError as error:
                raise OutputError(f"{name} cannot be started: {error.strerror or error}") from error
        try:
            process.communicate(text.encode(), timeout=self._limit_s)
        except subprocess.TimeoutExpired as error:
            _end(process)
            raise OutputError(f"{name} did not end within {self._limit_s:g} s") from error
        if process.returncode:
            raise OutputError(f"{name} failed (exit status {process.returncode})")
        return time.monotonic() - started

    def close(self) -> None:
        """End what runs, with everything that it has started, and start nothing more."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                _end(self._process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(1)
