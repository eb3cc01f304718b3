"""What a pool and its processes tell each other: pickled values behind their length, on two pipes."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any, TypeAlias

from emovere.recorded import Checkpoint
from emovere.scale.options import ArchiveOptions
from emovere.types import FrameResult, ModelInfo, Problem, UInt8

OUT_OF_MEMORY = 75
"""Exit code of a process that was refused memory."""

FAULT = 70
"""Exit code of a process that met an error which nobody foresaw."""

_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True)
class Setup:
    """The first thing that a process is told."""

    options: ArchiveOptions
    pictures: bool
    """Whether pictures are wanted beside what was seen in them."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a recording that is followed by itself."""

    number: int
    count: int
    begin_s: float
    end_s: float
    """Second at which the next piece begins; infinity for the last."""


@dataclass(frozen=True)
class Job:
    """Some photos together, one recording, or a piece of one."""

    number: int
    sources: tuple[str, ...]
    contents: tuple[bytes | None, ...] = ()
    """What stands in the photos, where it was read already; None or nothing where it stands in a file."""
    piece: Piece | None = None
    resume: Checkpoint | None = None
    skip: int = 0
    """Items that were told by a process that has died, and need not be told again."""

    def content(self, place: int) -> bytes | None:
        """What stands in a photo, where it was read already."""
        return self.contents[place] if self.contents else None


@dataclass(frozen=True)
class Row:
    """A frame and what was seen in it."""

    result: FrameResult
    image: UInt8 | None = None
    done: float = 1.0
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True)
class Before:
    """A frame before a piece's beginning, by which its faces are recognised."""

    result: FrameResult


@dataclass(frozen=True)
class Damage:
    """Packets and pictures of a piece that could not be decoded."""

    count: int


Item: TypeAlias = Row | Before | Damage | Problem


@dataclass(frozen=True)
class Ready:
    """The models are loaded."""

    models: Mapping[str, ModelInfo]


@dataclass(frozen=True)
class Refused:
    """An error that ends everything, such as a model that cannot be loaded."""

    error: str
    message: str


@dataclass(frozen=True)
class Begun:
    """A job is taken up."""

    number: int


@dataclass(frozen=True)
class Items:
    """What was seen in some of a job's sources: (place among them, item)."""

    items: tuple[tuple[int, Item], ...]


@dataclass(frozen=True)
class Cut:
    """A source of a job is a long recording, and is better done in pieces."""

    place: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Failed:
    """A job broke off in a way that was not foreseen; the process ends."""

    reason: str


@dataclass(frozen=True)
class Done:
    """A job is done."""

    memory_mb: float
    """Most memory of the process so far."""
    processor_s: float
    """Processor time of the process so far."""


Reply: TypeAlias = Ready | Refused | Begun | Items | Cut | Failed | Done


def send(file: IO[bytes], message: Any) -> None:
    """Write one message and flush. Raises OSError where nobody reads any more."""
    data = pickle.dumps(message, protocol=5)
    file.write(_LENGTH.pack(len(data)))
    file.write(data)
    file.flush()


def receive(file: IO[bytes]) -> tuple[Any, int]:
    """The next message, and its length in bytes. Raises EOFError at the end, also in the middle of a message."""
    head = file.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = file.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data), length
