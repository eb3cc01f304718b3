"""Sources read in a thread of their own: the newest frame of a live one, a few frames ahead of a file."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")

WAKE_S = 0.2
"""Longest wait at a time: on Windows, Ctrl-C gets through between two waits only."""

GRACE_S = 2.0
"""Seconds that ``close`` waits for the thread; one that is stuck in a driver ends when the driver lets it."""


class _Reader(ABC, Generic[T]):
    """Reads items in one daemon thread, from the moment it is made, and hands them out in order.

    open_items: called in the thread; gives what is read, and is closed there where it can be. interrupt: called once
    by ``close``, from another thread, to make a read that waits give up. An error of the source is raised to the
    consumer after the items before it. Use it with ``with``: an open one goes on reading.
    """

    def __init__(
        self,
        open_items: Callable[[], Iterable[T]],
        interrupt: Callable[[], None] | None = None,
        grace_s: float = GRACE_S,
    ) -> None:
        self._open_items, self._interrupt, self._grace_s = open_items, interrupt, grace_s
        self._changed = threading.Condition()
        self._waiting: deque[T] = deque()
        self._error: BaseException | None = None
        self._ended = self._closed = False
        self._thread = threading.Thread(target=self._read, name=f"emovere {type(self).__name__}", daemon=True)
        self._thread.start()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        item = self.take()
        if item is None:
            raise StopIteration
        return item

    def take(self, within_s: float = float("inf")) -> T | None:
        """The next item; None at the end. Raises TimeoutError where none comes within that many seconds."""
        due = time.monotonic() + within_s
        with self._changed:
            while not (self._waiting or self._ended or self._closed):
                left = due - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"nothing came within {within_s:g} s")
                self._changed.wait(min(WAKE_S, left))
            if self._waiting:
                self._changed.notify_all()
                return self._waiting.popleft()
            error, self._error = self._error, None
        if error is not None and not self._closed:
            raise error
        return None

    def close(self) -> None:
        """End the thread, within the grace at the latest; what waits is given back. May be called more than once."""
        with self._changed:
            first, self._closed = not self._closed, True
            self._discard()
            self._changed.notify_all()
        if first and self._interrupt is not None:
            self._interrupt()
        if self._thread is not threading.current_thread():
            self._thread.join(self._grace_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def _make_room(self) -> None:
        """Called with the lock held, before an item is put down."""

    def _discard(self) -> None:
        """Called with the lock held: let go of what waits."""
        self._waiting.clear()

    def _read(self) -> None:
        error: BaseException | None = None
        try:
            self._read_all()
        except BaseException as caught:  # whatever it is, the consumer must not wait for ever
            error = caught
        with self._changed:
            self._error, self._ended = error, True
            self._changed.notify_all()

    def _read_all(self) -> None:
        items = iter(self._open_items())
        try:
            for item in items:
                with self._changed:
                    if not self._closed:
                        self._make_room()
                    if self._closed:
                        self._came_too_late()
                        return
                    self._waiting.append(item)
                    self._changed.notify_all()
                del item  # else it would stay in memory while the next one is waited for
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()

    def _came_too_late(self) -> None:
        """Called with the lock held, for an item that came after ``close``."""


class Newest(_Reader[T]):
    """Always the newest frame of a live source: at most one waits, and a newer one takes its place."""

    dropped: int = 0
    """Frames that came and were never handed out."""

    def _make_room(self) -> None:
        self._discard()

    def _discard(self) -> None:
        self.dropped += len(self._waiting)
        super()._discard()

    def _came_too_late(self) -> None:
        self.dropped += 1


class Ahead(_Reader[T]):
    """Every frame of a file, up to ``ahead`` of them read while the consumer works."""

    def __init__(
        self,
        open_items: Callable[[], Iterable[T]],
        interrupt: Callable[[], None] | None = None,
        grace_s: float = GRACE_S,
        *,
        ahead: int = 3,
    ) -> None:
        self._ahead = ahead
        super().__init__(open_items, interrupt, grace_s)

    def _make_room(self) -> None:
        while len(self._waiting) >= self._ahead and not self._closed:
            self._changed.wait(WAKE_S)
