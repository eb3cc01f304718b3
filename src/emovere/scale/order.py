"""Sources in their order, whoever is done with them first."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from emovere.config import TrackOptions
from emovere.pipeline import Seen
from emovere.recorded import Checkpoint
from emovere.scale.messages import Cut, Item, Piece, Row
from emovere.scale.piece import warm_up_s
from emovere.scale.seams import Seams
from emovere.sources.folders import is_numbered
from emovere.sources.formats import VIDEO_SUFFIXES
from emovere.types import Crops, Frame, Problem

PIECE = "piece"
"""In a checkpoint: the piece with which to go on; beside it, under SEAMS, what it needs to know."""

SEAMS = "seams"

Told: TypeAlias = Seen | Item | Cut
"""What is handed on: Seen and Problems; for what is raw, any Item; Cut where nothing is cut here."""

_MAY_MOVE = frozenset({*VIDEO_SUFFIXES, ".gif", ""})


@dataclass(frozen=True)
class Loaded:
    """A photo whose bytes were read already."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Stretch:
    """A piece of a recording, by itself."""

    name: str
    piece: Piece


Source: TypeAlias = str | Problem | Loaded | Stretch


@dataclass(eq=False)
class Slot:
    """The place of one source, or of a piece of one, in the order."""

    key: tuple[int, int]
    source: str
    piece: Piece | None = None
    resume: Checkpoint | None = None
    content: bytes | None = None
    raw: bool = False
    """Whether its items are handed on as they come, and not stitched to those of other pieces."""
    items: deque[tuple[Item | Cut, int]] = field(default_factory=deque)
    """What was told and not yet handed on, and the bytes that it took."""
    received: int = 0
    finished: bool = False
    deaths: int = 0
    """Processes that ended over it, or over photos among which it was."""

    @property
    def alone(self) -> bool:
        """Whether it is a job of its own: a recording, or what may end its process."""
        told = self.piece is not None or self.resume is not None or self.deaths > 0
        return told or (self.content is None and moves(self.source))


