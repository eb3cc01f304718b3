"""A session that is being kept: frames in, one transaction a second out."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType

import sqlalchemy as sa

from emovere.errors import JournalError, UnknownSession
from emovere.journal.dates import milliseconds
from emovere.journal.notes import Written, new_note, write_note
from emovere.journal.records import Happening, Note
from emovere.journal.schema import sessions
from emovere.journal.seconds import Gathered, Second
from emovere.journal.writing import Running, write_seconds
from emovere.labels import columns_of
from emovere.types import FrameResult

KEPT = 10_800
"""Seconds that are kept in memory while the journal cannot be written; then the oldest are lost, and counted."""

SHORT_S, LONG_S = 0.25, 5.0
"""For how long a lock is waited for while frames come, and at the end."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
"""The pause between attempts doubles from the one to the other."""

TOLD_AT = 2
"""The attempt in a row whose failure is told: a lock that is gone a second later is nobody's business."""

BACKWARDS_MS = 2000
"""A clock that goes back by more than this was set; time then goes on from where it was."""

Writing = Callable[[float], AbstractContextManager[sa.Connection]]
"""Opens a transaction that writes; takes the seconds for which locks are waited for."""


class Recorder:
    """Takes frames, averages them over seconds, and commits a second as soon as the next one begins.

    A journal that cannot be written does not stop it: seconds are kept in memory and tried again, and ``tell`` hears of
    it once. Safe to use from several threads. As a context manager it ends the session.
    """

    def __init__(self, writing: Writing, running: Running, tell: Callable[[str], None] | None = None) -> None:
        self._writing = writing
        self.running = running
        self._tell = tell or (lambda text: None)
        self._lock = threading.RLock()
        self._gathered: Gathered | None = None
        self._pending: deque[Second] = deque()
        self._notes: deque[Written] = deque()
        self._latest_ms = running.started_ms
        self._shift_ms = 0
        self._pause_s, self._due = FIRST_PAUSE_S, 0.0
        self._failures = 0
        self.problem: str | None = None
        """Why the journal cannot be written at the moment, or that the session was deleted; None where all is well."""
        self.lost = 0
        """Seconds that were given up because too many had to be kept in memory."""
        self.ended = False

    @property
    def session_id(self) -> str:
        """UUID4 in hex."""
        return self.running.id

    def add(self, result: FrameResult, at: datetime) -> None:
        """Take one frame, seen at ``at`` (with its zone). Frames are expected in the order of time.

        Raises JournalError where the session has ended, and ConfigError where one of its labels is missing.
        """
        with self._lock:
            self._check_open()
            columns = columns_of(self.running.labels, result.expressions.labels)
            offset = self._offset(milliseconds(at))
            second = offset // 1000
            if self._gathered is None or second > self._gathered.second:
                self._close_second()
                self._gathered = Gathered(second)
            self._gathered.add(result, columns)
            for event in result.events:
                before = 0.0 if result.time_s is None else result.time_s - event.time_s
                self._gathered.events.append(
                    Happening(max(0.0, offset / 1000 - before), event.track_id, event.kind, event.emotion, event.value)
                )

    def note(self, text: str, at: datetime | None = None) -> Note:
        """Keep a person's own words on a moment of the session; None is the latest. Raises InputError, JournalError."""
        with self._lock:
            self._check_open()
            number = self._latest_ms if at is None else milliseconds(at) + self._shift_ms
            note = new_note(text, max(0.0, (number - self.running.started_ms) / 1000))
            self._notes.append(note)
            self._write(SHORT_S)
            return note.note

    def end(self, at: datetime | None = None) -> None:
        """End the session at ``at``, or at its latest frame. Ending twice does nothing.

        Raises JournalError where the journal cannot be written; the seconds are kept, so that it may be tried again.
        """
        with self._lock:
            if self.ended:
                return
            if at is not None:
                self._latest_ms = max(self._latest_ms, milliseconds(at) + self._shift_ms)
            self._close_second(write=False)
            if not self._write(LONG_S, final=True):
                waiting = len(self._pending)
                raise JournalError(f"{self.problem}; {waiting:,} seconds of this session are not in the journal")

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.end()
        except JournalError as problem:
            if kind is None:
                raise
            self._tell(str(problem))

    def _check_open(self) -> None:
        if self.ended:
            raise JournalError(f"session {self.session_id}: has ended; begin another one")

    def _offset(self, number: int) -> int:
        """Milliseconds since the session's beginning, never before the second that is under way."""
        number += self._shift_ms
        if number < self._latest_ms - BACKWARDS_MS:
            self._shift_ms += self._latest_ms - number
        self._latest_ms = max(self._latest_ms, number)
        return self._latest_ms - self.running.started_ms

    def _close_second(self, *, write: bool = True) -> None:
        closed = None if self._gathered is None else self._gathered.closed()
        self._gathered = None
        if closed:
            self._pending.append(closed)
            while len(self._pending) > KEPT:
                self._pending.popleft()
                self.lost += 1
        if write and (self._pending or self._notes) and time.monotonic() >= self._due:
            self._write(SHORT_S)

    def _write(self, patience_s: float, *, final: bool = False) -> bool:
        """Commit what waits; returns whether it is in, or will never be wanted again."""
        if self.problem is not None and not final and time.monotonic() < self._due:
            return False
        try:
            with self._writing(patience_s) as connection:
                write_seconds(connection, self.running, list(self._pending))
                for note in self._notes:
                    write_note(connection, self.running.key, note)
                if final:
                    this = sessions.c.key == self.running.key
                    connection.execute(sa.update(sessions).where(this).values(ended_ms=self._latest_ms))
        except UnknownSession as error:
            self._pending.clear()
            self._notes.clear()
            self.ended, self.problem = True, str(error)
            self._tell(self.problem)
            return True
        except JournalError as error:
            self._due = time.monotonic() + self._pause_s
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
            self.problem = str(error)
            self._failures += 1
            if self._failures == TOLD_AT and not final:
                self._tell(f"{error}; the session is kept in memory and tried again")
            return False
        self._pending.clear()
        self._notes.clear()
        self._pause_s = FIRST_PAUSE_S
        self.ended, self.problem = final, None
        failures, self._failures = self._failures, 0
        if failures >= TOLD_AT:
            lost = f"; {self.lost:,} seconds were lost" if self.lost else "; nothing was lost"
            self._tell(f"the journal can be written again{lost}")
        return True
