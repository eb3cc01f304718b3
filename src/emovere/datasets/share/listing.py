"""What a layout's reader finds: pictures with their labels, people and splits, before any face is cut out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from emovere.datasets.emotions import emotion_position
from emovere.errors import ConfigError, DatasetError, unknown_name
from emovere.labels import FER7, FERPLUS8
from emovere.sources.names import printable

MISSING, UNREADABLE, NO_FACE, SEVERAL, NO_LABEL = "missing", "unreadable", "no face", "several faces", "no label"
"""Why a picture is left out."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class LeftOut:
    """A picture that does not become a face."""

    file: str
    kind: str
    """MISSING, UNREADABLE, NO_FACE, SEVERAL or NO_LABEL."""
    reason: str


@dataclass(frozen=True)
class Listed:
    """One picture of a layout, with one face that counts."""

    file: Path
    label: str
    split: str = ""
    """As the layout has it; empty where it has none."""
    group: str = ""
    """Who it is, where the layout says so."""
    box: Box | None = None
    """Where the layout says that the face is: x1 y1 x2 y2, pixels."""


@dataclass(frozen=True)
class Listing:
    """Everything that a layout names."""

    title: str
    """What the set is called, such as CK+."""
    root: Path
    label_names: tuple[str, ...]
    pictures: tuple[Listed, ...]
    left_out: tuple[LeftOut, ...] = ()
    terms: str = ""
    """Under which terms its makers give it away; empty where that is not known."""
    one_subject: bool = True
    """Whether every picture is of one person, so that of several faces the largest is meant."""

    def keep(self, labels: str) -> Listing:
        """Only the pictures of these labels: ``fer7``, ``ferplus8`` or names with commas between them.

        Raises ConfigError for a label that the set does not have, and for fewer than two.
        """
        known = {"fer7": FER7, "ferplus8": FERPLUS8}
        names = known.get(labels) or tuple(part.strip() for part in labels.split(",") if part.strip())
        for name in names:
            if name not in self.label_names and labels not in known:
                raise ConfigError(unknown_name("label", name, self.label_names))
        if len(set(names)) < 2:
            raise ConfigError(f"labels: expected at least two of {', '.join(self.label_names)}; got {labels!r}")
        gone = [one for one in self.pictures if one.label not in names]
        reasons = [LeftOut(str(one.file), NO_LABEL, f"{one.label} is not among the labels wanted") for one in gone]
        kept = tuple(one for one in self.pictures if one.label in names)
        return dataclasses.replace(self, label_names=names, pictures=kept, left_out=(*self.left_out, *reasons))


def emotion_name(word: str) -> str | None:
    """Our name for an emotion in other people's words, contempt among them; None for a word that means none."""
    place = emotion_position(word)
    if place is not None:
        return FER7[place]
    return "contempt" if word.strip().lower() in ("contempt", "contemptuous") else None


def emotion_labels(pictures: Iterable[Listed]) -> tuple[str, ...]:
    """FER2013's seven labels, and contempt where a picture has it."""
    return FERPLUS8 if any(one.label == "contempt" for one in pictures) else FER7


def folder_of(root: Path, what: str) -> Path:
    """The folder, known to be one. Raises DatasetError; what: what was expected in it."""
    if not root.is_dir():
        there = "is a file" if root.exists() else "there is no such folder"
        raise DatasetError(f"{printable(str(root))}: {there}; expected {what}")
    return root


def find(root: Path, wanted: Callable[[Path], bool], depth: int = 4) -> Path | None:
    """The first file or folder that is wanted, at most so many folders deep, nearer ones first."""
    level = [root]
    for _ in range(depth):
        children = [child for folder in level for child in listed(folder)]
        found = next((child for child in children if wanted(child)), None)
        if found is not None:
            return found
        level = [child for child in children if child.is_dir()]
    return None


def find_named(root: Path, names: Sequence[str], depth: int = 4) -> Path | None:
    """The first file or folder of one of these names, whatever their case."""
    return find(root, lambda path: path.name.lower() in names, depth)


def listed(folder: Path) -> list[Path]:
    """What a folder holds, by name, without what is hidden. Raises DatasetError."""
    try:
        return sorted(child for child in folder.iterdir() if not child.name.startswith((".", "__")))
    except OSError as error:
        raise DatasetError(f"{printable(str(folder))}: cannot be listed: {error.strerror or error}") from error


def read_text(file: Path) -> str:
    """A small text file. Raises DatasetError where it cannot be read as text."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise DatasetError(f"{printable(str(file))}: cannot be read: {reason}; copy it again") from error