class Order:
    """Slots from the first that is not yet handed on to the last that was begun."""

    def __init__(self, track: TrackOptions, *, cuts: bool = True) -> None:
        """cuts: whether long recordings are done in pieces here; else they are told as Cut."""
        self._cuts = cuts
        self._overlap_s = warm_up_s(track)
        self._slots: deque[Slot] = deque()
        self._waiting: list[tuple[tuple[int, int], Slot]] = []
        self._count = 0
        self._seams: Seams | None = None
        self._last: Seen | None = None
        self.held = 0
        """Bytes of what was told and cannot be handed on yet."""

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def waiting(self) -> int:
        """Slots that nobody does yet."""
        return len(self._waiting)

    @property
    def head(self) -> Slot | None:
        """The first slot."""
        return self._slots[0] if self._slots else None

    def add(self, source: Source, resume: Checkpoint | None = None) -> None:
        """Put a source behind all others."""
        key = (self._count, 0)
        if isinstance(source, Problem):
            slot = Slot(key, source.source, finished=True)
            slot.items.append((source, 0))
        elif isinstance(source, Loaded):
            slot = Slot(key, source.name, content=source.content)
            self.held += len(source.content)
        elif isinstance(source, Stretch):
            slot = Slot(key, source.name, source.piece, raw=True)
        else:
            slot = Slot(key, source, resume=resume if resume is not None and resume.source == source else None)
        if not slot.finished:
            self.put_back(slot)
        self._slots.append(slot)
        self._count += 1

    def put_back(self, slot: Slot) -> None:
        """Have it done, or done again."""
        heapq.heappush(self._waiting, (slot.key, slot))

    def take(self, most: int, *, head_only: bool = False) -> list[Slot]:
        """What should be done next, together: up to so many photos, or one recording; nothing where nothing waits."""
        taken: list[Slot] = []
        while self._waiting and len(taken) < most:
            slot = self._waiting[0][1]
            if (head_only and slot is not self.head) or (taken and slot.alone):
                break
            heapq.heappop(self._waiting)
            taken.append(slot)
            if slot.alone or head_only:
                break
        return taken

    def cut(self, slot: Slot, pieces: tuple[Piece, ...]) -> None:
        """Put a recording's pieces in its place."""
        if not self._cuts:
            self.receive(slot, Cut(0, pieces), 0)
            return
        slot.finished = True
        place = self._slots.index(slot)
        first = int(slot.resume.state.get(PIECE, 0)) if slot.resume is not None else 0
        del self._slots[place]
        for piece in reversed(pieces[first:]):
            part = Slot((slot.key[0], piece.number), slot.source, piece, slot.resume if piece.number == first else None)
            self._slots.insert(place, part)
            self.put_back(part)

    def receive(self, slot: Slot, item: Item | Cut, size: int) -> None:
        """Take what was told of a slot."""
        slot.items.append((item, size))
        slot.received += 1
        self.held += size

    def release(self) -> Iterator[Told]:
        """Everything that can be handed on."""
        while self._slots:
            slot = self._slots[0]
            while slot.items:
                item, size = slot.items.popleft()
                self.held -= size
                if slot.raw:
                    yield item
                elif slot.piece is not None:
                    yield from self._stitched(slot, item)
                else:
                    yield _seen(item) if isinstance(item, Row) else item
            if not slot.finished:
                return
            if slot.content is not None:
                self.held -= len(slot.content)
            if slot.piece is not None and not slot.raw:
                yield from self._seam(slot, slot.piece)
            self._slots.popleft()

    def _stitched(self, slot: Slot, item: Item | Cut) -> Iterator[Seen | Problem]:
        """The last row of a piece is held back: where one could go on after it is known when the piece is done."""
        for one in () if isinstance(item, Cut) else self._seams_of(slot).take(item):
            if self._last is not None:
                yield self._last
                self._last = None
            if isinstance(one, Problem):
                yield one
            else:
                self._last = _seen(one)

    def _seam(self, slot: Slot, piece: Piece) -> Iterator[Seen | Problem]:
        """A piece is done."""
        seams, last = self._seams_of(slot), self._last
        self._last = None
        more = piece.number + 1 < piece.count
        if last is not None:
            state = {PIECE: piece.number + 1, SEAMS: seams.state()}
            checkpoint = Checkpoint(slot.source, state, [], last.result) if more else None
            yield Seen(last.frame, last.result, last.crops, last.done, checkpoint)
        if more:
            seams.begin()
            return
        damage = seams.damage()
        self._seams = None
        if damage is not None:
            yield damage

    def _seams_of(self, slot: Slot) -> Seams:
        if self._seams is None:
            state = slot.resume.state.get(SEAMS) if slot.resume is not None else None
            self._seams = Seams(slot.source, self._overlap_s, state)
        return self._seams


def moves(source: str) -> bool:
    """Whether a source looks like a recording by its name; what it is, is seen by who reads it."""
    return ending(source) in _MAY_MOVE or ("%" in source and is_numbered(source))


def ending(name: str) -> str:
    """How a file's name ends, such as ``.jpg``, in small letters; nothing where it has no ending. Far quicker than
    pathlib's, which counts for a million names.
    """
    stem, dot, last = name.rpartition(".")
    return f".{last.lower()}" if dot and "/" not in last and "\\" not in last and stem[-1:] not in ("", "/") else ""


def _seen(row: Row) -> Seen:
    result = row.result
    image = row.image
    if image is None:
        # one value, seen as a whole picture: nobody asked for the picture itself
        image = np.broadcast_to(np.uint8(0), (*result.size, 3))
    frame = Frame(image, result.index, result.time_s, result.source)
    return Seen(frame, result, Crops.empty(1), row.done, row.checkpoint)
