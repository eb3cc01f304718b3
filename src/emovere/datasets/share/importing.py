"""A set in somebody else's layout, as rows: which kinds there are, and how each becomes faces."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emovere.align.crop import SIDE
from emovere.datasets.faceset import FaceSet
from emovere.datasets.fer2013 import load_fer2013
from emovere.datasets.rows import FaceRows
from emovere.datasets.share.affectnet import read_affectnet
from emovere.datasets.share.ckplus import read_ckplus
from emovere.datasets.share.cutting import CutFace
from emovere.datasets.share.jaffe import read_jaffe
from emovere.datasets.share.listing import MISSING, UNREADABLE, LeftOut, Listing
from emovere.datasets.share.own_folders import read_own_folders
from emovere.datasets.share.rafdb import read_rafdb
from emovere.errors import ConfigError, DatasetError, unknown_name
from emovere.files import atomic_write
from emovere.sources.names import printable

FER2013 = "fer2013"

LAYOUTS: dict[str, Callable[[Path], Listing]] = {
    "ckplus": read_ckplus,
    "jaffe": read_jaffe,
    "rafdb": read_rafdb,
    "affectnet": read_affectnet,
    "folders": read_own_folders,
}

KINDS = (FER2013, *LAYOUTS)

_OTHER_WORDS = {"ck+": "ckplus", "ck": "ckplus", "raf-db": "rafdb", "raf": "rafdb", "fer": FER2013, "folder": "folders"}

_WRONG = (MISSING, UNREADABLE)


@dataclass(frozen=True)
class Imported:
    """What came of a layout."""

    rows: FaceRows
    left_out: tuple[LeftOut, ...]
    whole: int
    """Pictures in which no face was found and which were taken whole."""

    @property
    def damaged(self) -> int:
        """Pictures that are missing or cannot be read."""
        return sum(one.kind in _WRONG for one in self.left_out)

    def told(self, table: Path) -> Iterator[str]:
        """What is to be said of it: nothing, or a line each."""
        if self.left_out:
            counts = Counter(one.kind for one in self.left_out)
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in counts.most_common())
            total = len(self.left_out) + len(self.rows)
            yield f"{len(self.left_out):,} of {total:,} pictures left out ({kinds}): {table}"
        first = next((one for one in self.left_out if one.kind in _WRONG), None)
        if first is not None:
            named = first.file in first.reason
            yield f"for example {first.reason}" if named else f"for example {printable(first.file)}: {first.reason}"
        if self.whole:
            yield f"{self.whole:,} pictures in which no face was found were taken whole"


def kind_of(word: str) -> str:
    """The kind that a word means. Raises ConfigError for an unknown one."""
    kind = _OTHER_WORDS.get(word.lower(), word.lower())
    if kind not in KINDS:
        raise ConfigError(unknown_name("kind of set", word, KINDS))
    return kind


def import_fer2013(source: Path, ferplus: Path | None = None) -> FaceRows:
    """FER2013 in any of its layouts; each face's source is its row in fer2013.csv, from 0, or its file's name.

    Raises DatasetError and LabelMismatch as load_fer2013 does.
    """
    faces = load_fer2013(source, ferplus=ferplus)
    folders = source.is_dir() and any(Path(name).suffix for name in faces.names[:1])
    names = faces.names if folders else [f"row {row}" for row in range(len(faces))]
    return FaceRows(faces).with_columns(source=[f"FER2013 {name}" for name in names])


def assembled(listing: Listing, found: Iterable[CutFace | LeftOut]) -> Imported:
    """The rows that a listing's faces make. ``picture`` is each file's place on this computer.

    Raises DatasetError where there is no face at all.
    """
    items = list(found)
    faces = [item for item in items if isinstance(item, CutFace)]
    left_out = (*listing.left_out, *(item for item in items if isinstance(item, LeftOut)))
    if not faces:
        why = next((f" ({printable(one.file)}: {one.reason})" for one in reversed(left_out)), "")
        raise DatasetError(f"{printable(str(listing.root))}: no face in any of its {len(items):,} pictures{why}")
    listed = [face.listed for face in faces]
    names = [os.path.relpath(one.file, listing.root) for one in listed]
    labels = {name: place for place, name in enumerate(listing.label_names)}
    rows = FaceRows(
        FaceSet(
            np.stack([face.image for face in faces]).reshape(-1, SIDE, SIDE),
            np.array([labels[one.label] for one in listed], np.int64),
            np.array([one.split for one in listed], np.str_),
            listing.label_names,
            names=tuple(printable(name) for name in names),
        )
    )
    columns: dict[str, Sequence[str]] = {
        "source": [f"{listing.title} {printable(name)}" for name in names],
        "licence": [listing.terms] * len(faces),
        "group": [f"{listing.title} {one.group}" if one.group else "" for one in listed],
        "picture": [str(one.file.resolve()) for one in listed],
        "box": [face.box for face in faces],
    }
    known = {name: texts for name, texts in columns.items() if any(texts)}
    return Imported(rows.with_columns(**known), left_out, sum(face.whole for face in faces))


def write_left_out(left_out: Iterable[LeftOut], path: Path) -> None:
    """A table of what was left out. Raises OutputError."""
    with atomic_write(path) as file:
        writer = csv.writer(file)
        writer.writerow(["file", "kind", "reason"])
        writer.writerows([[printable(one.file), one.kind, printable(one.reason)] for one in left_out])
