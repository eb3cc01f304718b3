"""What a part's sources hold: names of files as they are, objects and rows of tables as bytes, read ahead."""

from __future__ import annotations

import contextlib
import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from emovere.errors import InputError
from emovere.scale.order import Loaded, Source, moves
from emovere.scale.place import is_remote, opened, read_remote
from emovere.scale.plan import Part
from emovere.scale.tables import pictures
from emovere.types import Problem

AT_ONCE = 8
"""Objects that are asked for at the same time: each takes a while to begin, and little to come."""

BLOCK = 1 << 22
"""Bytes of a recording that are fetched at a time."""


def sources_of(part: Part) -> Iterator[Source]:
    """The sources of a part, ready for a pool; what cannot be read is a Problem at its place."""
    if part.rows is not None:
        try:
            yield from pictures(part.sources[0], part.rows)
        except InputError as error:
            yield Problem(part.sources[0], "InputError", str(error))
        return
    if not any(is_remote(source) for source in part.sources):
        yield from part.sources
        return
    waiting: deque[Future[Source]] = deque()
    left = iter(part.sources)
    with ThreadPoolExecutor(AT_ONCE, "emovere-fetch") as threads:
        while True:
            while len(waiting) < AT_ONCE and (source := next(left, None)) is not None:
                waiting.append(threads.submit(_load, source))
            if not waiting:
                return
            yield waiting.popleft().result()


def _load(source: str) -> Source:
    if not is_remote(source):
        return source
    try:
        return Loaded(source, read_remote(source))
    except InputError as error:
        return Problem(source, "InputError", str(error))


@contextlib.contextmanager
def fetched(source: str) -> Iterator[str]:
    """A recording's file: its own, or for an object a copy that is there within the block. Raises InputError."""
    if not is_remote(source):
        yield source
        return
    with tempfile.TemporaryDirectory(prefix="emovere-") as folder:
        copy = Path(folder) / (source.rpartition("/")[2] or "recording")
        with opened(source) as remote, copy.open("wb") as file:
            while block := remote.read(BLOCK):
                file.write(block)
        yield str(copy)


def is_recording_part(part: Part) -> bool:
    """Whether a part is one recording, by its name."""
    return part.rows is None and len(part.sources) == 1 and moves(part.sources[0])
