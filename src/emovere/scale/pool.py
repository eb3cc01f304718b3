"""A pool of processes on one machine, which gives what one process would, in the same order.

Each process loads the models once. A process that dies is replaced; what it was doing is tried again, one source at a
time, so that a picture which ends its process is found out, named, and left out.
"""

from __future__ import annotations

import dataclasses
import operator
import queue
import time
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Self

from emovere import errors
from emovere.errors import ConfigError, EmovereError, InputError, ModelError
from emovere.pipeline import Seen
from emovere.recorded import Checkpoint
from emovere.scale.messages import Begun, Cut, Done, Failed, Item, Items, Job, Ready, Refused, Reply, Setup
from emovere.scale.options import ArchiveOptions, settled
from emovere.scale.order import Order, Slot, Source, moves
from emovere.scale.process import Ended, Given, Inbox, Process
from emovere.scale.verdict import blame, is_guilty, verdict
from emovere.sources.inputs import STANDARD_INPUT
from emovere.types import ModelInfo, Problem

AHEAD = 2
"""Jobs that a process holds at most: the one that it does, and the next."""

WINDOW = 4
"""Jobs a process whose results may wait for earlier ones."""

MOST_HELD = 256 << 20
"""Bytes of results that wait at most, but for what a process was doing when that was reached."""

WAKE_S = 1.0
"""Longest wait at a time."""

STILLBORN = 3
"""Processes in a row that end before their models are loaded; then it is given up."""


