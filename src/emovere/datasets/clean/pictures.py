"""Whole pictures with the emotion that each was found for: a collection, or a person's own folders."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from emovere.datasets.fer2013_folders import has_emotions, subfolders
from emovere.datasets.share.listing import emotion_name
from emovere.datasets.share.own_folders import read_own_folders
from emovere.errors import DatasetError
from emovere.labels import FERPLUS8
from emovere.sources.names import printable

COLLECTED = "collected.jsonl"

KNOWN = ("page", "author", "licence", "licence_url", "collected")
"""What a collection says of a picture and a set keeps of it, under the same names."""


@dataclass(frozen=True)
class Found:
    """One picture and one emotion that it was found for."""

    file: Path
    label: str
    source: str = ""
    """Where it comes from."""
    about: dict[str, str] = field(default_factory=dict)
    """By the names of KNOWN."""


@dataclass(frozen=True)
class Pictures:
    """Whole pictures, M of them."""

    found: tuple[Found, ...]
    labels: tuple[str, ...]
    """All emotions; ours in FER2013's order where all of them are ours, else in the order of their names."""


def is_collection(path: Path) -> bool:
    """Whether a folder was written by `emovere data collect`."""
    return (path / COLLECTED).is_file()


def holds_pictures(path: Path) -> bool:
    """Whether whole pictures lie there: a collection, or folders for emotions whose pictures are no 48 x 48 crops."""
    if is_collection(path):
        return True
    if not path.is_dir() or not (has_emotions(path) or len(subfolders(path)) > 1):
        return False
    from emovere.sources.folders import is_image_name

    first = next((file for file in sorted(path.glob("*/*")) if file.is_file() and is_image_name(file.name)), None)
    return first is not None and not _is_crop(first)


def read_pictures(path: Path) -> Pictures:
    """What is to be cut. Raises DatasetError for a folder without emotions or pictures, and for a damaged list."""
    if is_collection(path):
        return _collection(path)
    listing = read_own_folders(path)
    found = tuple(Found(one.file, one.label, printable(str(one.file.relative_to(path)))) for one in listing.pictures)
    return Pictures(found, listing.label_names)


def _is_crop(file: Path) -> bool:
    from PIL import Image

    try:
        with Image.open(file) as picture:
            return picture.size == (48, 48)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False


def _collection(folder: Path) -> Pictures:
    found: dict[tuple[str, str], Found] = {}
    for number, entry in _entries(folder / COLLECTED):
        where = f"{folder / COLLECTED}: line {number}"
        file, word = str(entry.get("file", "")), str(entry.get("emotion", ""))
        if not _inside(file):
            raise DatasetError(f"{where}: expected a file inside the collection; got {printable(file)!r}")
        if not word:
            raise DatasetError(f"{where}: {printable(file)} was found for no emotion; collect words for emotions")
        label = emotion_name(word) or word
        about = {name: str(entry.get(name) or "") for name in KNOWN}
        found.setdefault((file, label), Found(folder / file, label, str(entry.get("url") or ""), about))
    if not found:
        raise DatasetError(f"{folder / COLLECTED}: expected a line for each picture; there is none")
    labels = {one.label for one in found.values()}
    ours = [name for name in FERPLUS8 if name in labels]
    return Pictures(tuple(found.values()), tuple(ours if len(ours) == len(labels) else sorted(labels)))


def _entries(path: Path) -> list[tuple[int, dict[str, Any]]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read: {error}") from error
    entries = []
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
        except ValueError as error:
            if number == len(lines):
                break  # a collection that was killed leaves half a line, and writes it anew when it goes on
            raise DatasetError(f"{path}: line {number}: expected a JSON object; copy the collection again") from error
        if not isinstance(entry, dict):
            raise DatasetError(f"{path}: line {number}: expected a JSON object; got {type(entry).__name__}")
        entries.append((number, entry))
    return entries


def _inside(file: str) -> bool:
    path = PurePosixPath(file)
    return bool(file) and not path.is_absolute() and ".." not in path.parts and "\\" not in file
