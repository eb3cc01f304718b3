"""AffectNet (Mollahosseini, Hasani and Mahoor 2019, doi 10.1109/TAFFC.2017.2740923), in its two releases.

With lists::

    Manually_Annotated_file_lists/training.csv, validation.csv
        subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal
    Manually_Annotated_Images/103/29a31ebf1567693f4644c8ba3476ca9a72ee07fe67a5860d98707a0a.jpg

The newer one, of cut faces::

    train_set/images/0.jpg, train_set/annotations/0_exp.npy (also _val, _aro, _lnd), and the same in val_set

0 neutral, 1 happy, 2 sad, 3 surprise, 4 fear, 5 disgust, 6 anger, 7 contempt, 8 none, 9 uncertain, 10 no face.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from emovere.datasets.share.listing import (
    MISSING,
    NO_LABEL,
    Box,
    LeftOut,
    Listed,
    Listing,
    emotion_labels,
    find,
    folder_of,
    listed,
)
from emovere.errors import DatasetError
from emovere.sources.folders import is_image_name
from emovere.sources.names import printable

EMOTIONS = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt")
NO_EMOTION = {8: "none of the emotions", 9: "uncertain", 10: "no face"}

COLUMNS = (
    "subDirectory_filePath",
    "face_x",
    "face_y",
    "face_width",
    "face_height",
    "facial_landmarks",
    "expression",
    "valence",
    "arousal",
)
"""Of the lists; some copies of validation.csv lack this line."""

TERMS = "AffectNet agreement (research)"

_LISTS = {"training.csv": "Training", "validation.csv": "validation"}
_SETS = {"train_set": "Training", "val_set": "validation", "test_set": "test"}
_IMAGES = (
    "",
    "Manually_Annotated_Images",
    "Manually_Annotated/Manually_Annotated_Images",
    "Manually_Annotated_compressed/Manually_Annotated_Images",
    "Manually_Annotated_compressed",
)
_EXPECTED = "AffectNet: training.csv and Manually_Annotated_Images, or train_set/annotations and train_set/images"


def read_affectnet(root: Path) -> Listing:
    """Every picture with one of the eight emotions. Splits are Training, validation and, where it is there, test.

    Raises DatasetError for a folder that is neither release, and for a line or an annotation that is none.
    """
    folder_of(root, _EXPECTED)
    # not deeper: the pictures' own folders hold hundreds of thousands of files
    one_set = find(root, lambda path: path.name in _SETS and (path / "annotations").is_dir(), depth=2)
    if one_set is not None:
        found = _by_annotations(one_set.parent)
    else:
        first = find(root, lambda path: path.name.lower() in _LISTS and path.is_file(), depth=2)
        if first is None:
            raise DatasetError(f"{printable(str(root))}: expected {_EXPECTED}; there is neither")
        found = (item for file in listed(first.parent) if file.name.lower() in _LISTS for item in _by_list(root, file))
    items = list(found)
    pictures = tuple(item for item in items if isinstance(item, Listed))
    left_out = tuple(item for item in items if isinstance(item, LeftOut))
    if not pictures:
        reason = f"; {left_out[0].file}: {left_out[0].reason}" if left_out else ""
        raise DatasetError(f"{printable(str(root))}: expected pictures with an emotion; there is none{reason}")
    return Listing("AffectNet", root, emotion_labels(pictures), pictures, left_out, TERMS)


def _by_list(root: Path, file: Path) -> Iterator[Listed | LeftOut]:
    split, where = _LISTS[file.name.lower()], printable(str(file))
    places = [base / name for base in (root, *file.parents[:2]) for name in _IMAGES]
    folder: Path | None = None
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            header: list[str] | None = None
            for number, cells in enumerate(csv.reader(opened), 1):
                if header is None:
                    named = "expression" in cells
                    header = cells if named else list(COLUMNS)
                    if named:
                        continue
                row = dict(zip(header, cells, strict=False))
                name = row.get(COLUMNS[0], "")
                emotion = _emotion(row.get("expression", ""), f"{where}: line {number}")
                folder = folder or next((place for place in places if name and (place / name).is_file()), None)
                yield _entry((folder or places[1]) / name, emotion, split, _box(row))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{where}: expected AffectNet's list; it cannot be read: {error}") from error


def _by_annotations(root: Path) -> Iterator[Listed | LeftOut]:
    for folder in (child for child in listed(root) if child.name in _SETS and (child / "annotations").is_dir()):
        pictures = {file.stem: file for file in listed(folder / "images") if is_image_name(file.name)}
        for file in sorted((folder / "annotations").glob("*_exp.npy")):
            stem = file.name.removesuffix("_exp.npy")
            emotion = _emotion(_scalar(file), printable(str(file)))
            picture = pictures.get(stem, folder / "images" / f"{stem}.jpg")
            yield _entry(picture, emotion, _SETS[folder.name], None)


def _scalar(file: Path) -> str:
    """The one number of an annotation, which is kept as a text; no pickle is ever opened."""
    try:
        return str(np.load(file, allow_pickle=False).reshape(-1)[0])
    except (OSError, ValueError, IndexError, EOFError) as error:
        raise DatasetError(f"{printable(str(file))}: expected one number as numpy keeps it; copy it again") from error


def _emotion(text: str, where: str) -> int:
    if not text.strip().isascii() or not text.strip().isdigit() or int(text) > max(NO_EMOTION):
        raise DatasetError(f"{where}: expected an expression from 0 to 10; got {text[:20]!r}")
    return int(text)


def _box(row: dict[str, str]) -> Box | None:
    try:
        left, top, width, height = (float(row[name]) for name in COLUMNS[1:5])
    except (KeyError, ValueError):
        return None
    return (left, top, left + width, top + height) if width > 0 and height > 0 else None


def _entry(file: Path, emotion: int, split: str, box: Box | None) -> Listed | LeftOut:
    if emotion in NO_EMOTION:
        return LeftOut(str(file), NO_LABEL, NO_EMOTION[emotion])
    if not file.is_file():
        return LeftOut(str(file), MISSING, "the annotation names it, and it is not there")
    return Listed(file, EMOTIONS[emotion], split, box=box)
