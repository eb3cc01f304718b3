"""Videos that are worked on: each a folder in the server's scratch, so that any of its processes answers for any job.

``state.json`` says where a job stands and is replaced as a whole; ``rows.jsonl`` and ``timeline.json`` hold what came
out. Whoever works on a job holds the lock of its folder, so that a job whose process died is seen to be dead.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from emovere.errors import EmovereError, OutputError
from emovere.web.locks import FileLock, Places, alone
from emovere.web.problems import ApiProblem

Status = Literal["receiving", "queued", "running", "done", "failed", "cancelled"]

ENDED = ("done", "failed", "cancelled")

KEPT_S = 3600.0
"""Seconds for which a result is kept after the job's end."""

MOST_KEPT = 100
"""Results that are kept at once; with more, the oldest ones go earlier."""

_GONE = "there is no video {id}; results are deleted an hour after their end"
_DIED = "the process that analysed it died; send it again"
_STOPPED = "the server stopped before it was analysed; send it again"
_BROKEN = "an error of the program itself, which its log describes; please report it"

_LOG = logging.getLogger("emovere.web")

_CANCELLED = "cancelled"
"""A file in a job's folder, by which other processes tell the one that works on it."""

_PAUSE_S = 0.1
_CANCEL_S = 5.0
_SWEEP_S = 60.0


class UnknownJob(EmovereError):
    """No job goes by that name, or it is gone."""


class QueueFull(EmovereError):
    """As many jobs are waiting as are let wait."""


@dataclass(frozen=True)
class State:
    """Where a job stands."""

    id: str
    status: Status = "receiving"
    progress: float = 0.0
    seconds_left: float | None = None
    frames: int = 0
    duration_s: float | None = None
    problem: dict[str, Any] | None = None
    """Problem details of what failed, or of what could not be read of a job that is done."""
    labels: str = "auto"
    """What the person asked for."""
    header: dict[str, Any] | None = None
    """Labels, models and options of the result."""
    ended: float | None = None
    """Seconds since 1970."""

    def to_dict(self) -> dict[str, Any]:
        """What a client sees of it."""
        gone = None if self.ended is None else datetime.fromtimestamp(self.ended + KEPT_S, UTC)
        return {
            "id": self.id,
            "status": self.status,
            "progress": round(self.progress, 4),
            "seconds_left": None if self.seconds_left is None else round(self.seconds_left, 1),
            "frames": self.frames,
            "duration_s": None if self.duration_s is None else round(self.duration_s, 3),
            "problem": self.problem,
            "kept_until": None if gone is None else gone.isoformat(timespec="seconds"),
        }


class Job:
    """A job of this process: it alone changes it."""

    def __init__(self, folder: Path, lock: FileLock, stopping: threading.Event) -> None:
        self.folder = folder
        self.state = State(folder.name)
        self.input: Path | None = None
        """The upload; removed when the job ends."""
        self._lock = lock
        self._stopping = stopping

    @property
    def rows(self) -> Path:
        """What came out, a frame or a problem a line."""
        return self.folder / "rows.jsonl"

    @property
    def timeline(self) -> Path:
        """What a page draws."""
        return self.folder / "timeline.json"

    def is_wanted(self) -> bool:
        """False once somebody has cancelled it, or the server stops."""
        return not (self._stopping.is_set() or self.is_cancelled())

    def is_cancelled(self) -> bool:
        """Whether somebody, in whatever process, has cancelled it."""
        return (self.folder / _CANCELLED).exists() or not (self.folder / "state.json").exists()

    def update(self, **changes: Any) -> None:
        """Write a new state. Raises OutputError."""
        self.state = dataclasses.replace(self.state, **changes)
        _write(self.folder, self.state)

    def end(self, **last: Any) -> None:
        """Write the last state, and remove the upload; where it was cancelled, remove everything."""
        if self.input is not None:
            self.input.unlink(missing_ok=True)
        if self.is_cancelled():
            self.remove()
            return
        # a full disk may refuse it; then the free lock says that the job is dead
        with contextlib.suppress(OutputError):
            self.update(**last, seconds_left=None, ended=time.time())
        self._lock.release()

    def remove(self) -> None:
        """Nothing is left of it."""
        self._lock.release()
        shutil.rmtree(self.folder, ignore_errors=True)


Work = Callable[[Job], tuple[Status, dict[str, Any] | None]]
"""Does a job and returns its end; called in a thread."""


