"""What is in an archive: names as they are found, in no order, so that a million of them need no memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from emovere.errors import EmovereError, InputError
from emovere.scale.order import ending, moves
from emovere.scale.place import file_system, is_remote
from emovere.scale.plan import Part
from emovere.scale.tables import is_table, slices
from emovere.sources.depth_pairs import is_depth_folder
from emovere.sources.folders import IMAGE_SUFFIXES
from emovere.sources.formats import VIDEO_SUFFIXES
from emovere.sources.inputs import STANDARD_INPUT, expand
from emovere.sources.names import without_password
from emovere.types import Problem

_WANTED = IMAGE_SUFFIXES | VIDEO_SUFFIXES


def parts_of(inputs: Iterable[str], photos: int) -> Iterator[Part]:
    """Everything that the inputs name, cut into parts: that many photos together, each recording by itself, and tables
    of pictures some rows at a time. Raises MissingExtra.
    """
    number = 0
    sources: list[str] = []
    problems: list[Problem] = []
    for found in found_in(inputs):
        if isinstance(found, str) and (is_table(found) or moves(found)):
            for part in _by_itself(found, photos, number):
                yield part
                number += 1
            continue
        if isinstance(found, Problem):
            problems.append(found)
        else:
            sources.append(found)
        if len(sources) + len(problems) >= photos:
            yield Part(number, tuple(sources), tuple(problems))
            number += 1
            sources, problems = [], []
    if sources or problems:
        yield Part(number, tuple(sources), tuple(problems))


def _by_itself(source: str, photos: int, number: int) -> Iterator[Part]:
    if not is_table(source):
        yield Part(number, (source,))
        return
    try:
        for place, rows in enumerate(slices(source, 4 * photos)):
            yield Part(number + place, (source,), rows=rows)
    except InputError as error:
        yield Part(number, (), (Problem(source, "InputError", str(error)),))


def found_in(inputs: Iterable[str]) -> Iterator[str | Problem]:
    """The sources that the inputs name; see ``expand`` for what a name may be. Of a folder they come as the system
    lists them. An address stands for the object, or for all photos, videos and tables below it; it may be a glob.
    """
    for item in inputs:
        if item == STANDARD_INPUT:
            yield Problem(item, "InputError", "standard input: is one picture; name files")
        elif is_remote(item):
            yield from _remote(item)
        elif Path(item).is_dir() and not is_depth_folder(Path(item)):
            yield from _or_nothing(item, _below(item))
        else:
            yield from expand([item])


def _below(top: str) -> Iterator[str | Problem]:
    """What is in a folder, then in those below it; hidden names are left out, and no folder is visited twice."""
    seen: set[tuple[int, int]] = set()
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            here = Path(folder).stat()
            if (here.st_dev, here.st_ino) in seen:
                continue
            seen.add((here.st_dev, here.st_ino))
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir():
                        waiting.append(entry.path)
                    elif _is_wanted(entry.name):
                        yield entry.path
        except OSError as error:
            yield Problem(folder, "InputError", f"{folder}: the folder cannot be listed: {error.strerror}")


def _is_wanted(name: str) -> bool:
    return ending(name) in _WANTED or is_table(name)


def _or_nothing(name: str, found: Iterator[str | Problem]) -> Iterator[str | Problem]:
    empty = True
    for item in found:
        empty = False
        yield item
    if empty:
        shown = without_password(name)
        yield Problem(shown, "InputError", f"{shown}: no photo, video or table of pictures there")


def _remote(address: str) -> Iterator[str | Problem]:
    try:
        yield from _or_nothing(address, _objects(address))
    except EmovereError:
        raise
    except Exception as error:  # each store has errors of its own
        shown = without_password(address)
        yield Problem(shown, "InputError", f"{shown}: cannot be listed: {error}")


def _objects(address: str) -> Iterator[str]:
    system, path = file_system(address)
    protocol = address.partition("://")[0]
    if "*" in path:
        found: Iterable[str] = sorted(system.glob(path))
    elif protocol in ("s3", "s3a"):
        found = _pages(system, path)
    else:
        found = (f"{folder}/{name}" for folder, _, names in system.walk(path) for name in names)
    for name in found:
        if _is_wanted(name) and not any(part.startswith(".") for part in name[len(path) :].split("/")):
            yield f"{protocol}://{name}"
    if protocol not in ("s3", "s3a") and system.isfile(path):
        yield address


def _pages(system: Any, path: str) -> Iterator[str]:
    """Objects at or below a path, a thousand at a time: fsspec's own listings hold all of a folder in memory."""
    bucket, _, key = path.partition("/")
    token: dict[str, str] = {}
    while True:
        page = system.call_s3("list_objects_v2", Bucket=bucket, Prefix=key, **token)
        for entry in page.get("Contents", ()):
            name = entry["Key"]
            if not key or name == key or name.startswith(f"{key.rstrip('/')}/"):
                yield f"{bucket}/{name}"
        if not page.get("IsTruncated"):
            return
        token = {"ContinuationToken": page["NextContinuationToken"]}
