"""From what a person names to the pictures that are there: files, folders, globs, standard input."""

from __future__ import annotations

import difflib
import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from emovere.sources.depth_pairs import is_depth_folder
from emovere.sources.folders import is_numbered, is_visual_name, matches, pictures_below
from emovere.sources.names import printable, without_password
from emovere.types import Problem

STANDARD_INPUT = "-"


def expand(inputs: Iterable[str | Path]) -> Iterator[str | Problem]:
    """The sources that the inputs name, in their order, found as they are asked for.

    A file stands for itself, whatever its ending; a folder for the photos and videos in it and below it, in natural
    order, hidden ones left out, or for itself where it holds colour and depth; a name such as ``shot_%04d.png`` for the
    sequence; a glob for the photos and videos that it matches and those in the folders that it matches, each once,
    and for other files only where it states their ending; the text ``-`` for standard input (a ``Path`` of that name
    is a file). What cannot be used is a Problem at its place, and the rest goes on.
    """
    read_stdin = False
    for item in inputs:
        if item == STANDARD_INPUT and isinstance(item, str):
            yield _problem(item, "standard input can be read only once") if read_stdin else item
            read_stdin = True
            continue
        name = os.fspath(item)
        try:
            yield from _expand_one(f".{os.sep}{name}" if name == STANDARD_INPUT else name)
        except PermissionError:
            yield _problem(name, "no permission to look there")
        except OSError as error:
            yield _problem(name, f"cannot be opened: {error.strerror or error}")


def _expand_one(name: str) -> Iterator[str | Problem]:
    if not name or "\0" in name:
        yield _problem(name, "is no file name")
    elif _is_folder(name) and is_depth_folder(Path(name)):
        yield name
    elif _is_folder(name):
        yield from _or_problem(pictures_below(name), _problem(name, "no photo or video in this folder or below it"))
    elif os.path.lexists(name):
        yield name
    elif glob.has_magic(name):
        nothing = _problem(name, "no photo or video matches; expected names such as a.jpg, a.png or a.mp4")
        yield from _or_problem(_photos_matching(name), nothing)
    elif is_numbered(name) and Path(name).parent.is_dir():
        yield name
    elif "://" in name:
        yield _problem(without_password(name), "is an address; streams are for emovere watch, pictures must be files")
    else:
        yield _problem(name, f"no such file or folder{_nearest(Path(name))}")


def _is_folder(name: str) -> bool:
    """Like ``Path.is_dir``, but with PermissionError and the like let through on every Python."""
    try:
        Path(name).stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        if os.path.lexists(name):
            return False  # such as a link to itself: reading it tells what is wrong
        raise
    return Path(name).is_dir()


def _photos_matching(pattern: str) -> Iterator[str | Problem]:
    """Files that a glob matches, and those in the folders that it matches, each once."""
    ending = Path(pattern).suffix
    any_kind = bool(ending) and not glob.has_magic(ending)
    seen: set[str] = set()
    for match in matches(pattern):
        if isinstance(match, Problem):
            yield match
            continue
        for found in pictures_below(match) if Path(match).is_dir() else [match]:
            if isinstance(found, Problem):
                yield found
            elif found not in seen and (any_kind or is_visual_name(found)):
                seen.add(found)
                yield found


def _or_problem(found: Iterable[str | Problem], otherwise: Problem) -> Iterator[str | Problem]:
    empty = True
    for item in found:
        empty = False
        yield item
    if empty:
        yield otherwise


def _problem(name: str, verdict: str) -> Problem:
    return Problem(name, "InputError", f"{printable(name) or repr(name)}: {verdict}")


def _nearest(path: Path) -> str:
    """The half sentence that suggests the nearest name which is there; where the folder is missing, the folder's."""
    parent = path.parent
    if not parent.is_dir():
        near = _near(parent)
        return f"; did you mean {near}?" if near else f"; there is no folder {printable(str(parent))}"
    near = _near(path)
    return f"; did you mean {near}?" if near else ""


def _near(path: Path) -> str:
    try:
        siblings = {child.name.casefold(): child for child in path.parent.iterdir()}
    except OSError:
        return ""
    near = difflib.get_close_matches(path.name.casefold(), siblings, n=1)
    return printable(str(siblings[near[0]])) if near else ""
