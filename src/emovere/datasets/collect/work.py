"""The work itself: one task looks for finds, a few fetch them, and every step is written down before the next."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from emovere.datasets.collect.checking import check_picture, look_at_beginning
from emovere.datasets.collect.found import Find, Page, Provider
from emovere.datasets.collect.keeping import keep, keep_line
from emovere.datasets.collect.ledger import Asked, Ledger, Query, key_of
from emovere.datasets.collect.options import CollectOptions
from emovere.datasets.collect.pace import Line, Pace, host_of
from emovere.datasets.collect.verdicts import Failed, Refused
from emovere.errors import DatasetError

WAITING = 50
"""Finds that wait to be fetched, at which no more are looked for."""
MOST_PAGES = 100
"""Pages that are asked for with one query, whatever the API says of further ones."""
CHANCES = 3
"""Questions in a row that a provider may leave without a good answer."""
_CHUNK = 100
"""Finds of a list that are written down at once."""


class Fetcher(Protocol):
    """What asks the network; see Client."""

    async def json(self, endpoint: str, parameters: Mapping[str, str], headers: Mapping[str, str]) -> Any:
        """The answer of an API. Raises DatasetError."""
        ...

    async def picture(self, url: str, look: Callable[[bytes], object]) -> bytes:
        """The bytes behind an address. Raises Refused and Failed."""
        ...


@dataclass(frozen=True)
class Plan:
    """What to look for, and where."""

    queries: Sequence[Query] = ()
    providers: Mapping[str, Provider] = dataclasses.field(default_factory=dict)
    own: Iterable[Find] = ()
    """Finds that need no search: a list's or a folder's."""
    own_count: int = 0
    accepted: Callable[[Find], bool] = lambda _: True
    """Whether a find's licence is accepted."""
    emotions: frozenset[str] = frozenset()
    """Only these are fetched; an empty set takes all."""


@dataclass(frozen=True)
class Standing:
    """How far the work is."""

    pictures: int
    megabytes: float
    share: float
    """Of the work, in [0, 1]: of the budget of pictures, of the list, or of the time, whichever is furthest."""


