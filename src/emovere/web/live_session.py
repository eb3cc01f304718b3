"""One session of a live view, written to the journal while the view goes on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeVar

from emovere.errors import JournalError
from emovere.types import FrameResult

if TYPE_CHECKING:
    from emovere.journal.recorder import Recorder

T = TypeVar("T")

_LOG = logging.getLogger("emovere.web")

News = Literal["failing", "resumed", "deleted", "behind"]
"""The journal cannot be written; it can be again; the session was deleted; too many frames wait, and some are lost."""

MOST_PENDING = 600
"""Frames that wait for a journal that stands still; those that come then are left out."""


class LiveSession:
    """Hands frames and notes to a recorder in a thread of its own, in order; never keeps the view waiting."""

    def __init__(self, recorder: Recorder, pool: ThreadPoolExecutor) -> None:
        self.id = recorder.session_id
        self._recorder = recorder
        self._pool = pool
        self._pending = 0
        self._is_behind = False
        self._tell: Callable[[News, str], None] = lambda news, text: None

    @classmethod
    async def begin(
        cls, start: Callable[[Callable[[str], None]], Recorder], tell: Callable[[News, str], None]
    ) -> LiveSession:
        """Begin a session.

        start: called in the thread with what hears of failures. tell: called in the event loop, once for each change.
        Raises JournalError, InputError.
        """
        loop = asyncio.get_running_loop()
        pool = ThreadPoolExecutor(1, "emovere-session")
        failing = False

        def hear(text: str) -> None:
            nonlocal failing
            if recorder.ended:
                news: News = "deleted"
            else:
                failing = not failing
                news = "failing" if failing else "resumed"
            with contextlib.suppress(RuntimeError):  # the server has stopped meanwhile
                loop.call_soon_threadsafe(tell, news, text)

        try:
            recorder = await loop.run_in_executor(pool, lambda: start(hear))
        except BaseException:
            pool.shutdown(wait=False)
            raise
        session = cls(recorder, pool)
        session._tell = tell
        return session

    def add(self, result: FrameResult, at: datetime) -> None:
        """Write one frame, soon."""
        if self._pending < MOST_PENDING:
            self._is_behind = False
            self._pending += 1
            future = self._in_thread(lambda: self._recorder.add(result, at))
            future.add_done_callback(self._added)
        elif not self._is_behind:
            self._is_behind = True
            self._tell("behind", f"journal: {MOST_PENDING} frames wait for it; what comes now is not written")

    async def note(self, text: str, at: datetime) -> str:
        """Write a person's words; returns the note's id. Raises InputError."""
        note = await self._in_thread(lambda: self._recorder.note(text, at))
        return note.id

    async def end(self) -> None:
        """Write what is left, and the session's end. Raises JournalError."""
        try:
            await self._in_thread(self._recorder.end)
        finally:
            self._pool.shutdown(wait=False)

    def _in_thread(self, work: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._pool, work)

    def _added(self, future: asyncio.Future[None]) -> None:
        self._pending -= 1
        error = None if future.cancelled() else future.exception()
        if error is not None and not isinstance(error, JournalError):  # which says that a deleted session takes no more
            _LOG.error("a frame was not written to the journal", exc_info=error)
