"""Looking into folders: the pictures below one, and what a glob matches."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from emovere.sources.formats import VIDEO_SUFFIXES
from emovere.sources.names import printable
from emovere.types import Problem

NUMBER = re.compile(r"%(0?)(\d{0,2})d")
"""Where the number stands in the name of a sequence's pictures."""

IMAGE_SUFFIXES = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".avif", ".heic", ".heif"),
        *(".gif", ".tif", ".tiff", ".bmp", ".dib", ".pbm", ".pgm", ".ppm", ".pnm"),
    }
)
"""What is taken out of a folder. HEIC is among them though it is not read: better a problem than a photo left out."""


def natural(name: str) -> tuple[tuple[str | int, ...], str]:
    """Key that sorts as people count: 2.jpg before 10.jpg, A beside a."""
    parts = re.split(r"(\d+)", name.casefold())
    return tuple(int(part) if k % 2 else part for k, part in enumerate(parts)), name


def is_image_name(name: str) -> bool:
    """Whether a file's name ends as a picture's does."""
    return Path(name).suffix.lower() in IMAGE_SUFFIXES


def is_visual_name(name: str) -> bool:
    """Whether a file's name ends as a picture's or a video's does."""
    return is_image_name(name) or Path(name).suffix.lower() in VIDEO_SUFFIXES


def is_numbered(name: str) -> bool:
    """Whether a name stands for a numbered sequence, such as ``shot_%04d.png``."""
    return bool(NUMBER.search(Path(name).name))


def pictures_below(folder: str) -> Iterator[str | Problem]:
    """Pictures and videos of a folder, then of the folders in it, each in natural order; hidden ones are left out.

    Links are followed, and no folder is visited twice. A folder that cannot be listed is a Problem in its place.
    """
    for place in _walk(folder):
        if isinstance(place, Problem):
            yield place
        else:
            yield from (entry.path for entry in place.entries if is_visual_name(entry.name) and _is_file(entry))


def matches(pattern: str) -> Iterator[str | Problem]:
    """What a glob matches, once each, in natural order; ``**`` stands for any number of folders, none included.

    Hidden names match only a pattern that begins with a dot. A part of the pattern that exists as it stands, such as
    the folder ``[2019]``, is no pattern.
    """
    parts = Path(pattern).parts
    anchor = Path(pattern).anchor
    seen: set[str] = set()
    for found in _match(anchor, parts[1:] if anchor else parts):
        if isinstance(found, Problem):
            yield found
        elif found not in seen:
            seen.add(found)
            yield found


def _match(base: str, parts: tuple[str, ...]) -> Iterator[str | Problem]:
    if not parts:
        yield base
        return
    head, rest = parts[0], parts[1:]
    if head == "**":
        yield from _match_below(base, rest or ("*",))
    elif not glob.has_magic(head) or os.path.lexists(Path(base, head)):
        if os.path.lexists(Path(base, head)):
            yield from _match(str(Path(base, head)), rest)
    else:
        entries = _listed(base, hidden=head.startswith("."))
        if isinstance(entries, Problem):
            yield entries
            return
        for entry in entries:
            if fnmatch.fnmatch(entry.name, head) and (not rest or _is_folder(entry)):
                yield from _match(str(Path(base, entry.name)), rest)


def _match_below(base: str, parts: tuple[str, ...]) -> Iterator[str | Problem]:
    for place in _walk(base):
        if isinstance(place, Problem):
            yield place
        else:
            yield from _match(place.folder, parts)


class _Place(NamedTuple):
    folder: str
    entries: list[os.DirEntry[str]]


def _walk(top: str) -> Iterator[_Place | Problem]:
    """A folder with its visible entries, then each one below it; a link that leads back is not followed again."""
    seen: set[tuple[int, int]] = set()
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        entries = _listed(folder)
        if isinstance(entries, Problem):
            yield entries
            continue
        try:
            here = Path(folder).stat()
        except OSError:
            continue
        if (here.st_dev, here.st_ino) not in seen:
            seen.add((here.st_dev, here.st_ino))
            yield _Place(folder, entries)
            waiting += [entry.path for entry in reversed(entries) if _is_folder(entry)]


def _listed(folder: str, *, hidden: bool = False) -> list[os.DirEntry[str]] | Problem:
    try:
        with os.scandir(folder or os.curdir) as entries:
            visible = [entry for entry in entries if hidden or not entry.name.startswith(".")]
    except OSError as error:
        return Problem(folder, "InputError", f"{printable(folder)}: the folder cannot be listed: {error.strerror}")
    return sorted(visible, key=lambda entry: natural(entry.name))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether it can be opened as a file; a broken link counts, so that reading it tells what is wrong."""
    try:
        return entry.is_file() or (entry.is_symlink() and not entry.is_dir())
    except OSError:
        return True
