"""One process of a pool: loads the models once, then does what it is told, one job after the other.

    python -m emovere.scale.worker

It is started by ``process.py`` and speaks with it on its standard input and output. When its input ends, because it is
not needed any more or because who started it has died, it ends at once.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from emovere.errors import EmovereError
from emovere.scale.messages import (
    FAULT,
    OUT_OF_MEMORY,
    Begun,
    Cut,
    Done,
    Failed,
    Item,
    Items,
    Job,
    Ready,
    Refused,
    Reply,
    Setup,
    receive,
    send,
)
from emovere.scale.work import Work

TOGETHER = 16
"""Items that are sent together at most; pictures go one by one."""

SOON_S = 0.25
"""Seconds that an item waits for others at most."""


def main() -> None:
    """Serve whoever holds the other ends of standard input and output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it is interrupted, too, and ends it
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    inbox, outbox = _own_pipes()
    jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(inbox, jobs), daemon=True).start()
    setup: Setup = jobs.get()
    limit_memory(setup.options.scale.memory_mb)
    try:
        _serve(setup, jobs, outbox)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _serve(setup: Setup, jobs: queue.SimpleQueue[Any], outbox: IO[bytes]) -> None:
    try:
        work = Work(setup.options, pictures=setup.pictures)
    except EmovereError as error:
        _out_of_memory(error)
        _tell(outbox, Refused(type(error).__name__, str(error)))
        return
    _tell(outbox, Ready(work.analyzer.models))
    while True:
        job: Job = jobs.get()
        _tell(outbox, Begun(job.number))
        try:
            for reply in _replies(work, job, pictures=setup.pictures):
                _tell(outbox, reply)
        except EmovereError as error:
            _out_of_memory(error)
            _tell(outbox, Refused(type(error).__name__, str(error)))
            return
        except MemoryError:
            raise
        except Exception as error:
            _out_of_memory(error)
            _tell(outbox, Failed(f"{type(error).__name__}: {error}"))
            os._exit(FAULT)
        _tell(outbox, Done(peak_mb(), time.process_time()))


def _replies(work: Work, job: Job, *, pictures: bool) -> Iterator[Reply]:
    """What a job gives, some items together; without those that were told before."""
    waiting: list[tuple[int, Item]] = []
    sent = time.monotonic()
    skipped = 0
    for reply in work.do(job):
        if isinstance(reply, Cut):
            yield Items(tuple(waiting))
            yield reply
            waiting.clear()
            continue
        if skipped < job.skip:
            skipped += 1
            continue
        waiting.append(reply)
        if pictures or len(waiting) >= TOGETHER or time.monotonic() - sent >= SOON_S:
            yield Items(tuple(waiting))
            waiting.clear()
            sent = time.monotonic()
    yield Items(tuple(waiting))


def _out_of_memory(error: Exception) -> None:
    """Raise MemoryError for what OpenCV and ONNX Runtime, which have errors of their own for it, say in its place."""
    if any(sign in str(error).lower() for sign in ("bad_alloc", "insufficient memory", "out of memory")):
        raise MemoryError from error


def _own_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Standard input and output, kept apart from what libraries print, which goes to standard error."""
    inbox, outbox = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return os.fdopen(inbox, "rb"), os.fdopen(outbox, "wb")


def _listen(inbox: IO[bytes], jobs: queue.SimpleQueue[Any]) -> None:
    """Take in what is told, also while a job is done; nobody waits for a process whose pool has gone."""
    while True:
        try:
            message, _ = receive(inbox)
        except (EOFError, OSError):
            os._exit(0)
        jobs.put(message)


def _tell(outbox: IO[bytes], reply: Reply) -> None:
    try:
        send(outbox, reply)
    except OSError:
        os._exit(0)  # nobody reads any more


def limit_memory(most_mb: int) -> None:
    """Let this process ask for no more than that, where the system can see to it; 0 sets no limit."""
    if not most_mb:
        return
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = most_mb << 20
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard < 0 else min(wanted, hard), hard))


def peak_mb() -> float:
    """Most memory that this process held so far, in MB; 0 where the system does not tell."""
    try:
        # the system's own count of a process also holds what its parent had when it was started
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    except (OSError, IndexError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