class Work:
    """One run over a ledger."""

    def __init__(
        self, ledger: Ledger, plan: Plan, options: CollectOptions, fetcher: Fetcher | None, pace: Pace
    ) -> None:
        self._ledger, self._plan, self._options, self._fetcher = ledger, plan, options, fetcher
        self._line = Line(lambda find: host_of(find.url) if find.path is None else "", pace.next_s)
        self._bytes = sum(picture["bytes"] for picture in ledger.pictures.values())
        self._settled = 0
        self._failed: set[str] = set()
        self._troubles: Counter[str] = Counter()
        self._started_s = time.monotonic()
        self.lost: dict[str, str] = {}
        """Providers that stopped answering, and why."""
        self.ended = ""
        """The budget that ended the work."""

    async def run(self, tell: Callable[[Standing], None]) -> None:
        """Work until everything had its turn or a budget is reached. Raises OutputError and DatasetError."""
        minutes = self._options.budget.minutes
        self._started_s = time.monotonic()
        try:
            async with asyncio.timeout(minutes * 60 or None):
                fetching = [self._fetch_all(tell) for _ in range(self._options.collect.connections)]
                await _together(self._search(), *fetching)
            emotions = {query.emotion for query in self._plan.queries}
            if emotions and not self.ended and not any(map(self._has_room_for, emotions)):
                self.ended = f"{self._options.budget.each:,} pictures of each emotion"
        except TimeoutError:
            self.ended = f"{minutes:g} minutes"

    async def _search(self) -> None:
        for find in list(self._ledger.finds.values()):
            if find.path is None and not self._ledger.is_settled(find):
                await self._put(find)
        await self._take_own()
        await self._ask_providers()
        await self._line.close()

    async def _put(self, find: Find) -> None:
        if self._plan.accepted(find) and (not self._plan.emotions or find.emotion in self._plan.emotions):
            await self._line.put(find)

    async def _take_own(self) -> None:
        chunk: list[Find] = []
        for find in self._plan.own:
            if find.path is not None:
                self._ledger.finds[key_of(find)] = find
                await self._line.has_room(WAITING)
                await self._put(find)
            elif key_of(find) not in self._ledger.finds:
                chunk.append(find)
                if len(chunk) == _CHUNK:
                    await self._take_listed(chunk)
                    chunk = []
            if self._is_full():
                return
        await self._take_listed(chunk)

    async def _take_listed(self, chunk: list[Find]) -> None:
        if chunk:
            for find in self._ledger.note_page(Query("list", "", ""), chunk, ""):
                await self._put(find)
            await self._line.has_room(WAITING)

    async def _ask_providers(self) -> None:
        """A page of each query, then the next page of each, so that whoever stops early has some of every word."""
        asked = self._ledger.asked
        waiting = deque(sorted(self._plan.queries, key=lambda query: asked.get(query, Asked()).pages))
        while waiting:
            query = waiting.popleft()
            await self._line.has_room(WAITING)
            if self._is_full():
                return
            if query.provider in self.lost or not self._has_room_for(query.emotion) or self._is_exhausted(query):
                continue
            page = await self._page(query)
            if page is not None:
                finds = (
                    dataclasses.replace(find, emotion=query.emotion, query=query.words, provider=query.provider)
                    for find in page.finds
                    if find.url
                )
                for find in self._ledger.note_page(query, finds, page.next):
                    await self._put(find)
                waiting.append(query)

    def _is_exhausted(self, query: Query) -> bool:
        asked = self._ledger.asked.get(query)
        if asked is None:
            return False
        return not asked.next or asked.finds >= self._options.budget.a_query or asked.pages >= MOST_PAGES

    async def _page(self, query: Query) -> Page | None:
        """The next page of a query; None where the provider gives none."""
        assert self._fetcher is not None
        mark = self._ledger.asked.get(query, Asked()).next
        try:
            page = await self._plan.providers[query.provider].page(query.words, mark, self._fetcher.json)
        except Exception as error:  # a plug-in may raise anything, and the other providers go on
            reason = str(error) if isinstance(error, DatasetError) else f"{type(error).__name__}: {error}"
            self._troubles[query.provider] += 1
            if self._troubles[query.provider] >= CHANCES:
                self.lost[query.provider] = reason
            return None
        self._troubles[query.provider] = 0
        return page

    async def _fetch_all(self, tell: Callable[[Standing], None]) -> None:
        while (find := await self._line.take()) is not None:
            try:
                if not self._is_full() and self._has_room_for(find.emotion):
                    await self._fetch(find)
                    self._settled += 1
                    tell(self._standing())
            finally:
                await self._line.done(find)
            if self._is_full():
                await self._line.close(drop=True)

    async def _fetch(self, find: Find) -> None:
        ledger = self._ledger
        if find.path is None and (find.url in self._failed or ledger.is_settled(find)):
            return  # it had its turn in this run, under other words
        if find.path is None and find.url in ledger.kept:
            digest = ledger.kept[find.url]
            keep_line(ledger, find, digest, ledger.pictures[digest])
            return
        try:
            data = await self._bytes_of(find)
            checked = await asyncio.to_thread(check_picture, data, self._options.collect)
        except Refused as refused:
            if find.path is None:
                ledger.note_refused(find.url, refused.reason, refused.note)
            else:
                ledger.refused[find.url] = (refused.reason, refused.note)
        except Failed as failed:
            if failed.reason != "host left alone":
                ledger.note_failed(find.url, failed.reason, failed.note)
                self._failed.add(find.url)
        else:
            if not self._is_full() and self._has_room_for(find.emotion):
                before = len(ledger.pictures)
                keep(ledger, find, data, checked)
                self._bytes += len(data) * (len(ledger.pictures) - before)

    async def _bytes_of(self, find: Find) -> bytes:
        if find.path is None:
            assert self._fetcher is not None
            return await self._fetcher.picture(find.url, look_at_beginning)
        most = self._options.collect.max_bytes
        try:
            with find.path.open("rb") as file:
                data = file.read(most + 1)
        except OSError as error:
            raise Refused("unreadable", error.strerror or str(error)) from error
        if len(data) > most:
            raise Refused("too large", f"more than {most:,} bytes")
        return data

    def _has_room_for(self, emotion: str) -> bool:
        each = self._options.budget.each
        return not each or len(self._ledger.emotions.get(emotion, ())) < each

    def _is_full(self) -> bool:
        budget = self._options.budget
        if budget.pictures and len(self._ledger.pictures) >= budget.pictures:
            self.ended = f"{budget.pictures:,} pictures"
        elif budget.megabytes and self._bytes >= budget.megabytes * 1e6:
            self.ended = f"{budget.megabytes:g} megabytes"
        return bool(self.ended)

    def _standing(self) -> Standing:
        budget = self._options.budget
        pictures = len(self._ledger.pictures)
        shares = [self._bytes / (budget.megabytes * 1e6) if budget.megabytes else 0.0]
        shares.append(pictures / budget.pictures if budget.pictures else 0.0)
        shares.append((time.monotonic() - self._started_s) / (budget.minutes * 60) if budget.minutes else 0.0)
        emotions = {query.emotion for query in self._plan.queries}
        if budget.each and emotions:
            kept = sum(min(len(self._ledger.emotions.get(name, ())), budget.each) for name in emotions)
            shares.append(kept / (budget.each * len(emotions)))
        if self._plan.own_count:
            shares.append(self._settled / self._plan.own_count)
        return Standing(pictures, self._bytes / 1e6, min(max(shares), 1.0))


async def _together(*work: Coroutine[Any, Any, None]) -> None:
    """Run all; the first error ends the others and is raised."""
    tasks = [asyncio.ensure_future(part) for part in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