class Jobs:
    """The jobs of one server, seen from one of its processes."""

    def __init__(self, folder: Path, *, at_once: int, waiting: int, work: Work) -> None:
        """folder: of all processes of the server. at_once, waiting: jobs in all of them together."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._most = at_once + waiting
        self._places = Places(folder, "place", at_once)
        self._work = work
        self._stopping = threading.Event()
        self.listeners = 0
        """Streams of events that are open."""
        self._mine: dict[str, Job] = {}
        self._pool = ThreadPoolExecutor(at_once, "emovere-video")
        self._sweeper = threading.Thread(target=self._sweep_now_and_then, name="emovere sweep", daemon=True)
        self._sweeper.start()

    def begin(self) -> Job:
        """A place in the queue, for an upload that is about to come. Raises QueueFull or OutputError."""
        try:
            self.sweep()
            with alone(self._folder / "queue.lock"):
                active = sum(self._is_active(folder) for folder in self._folders())
                if active >= self._most:
                    raise QueueFull(f"{active} videos are waiting or being analysed; expected fewer than {self._most}")
                folder = self._folder / secrets.token_hex(16)
                folder.mkdir(mode=0o700)
                lock = FileLock.take(folder / "lock")
                assert lock is not None
                job = Job(folder, lock, self._stopping)
                job.update()
        except TimeoutError as error:
            raise QueueFull("too many videos come at once") from error
        except OSError as error:
            raise OutputError(f"a new job cannot be written: {error.strerror or error}") from error
        self._mine[job.state.id] = job
        return job

    def submit(self, job: Job) -> State:
        """The upload is there: do it as soon as there is a place."""
        job.update(status="queued")
        self._pool.submit(self._run, job)
        return job.state

    def give_up(self, job: Job) -> None:
        """The upload did not come."""
        self._mine.pop(job.state.id, None)
        job.remove()

    def state(self, id: str) -> State:
        """Where a job stands, whichever process does it. Raises UnknownJob."""
        folder = self._folder / id
        state = _read(folder)
        if state is None or state.status == "receiving" or (folder / _CANCELLED).exists():
            raise UnknownJob(_GONE.format(id=id))
        if state.status in ENDED:
            return state
        with _if_free(folder) as free:
            again = _read(folder)
            if again is None:
                raise UnknownJob(_GONE.format(id=id))
            if not free or again.status in ENDED:
                return again
            dead = dataclasses.replace(again, **_failure(id, _DIED), ended=time.time())
            with contextlib.suppress(OutputError, OSError):
                for path in folder.iterdir():
                    if path.name not in ("state.json", "lock"):
                        path.unlink()
                _write(folder, dead)
            return dead

    def file(self, id: str, name: str) -> Path:
        """A file of a job that has ended."""
        return self._folder / id / name

    def cancel(self, id: str) -> None:
        """Stop a job and remove everything of it; returns when it is gone. Raises UnknownJob."""
        self.state(id)
        folder = self._folder / id
        with contextlib.suppress(OSError):
            (folder / _CANCELLED).touch()
        due = time.monotonic() + _CANCEL_S
        # who works on it may write once more meanwhile, and Windows removes no file that is open
        while folder.exists() and time.monotonic() < due:
            shutil.rmtree(folder, ignore_errors=True)
            time.sleep(_PAUSE_S / 10)

    def sweep(self) -> None:
        """Remove what has been kept for long enough, and what dead processes left behind."""
        ended: list[tuple[float, Path]] = []
        for folder in self._folders():
            state = _read(folder)
            if state is not None and state.ended is not None and not (folder / _CANCELLED).exists():
                ended.append((state.ended, folder))
            elif not self._is_active(folder):
                if state is not None and state.status in ("queued", "running"):
                    with contextlib.suppress(UnknownJob):
                        self.state(folder.name)
                elif state is not None or _is_old(folder):
                    shutil.rmtree(folder, ignore_errors=True)
        ended.sort(reverse=True)
        for place, (when, folder) in enumerate(ended):
            if place >= MOST_KEPT or time.time() - when > KEPT_S:
                shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Stop everything; returns when no thread of it works any more."""
        self._stopping.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        for job in list(self._mine.values()):
            job.end(**_failure(job.state.id, _STOPPED))
        self._mine.clear()
        self._sweeper.join()

    def _run(self, job: Job) -> None:
        place = None
        last: dict[str, Any] = {"status": "cancelled"}
        try:
            while job.is_wanted() and (place := self._places.take()) is None:
                self._stopping.wait(_PAUSE_S)
            if place is not None:
                job.update(status="running")
                status, problem = self._work(job)
                last = {"status": status, "problem": problem}
        except Exception:
            if not job.is_cancelled():
                _LOG.exception("the analysis of a video failed")
                last = _failure(job.state.id, _BROKEN)
        finally:
            if self._stopping.is_set() and last["status"] == "cancelled":
                last = _failure(job.state.id, _STOPPED)
            if place is not None:
                place.release()
            self._mine.pop(job.state.id, None)
            job.end(**last)

    def _folders(self) -> list[Path]:
        return [path for path in self._folder.iterdir() if path.is_dir()]

    def _is_active(self, folder: Path) -> bool:
        state = _read(folder)
        if state is None or state.status in ENDED:
            return False
        with _if_free(folder) as free:
            return not free

    def _sweep_now_and_then(self) -> None:
        while not self._stopping.wait(_SWEEP_S):
            with contextlib.suppress(OSError):
                self.sweep()


@contextlib.contextmanager
def _if_free(folder: Path) -> Iterator[bool]:
    """Whether nobody works on a job; if so, nobody can as long as this lasts."""
    try:
        lock = FileLock.take(folder / "lock", make=False)
    except OSError:
        yield True  # the folder is gone
        return
    try:
        yield lock is not None
    finally:
        if lock is not None:
            lock.release()


def _is_old(folder: Path) -> bool:
    """Whether a folder is no longer just being made."""
    try:
        return time.time() - folder.stat().st_mtime > _SWEEP_S
    except OSError:
        return False


def _failure(id: str, detail: str) -> dict[str, Any]:
    """The last state of a job that failed for no fault of its video."""
    return {"status": "failed", "problem": ApiProblem(500, "Failed", detail).to_dict(f"/v1/videos/{id}")}


def _read(folder: Path) -> State | None:
    """A job's state; None where there is no such job."""
    try:
        return State(**json.loads((folder / "state.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _write(folder: Path, state: State) -> None:
    """Replace the state as a whole; only who holds the job's lock may. Raises OutputError."""
    try:
        # a folder that was removed meanwhile is not made again
        (folder / "state.new").write_text(json.dumps(dataclasses.asdict(state)), encoding="utf-8")
        (folder / "state.new").replace(folder / "state.json")
    except OSError as error:
        raise OutputError(f"the state of a video cannot be written: {error.strerror or error}") from error
