"""A pool's end of one of its processes."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import emovere
from emovere.scale.messages import Reply, receive, send
from emovere.types import ModelInfo

if TYPE_CHECKING:
    from emovere.scale.order import Slot

GRACE_S = 3.0
"""Seconds that a process has to end by itself."""


@dataclass(frozen=True)
class Ended:
    """A process is no more."""

    code: int
    """Its exit code; minus the signal's number where a signal ended it."""


@dataclass(frozen=True)
class Given:
    """A job that a process holds, and what it is for."""

    number: int
    slots: tuple[Slot, ...]


Inbox: TypeAlias = "queue.SimpleQueue[tuple[Process, Reply | Ended, int]]"
"""What any process said, and how many bytes that took."""


class Process:
    """Starts a process, and puts what it says into an inbox, as long as its gate is open.

    It is told a Setup first and Jobs then.
    """

    def __init__(self, inbox: Inbox) -> None:
        self.models: Mapping[str, ModelInfo] | None = None
        """The models, once they are loaded."""
        self.given: deque[Given] = deque()
        self.begun = False
        """Whether the first of the jobs that it holds was taken up."""
        self.reason = ""
        """What it said before it ended, if it did."""
        self.memory_mb = 0.0
        self.processor_s = 0.0
        self.started = time.monotonic()
        self._inbox = inbox
        self._gate = threading.Event()
        self._gate.set()
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", "emovere.scale.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            **_apart(),
        )
        self._thread = threading.Thread(target=self._listen, name="emovere-scale", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._child.pid

    def tell(self, message: object) -> None:
        """Send a message; one that has died is told of by its end."""
        assert self._child.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            send(self._child.stdin, message)

    def open_gate(self, wide: bool) -> None:
        """Whether what it says is taken in; else it waits as soon as the pipe is full."""
        if wide:
            self._gate.set()
        else:
            self._gate.clear()

    def close(self) -> None:
        """End it, by force where it does not end by itself."""
        assert self._child.stdin is not None
        self._gate.set()
        with contextlib.suppress(OSError):
            self._child.stdin.close()
        try:
            self._child.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._thread.join(GRACE_S)

    def _listen(self) -> None:
        said = self._child.stdout
        assert said is not None
        with said:
            while True:
                self._gate.wait()
                try:
                    message, length = receive(said)
                except (EOFError, OSError):
                    break
                self._inbox.put((self, message, length))
        self._inbox.put((self, Ended(self._child.wait()), 0))


def _environment() -> dict[str, str]:
    """The same, so that the child finds this package wherever it was found here."""
    paths = [str(Path(emovere.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def _apart() -> dict[str, Any]:
    """Options of Popen by which Ctrl-C reaches the pool alone, which then ends its processes."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}