class Pool:
    """Processes with models loaded; used with ``with``, else they stay until this process ends.

    >>> with Pool(ArchiveOptions(), 4) as pool:  # doctest: +SKIP
    ...     for item in pool.stream(["party.jpg", "interview.mp4"]): ...
    """

    def __init__(self, options: ArchiveOptions, workers: int, *, pictures: bool = False) -> None:
        """pictures: whether items carry their pictures; else those are black. Raises ConfigError."""
        if workers < 1:
            raise ConfigError(f"--workers: expected a number from 1 on; got {workers}")
        self.options = options
        self._setup = Setup(options, pictures)
        self._inbox: Inbox = queue.SimpleQueue()
        self._models: Mapping[str, ModelInfo] | None = None
        self._order = Order(options.track)
        self._stillborn = self._jobs = 0
        self._processes: list[Process] = []
        self._first: Process | None = None
        self.replaced = 0
        """Processes that died and were replaced."""
        self.ready_s = 0.0
        """Seconds from a process's beginning until its models were loaded; the longest."""
        self.memory_mb = 0.0
        """Most memory that any process held."""
        try:
            for _ in range(workers):
                self._start()
        except BaseException:
            self.close()
            raise

    @property
    def models(self) -> Mapping[str, ModelInfo]:
        """The models that answer, by role. Raises what loading them raises."""
        while self._models is None:
            self._listen()
        return self._models

    @property
    def pids(self) -> list[int]:
        """The ids of the processes that there are."""
        return [process.pid for process in self._processes]

    @property
    def processor_s(self) -> float:
        """Processor time of the processes that there are, as of the last job of each."""
        return sum(process.processor_s for process in self._processes)

    def stream(self, sources: Iterable[Source], *, resume: Checkpoint | None = None) -> Iterator[Seen | Problem]:
        """What ``Analyzer.stream`` gives for sources that are expanded already, in their order; without crops.

        resume: where to go on within the recording that comes first. One stream at a time, each to its end. Raises what
        loading the models raises, ConfigError for standard input, and ModelError where processes do not live.
        """
        self._order = Order(self.options.track)
        for item in self._done(sources, resume):
            if isinstance(item, Seen | Problem):
                yield item

    def stream_uncut(self, sources: Iterable[Source]) -> Iterator[Seen | Item | Cut]:
        """The same, but a long recording is told as a Cut and not done; the items of a Stretch come as they are."""
        self._order = Order(self.options.track, cuts=False)
        yield from self._done(sources, None)

    def _done(self, sources: Iterable[Source], resume: Checkpoint | None) -> Iterator[Seen | Item | Cut]:
        order = self._order
        chunk = self._chunk(operator.length_hint(sources, 1 << 30))
        left = iter(sources)
        exhausted = False
        while True:
            most = chunk * WINDOW * len(self._processes)
            while not exhausted and order.waiting < chunk and len(order) < most and order.held <= MOST_HELD:
                source = next(left, None)
                exhausted = source is None
                if source is not None:
                    order.add(_checked(source), resume)
            given = self._assign(chunk)
            yield from order.release()
            if exhausted and not order:
                return
            if not (given and not exhausted) and order.head is not None and not order.head.finished:
                self._listen()

    def close(self) -> None:
        """End the processes."""
        processes, self._processes = self._processes, []
        for process in processes:
            process.open_gate(True)
        for process in processes:
            process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _chunk(self, sources: int) -> int:
        """Photos of a job: fewer where there are so few that not all processes would have any."""
        return max(1, min(self.options.scale.chunk, sources // (2 * max(1, len(self._processes)))))

    def _assign(self, chunk: int) -> bool:
        """Give jobs to who has fewest; whether there was any to give."""
        before = self._jobs
        while True:
            free = [process for process in self._processes if process.models is not None]
            process = min(free, key=lambda one: len(one.given), default=None)
            if process is None or len(process.given) >= AHEAD:
                return self._jobs > before
            slots = self._order.take(chunk, head_only=self._order.held > MOST_HELD)
            if not slots:
                return self._jobs > before
            self._jobs += 1
            first = slots[0]
            process.given.append(Given(self._jobs, tuple(slots)))
            process.tell(
                Job(
                    self._jobs,
                    tuple(slot.source for slot in slots),
                    contents=tuple(slot.content for slot in slots),
                    piece=first.piece,
                    resume=first.resume if first.piece is None else None,
                    skip=first.received if len(slots) == 1 else 0,
                )
            )

    def _listen(self) -> None:
        """Wait for one message and do what it asks for."""
        full, head = self._order.held > MOST_HELD, self._order.head
        for process in self._processes:
            process.open_gate(not full or any(head in given.slots for given in process.given))
        while True:
            try:
                process, reply, size = self._inbox.get(timeout=WAKE_S)
                break
            except queue.Empty:  # on Windows, Ctrl-C gets through between two waits only
                continue
        if process in self._processes:
            self._take(process, reply, size)

    def _take(self, process: Process, reply: Reply | Ended, size: int) -> None:
        if isinstance(reply, Ready):
            self._ready(process, reply.models)
        elif isinstance(reply, Refused):
            kind: type[EmovereError] = getattr(errors, reply.error, InputError)
            raise kind(reply.message)
        elif isinstance(reply, Begun):
            process.begun = True
        elif isinstance(reply, Items):
            self._received(process.given[0], reply, size)
        elif isinstance(reply, Cut):
            self._order.cut(process.given[0].slots[reply.place], reply.pieces)
        elif isinstance(reply, Failed):
            process.reason = reply.reason
        elif isinstance(reply, Done):
            process.memory_mb, process.processor_s = reply.memory_mb, reply.processor_s
            self.memory_mb = max(self.memory_mb, reply.memory_mb)
            process.begun = False
            for slot in process.given.popleft().slots:
                slot.finished = True
        else:
            self._ended(process, reply.code)

    def _ready(self, process: Process, models: Mapping[str, ModelInfo]) -> None:
        """The first to be ready settles for all which detector is meant, and which files."""
        self._stillborn = 0
        process.models = models
        self.ready_s = max(self.ready_s, time.monotonic() - process.started)
        if self._models is None:
            self._models = models
            self._setup = dataclasses.replace(self._setup, options=settled(self.options, models))
            for other in self._processes:
                if other is not process:
                    other.tell(self._setup)
        elif models != self._models:
            raise ModelError("--workers: model files changed while processes were started; start again")

    def _received(self, given: Given, reply: Items, size: int) -> None:
        for place, item in reply.items:
            for slot in given.slots[:place]:
                slot.finished = True
            self._order.receive(given.slots[place], item, size // len(reply.items))

    def _ended(self, process: Process, code: int) -> None:
        """Replace a process that died, and have done again what it had not done."""
        self._processes.remove(process)
        process.close()
        if process.models is None:
            self._stillborn += 1
            if self._stillborn >= STILLBORN:
                raise ModelError(
                    f"--workers: {STILLBORN} processes in a row ended before their models were loaded ("
                    f"{verdict(code, process.reason, self.options.scale)})"
                )
        suspects = process.given.popleft().slots if process.begun else ()
        for slot in suspects:
            if not slot.finished:
                self._suspect(slot, code, process.reason)
        for given in process.given:
            for slot in given.slots:
                self._order.put_back(slot)
        self.replaced += 1
        self._start(instead_of=process)

    def _start(self, instead_of: Process | None = None) -> None:
        """Start a process; it loads the models at once, unless another has still to settle which."""
        process = Process(self._inbox)
        self._processes.append(process)
        if self._models is None and self._first is instead_of:
            self._first = process
        if self._models is not None or self._first is process:
            process.tell(self._setup)

    def _suspect(self, slot: Slot, code: int, reason: str) -> None:
        """A process ended over a source, or over others that it had together with it."""
        slot.deaths += 1
        if not is_guilty(slot.deaths, code):
            self._order.put_back(slot)
            return
        why = verdict(code, reason, self.options.scale)
        self._order.receive(slot, blame(slot.source, slot.piece, why, moves=moves(slot.source)), 0)
        slot.finished = True


def _checked(source: Source) -> Source:
    if source == STANDARD_INPUT:
        raise ConfigError("--workers: standard input is one picture; name files, or leave --workers out")
    return source
