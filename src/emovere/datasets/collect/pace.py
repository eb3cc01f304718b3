"""How fast hosts are asked: a rate for each, one question at a time, and rest for those that ask for it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable
from urllib.parse import urlsplit

from emovere.datasets.collect.found import Find
from emovere.datasets.collect.verdicts import Failed


class Pace:
    """When each host may be asked next, and which ones are left alone for the rest of the run."""

    def __init__(self, rate: float, patience: int) -> None:
        self._interval_s = 1 / rate if rate > 0 else 0.0
        self._patience = patience
        self._own_interval_s: dict[str, float] = {}
        self._next_s: dict[str, float] = {}
        self._in_a_row: Counter[str] = Counter()
        self.left: dict[str, str] = {}
        """Hosts that are left alone, and why."""

    def next_s(self, host: str) -> float:
        """When the host may be asked next, on the clock of time.monotonic."""
        return self._next_s.get(host, 0.0)

    async def turn(self, host: str) -> None:
        """Wait until the host may be asked. Raises Failed where it is left alone."""
        now = time.monotonic()
        at = max(now, self.next_s(host))
        interval_s = max(self._interval_s, self._own_interval_s.get(host, 0.0))
        self._next_s[host] = at + interval_s
        if at > now:
            await asyncio.sleep(at - now)
            self._next_s[host] = max(self._next_s[host], time.monotonic() + interval_s)
        if host in self.left:
            raise Failed("host left alone", self.left[host], again=False)

    def slow_down(self, host: str, interval_s: float) -> None:
        """Ask a host no oftener than this from now on."""
        self._own_interval_s[host] = max(interval_s, self._own_interval_s.get(host, 0.0))

    def rest(self, host: str, pause_s: float) -> None:
        """Leave a host in peace for a while."""
        self._next_s[host] = max(self.next_s(host), time.monotonic() + pause_s)

    def went_well(self, host: str) -> None:
        """Note that a host answered."""
        del self._in_a_row[host]

    def failed(self, host: str, reason: str, *, leave: bool) -> None:
        """Note that a question failed for good. leave: whether the host is to be left alone at once."""
        self._in_a_row[host] += 1
        if leave:
            self.left.setdefault(host, reason)
        elif self._in_a_row[host] >= self._patience:
            self.left.setdefault(host, f"{self._in_a_row[host]} questions in a row failed, the last by: {reason}")


class Line:
    """Finds that wait to be fetched. Whoever takes one has its host to himself until ``done``."""

    def __init__(self, host_of: Callable[[Find], str], next_s: Callable[[str], float]) -> None:
        self._host_of, self._next_s = host_of, next_s
        self._waiting: dict[str, deque[Find]] = {}
        self._busy: set[str] = set()
        self._changed = asyncio.Condition()
        self._closed = False
        self._count = 0

    def __len__(self) -> int:
        return self._count

    async def put(self, find: Find) -> None:
        """Add a find at the end."""
        async with self._changed:
            self._waiting.setdefault(self._host_of(find), deque()).append(find)
            self._count += 1
            self._changed.notify()

    async def take(self) -> Find | None:
        """The next find of a host that nobody is asking; None once the line is closed and empty."""
        async with self._changed:
            while True:
                free = [host for host in self._waiting if host not in self._busy]
                if free:
                    host = min(free, key=self._next_s)
                    find = self._waiting[host].popleft()
                    if not self._waiting[host]:
                        del self._waiting[host]
                    self._busy.add(host)
                    self._count -= 1
                    self._changed.notify_all()
                    return find
                if self._closed and not self._waiting:
                    return None
                await self._changed.wait()

    async def done(self, find: Find) -> None:
        """Give the host of a find back."""
        async with self._changed:
            self._busy.discard(self._host_of(find))
            self._changed.notify_all()

    async def has_room(self, most: int) -> None:
        """Wait until fewer than ``most`` finds wait."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._count < most)

    async def close(self, *, drop: bool = False) -> None:
        """Say that nothing more comes. drop: forget what waits."""
        async with self._changed:
            self._closed = True
            if drop:
                self._waiting.clear()
                self._count = 0
            self._changed.notify_all()


def host_of(url: str) -> str:
    """The host and port that politeness counts by; "" for what is no address."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme.lower(), 0)
    except ValueError:
        return ""
    return f"{parts.hostname or ''}:{port}"
