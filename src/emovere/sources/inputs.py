"""From what a person names to the pictures that are there: files, folders, globs, standard input."""

from __future__ import annotations

import difflib
import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from emovere.types import Problem

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".gif"})
"""What is taken out of a folder; a file that is named itself may have any ending."""

STANDARD_INPUT = "-"


def expand(inputs: Iterable[str | Path]) -> Iterator[str | Problem]:
    """The sources that the inputs name, in their order, found as they are asked for.

    A file stands for itself, whatever its ending; a folder for the pictures in it, in order of their names, and then
    for those of the folders in it, hidden ones left out; a glob for what it matches, each once; ``-`` for standard
    input. What cannot be used is a Problem at its place, and the rest goes on.
    """
    read_stdin = False
    for item in inputs:
        name = os.fspath(item)
        if name == STANDARD_INPUT:
            if read_stdin:
                yield Problem(name, "InputError", "-: standard input can be read once only; name it once")
            else:
                read_stdin = True
                yield name
            continue
        try:
            yield from _expand_one(name)
        except OSError as error:
            yield _unopened(name, error)


def printable(name: str) -> str:
    """A name as it can be printed on one line, whatever bytes it is made of."""
    text = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if text.isprintable() else repr(text)


def _expand_one(name: str) -> Iterator[str | Problem]:
    if "\0" in name or not name:
        yield Problem(name, "InputError", f"{name!r}: is no file name")
    elif Path(name).is_dir():
        yield from _pictures_or_problem(name, _folder(name), "no picture in this folder or below it")
    elif os.path.lexists(name):
        yield name
    elif glob.has_magic(name):
        yield from _pictures_or_problem(name, _matches(name), "nothing matches")
    else:
        yield Problem(name, "InputError", f"{printable(name)}: no such file or folder{_nearest(name)}")


def _pictures_or_problem(name: str, found: Iterable[str | Problem], otherwise: str) -> Iterator[str | Problem]:
    empty = True
    for source in found:
        empty = False
        yield source
    if empty:
        kinds = ", ".join(sorted(suffix[1:] for suffix in IMAGE_SUFFIXES))
        yield Problem(name, "InputError", f"{printable(name)}: {otherwise}; expected {kinds}")


def _matches(pattern: str) -> Iterator[str | Problem]:
    """What a glob matches, folders opened; ``**`` matches both a folder and what is in it, and each counts once."""
    seen: set[str] = set()
    for match in sorted(glob.glob(pattern, recursive=True)):
        for found in _folder(match) if Path(match).is_dir() else [match]:
            place = os.path.normpath(found.source if isinstance(found, Problem) else found)
            if place not in seen:
                seen.add(place)
                yield found


def _folder(name: str) -> Iterator[str | Problem]:
    """Pictures of a folder and of those below it, each folder once, however links may lead back to it."""
    seen: set[tuple[int, int]] = set()
    closed: list[OSError] = []
    for folder, below, files in os.walk(name, followlinks=True, onerror=closed.append):
        place = Path(folder).stat()
        if (place.st_dev, place.st_ino) in seen:
            below.clear()
            continue
        seen.add((place.st_dev, place.st_ino))
        below[:] = sorted(child for child in below if not child.startswith("."))
        for file in sorted(files):
            if not file.startswith(".") and Path(file).suffix.lower() in IMAGE_SUFFIXES:
                yield str(Path(folder) / file)
    yield from (_unopened(str(error.filename), error) for error in closed)


def _unopened(name: str, error: OSError) -> Problem:
    return Problem(name, "InputError", f"{printable(name)}: cannot be opened: {error.strerror}")


def _nearest(name: str) -> str:
    parent = Path(name).parent
    try:
        siblings = [child.name for child in parent.iterdir()]
    except OSError:
        return f"; nor is there a folder {printable(str(parent))}" if not parent.is_dir() else ""
    near = difflib.get_close_matches(Path(name).name, siblings, n=1)
    return f"; did you mean {printable(str(parent / near[0]))}?" if near else ""
