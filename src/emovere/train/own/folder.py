"""A person's own pictures: FOLDER/class/picture, one face in each, cut out as ``emovere analyze`` cuts it."""

from __future__ import annotations

import csv
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emovere.align.crop import SIDE, crop_faces
from emovere.config import DetectOptions
from emovere.datasets.duplicates import exact_hashes
from emovere.datasets.faceset import FaceSet
from emovere.datasets.fer2013_folders import subfolders
from emovere.detect.base import Detector
from emovere.detect.choose import create
from emovere.errors import DatasetError, EmovereError
from emovere.files import atomic_write
from emovere.sources.folders import is_image_name, pictures_below
from emovere.sources.names import printable
from emovere.sources.photo import read_photo
from emovere.types import Problem, UInt8

FEWEST_CLASSES, MOST_CLASSES = 2, 50

LONGEST_NAME = 40
"""Characters of a class's name."""

_EVERY_S = 10.0
"""Seconds between two words on how far reading has come."""

NO_FACE, SEVERAL, UNREADABLE, VIDEO = "no face", "several faces", "unreadable", "video"
TWO_CLASSES, AGAIN = "same face in two classes", "same face again"


@dataclass(frozen=True)
class Skipped:
    """A picture that was left out."""

    file: str
    kind: str
    reason: str


@dataclass(frozen=True)
class OwnFaces:
    """What a folder holds."""

    faces: FaceSet
    """Splits are still empty; names are the files."""
    skipped: tuple[Skipped, ...]
    pictures: int


def read_own(root: Path, detect: DetectOptions) -> OwnFaces:
    """Find the one face of each picture in ``root/class/``; pictures of deeper folders count to their class.

    A grey picture of 48 x 48 pixels is a face crop and is taken as it is. Raises DatasetError for folders that are no
    classes; what is wrong with single pictures stands in ``skipped``.
    """
    classes = class_folders(root)
    detector = create(detect.name, detect)
    total = sum(len(files) for files in classes.values())
    print(f"{printable(str(root))}: {total:,} pictures in {len(classes)} classes", file=sys.stderr, flush=True)
    crops, labels, names, skipped = [], [], [], []
    told, done = time.monotonic(), 0
    for label, files in enumerate(classes.values()):
        for file in files:
            found = _only_face(file, detector)
            if isinstance(found, Skipped):
                skipped.append(found)
            else:
                crops.append(found)
                labels.append(label)
                names.append(file)
            done += 1
            if time.monotonic() - told > _EVERY_S:
                told = time.monotonic()
                print(f"{done:,} of {total:,} pictures read", file=sys.stderr, flush=True)
    faces = FaceSet(
        np.stack(crops) if crops else np.zeros((0, SIDE, SIDE), np.uint8),
        np.array(labels, np.int64),
        np.full(len(labels), "", "U8"),
        tuple(classes),
        names=tuple(names),
    )
    kept, copies = _without_copies(faces)
    return OwnFaces(kept, (*skipped, *copies), total)


def class_folders(root: Path) -> dict[str, list[str]]:
    """The files of each class, by its name. Raises DatasetError, one line for each sort of folder that will not do."""
    shown = printable(str(root))
    if not root.is_dir():
        there = "is a file" if root.exists() else "there is no such folder"
        raise DatasetError(f"{shown}: {there}; expected a folder that holds a folder of pictures for each class")
    try:
        folders = subfolders(root)
    except OSError as error:
        raise DatasetError(f"{shown}: cannot be listed: {error.strerror or error}") from error
    if not FEWEST_CLASSES <= len(folders) <= MOST_CLASSES:
        listed = f" ({', '.join(printable(folder.name) for folder in folders)})" if 0 < len(folders) < 4 else ""
        raise DatasetError(
            f"{shown}: expected {FEWEST_CLASSES} to {MOST_CLASSES} folders, one for each class, with pictures in them; "
            f"got {len(folders)}{listed}"
        )
    classes: dict[str, list[str]] = {}
    for folder in folders:
        classes[_class_name(folder, classes)] = _files(folder)
    empty = [name for name, files in classes.items() if not any(is_image_name(file) for file in files)]
    if empty:
        raise DatasetError(f"{shown}: no picture in the folder of {_listed(empty)}; put some in, or take it away")
    if not any(Path(file).parent.parent == root for files in classes.values() for file in files):
        first = next(iter(classes.values()))[0]
        raise DatasetError(
            f"{shown}: expected pictures in FOLDER/class/; they lie a folder deeper "
            f"({printable(str(Path(first).relative_to(root)))}): name {printable(str(Path(first).parent.parent))}"
        )
    return classes


def _class_name(folder: Path, others: dict[str, list[str]]) -> str:
    name = unicodedata.normalize("NFC", folder.name)
    what = f"{printable(str(folder))}: the folder's name becomes the class's name"
    if not name.isprintable() or "," in name or name != name.strip():
        raise DatasetError(f"{what}; expected printable characters and no comma; rename it")
    if len(name) > LONGEST_NAME:
        raise DatasetError(f"{what}; expected at most {LONGEST_NAME} characters, got {len(name)}; rename it")
    twin = next((other for other in others if other.casefold() == name.casefold()), None)
    if twin is not None:
        raise DatasetError(f"{what}; {twin!r} is there already; put both into one folder, or rename it")
    return name


def _files(folder: Path) -> list[str]:
    found = list(pictures_below(str(folder)))
    problem = next((item for item in found if isinstance(item, Problem)), None)
    if problem is not None:
        raise DatasetError(problem.message)
    return [item for item in found if isinstance(item, str)]


def _only_face(file: str, detector: Detector) -> UInt8 | Skipped:
    """The (48, 48) crop of a picture's only face, or why there is none."""
    if not is_image_name(file):
        return Skipped(file, VIDEO, "a video: write its frames as pictures first")
    try:
        frame = next(iter(read_photo(file)))
    except EmovereError as error:
        return Skipped(file, UNREADABLE, str(error))
    if frame.size == (SIDE, SIDE) and (frame.image == frame.image[..., :1]).all():
        return np.ascontiguousarray(frame.image[..., 0])
    faces = detector.detect([frame])[0]
    if len(faces) != 1:
        kind = SEVERAL if len(faces) else NO_FACE
        return Skipped(file, kind, f"{len(faces)} faces found; expected one" if len(faces) else "no face found")
    crop: UInt8 = crop_faces(frame, faces, detector.box_in_crop).images[0]
    return crop


def _without_copies(faces: FaceSet) -> tuple[FaceSet, list[Skipped]]:
    """The faces without those that stand in two classes, and without repeats in one; and what was left out."""
    first: dict[str, int] = {}
    hashes = exact_hashes(faces.images).tolist()
    classes: dict[str, set[int]] = {}
    for place, code in enumerate(hashes):
        first.setdefault(code, place)
        classes.setdefault(code, set()).add(int(faces.labels[place]))
    kept, skipped = np.ones(len(faces), np.bool_), []
    for place, code in enumerate(hashes):
        if len(classes[code]) > 1:
            others = [faces.label_names[k] for k in sorted(classes[code] - {int(faces.labels[place])})]
            skipped.append(Skipped(faces.names[place], TWO_CLASSES, f"the same face stands in {_listed(others)} too"))
        elif first[code] != place:
            skipped.append(Skipped(faces.names[place], AGAIN, f"the same face as {faces.names[first[code]]}"))
        else:
            continue
        kept[place] = False
    return faces[kept], skipped


def write_skipped(skipped: Sequence[Skipped], path: Path) -> None:
    """A table of what was left out. Raises OutputError."""
    with atomic_write(path) as file:
        writer = csv.writer(file)
        writer.writerow(["file", "kind", "reason"])
        writer.writerows([[printable(one.file), one.kind, one.reason] for one in skipped])


def told(own: OwnFaces, table: Path) -> Iterator[str]:
    """What is said of the pictures that were left out: nothing, or a line."""
    if own.skipped:
        counts = Counter(one.kind for one in own.skipped)
        kinds = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
        yield f"{len(own.skipped):,} of {own.pictures:,} pictures left out ({kinds}): {table}"
    for one in [one for one in own.skipped if one.kind == TWO_CLASSES][:1]:
        yield f"{printable(one.file)}: {one.reason}; neither is used"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)
