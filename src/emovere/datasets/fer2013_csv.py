"""FER2013 as Kaggle keeps it: ``fer2013.csv`` or ``icml_face_data.csv`` with emotion, pixels and Usage."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emovere.datasets.emotions import SIDE, official_split
from emovere.datasets.faceset import FaceSet
from emovere.errors import DatasetError
from emovere.labels import FER7

COLUMNS = ("emotion", "pixels", "usage")

_LONGEST_LINE = 64 * SIDE * SIDE


@dataclass(frozen=True)
class _Header:
    emotion: int
    pixels: int
    usage: int
    width: int


def read_csv(path: Path) -> FaceSet:
    """Read every row of the file; the columns may stand in any order and case, with spaces or quotes around them.

    Raises DatasetError, with the number of the line (the header is line 1), for a file that is no such csv, for a row
    that is cut short, for other than 2304 pixels of 0 to 255, for a label beyond 0 to 6, and for an unknown Usage.
    """
    images, labels, splits = [], [], []
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            # Older numpy only warns where a text stops being numbers.
            warnings.simplefilter("error", DeprecationWarning)
            header = _read_header(file.readline(_LONGEST_LINE), path)
            for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), 2):
                if line.strip():
                    label, pixels, split = _read_row(line, header, f"{path}: line {number}")
                    labels.append(label)
                    images.append(pixels)
                    splits.append(split)
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not images:
        raise DatasetError(f"{path}: expected a row for each face; there is only a header")
    return FaceSet(
        images=np.stack(images).reshape(-1, SIDE, SIDE),
        labels=np.array(labels, np.int64),
        splits=np.array(splits),
        label_names=FER7,
    )


def _read_header(line: bytes, path: Path) -> _Header:
    if not line:
        raise DatasetError(f"{path}: the file is empty; expected a csv with the columns emotion, pixels, Usage")
    names = [part.decode("utf-8", "replace").lower() for part in _fields(line.removeprefix(b"\xef\xbb\xbf"))]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise DatasetError(
            f"{path}: expected a csv with the columns emotion, pixels, Usage; {', '.join(missing)} is missing in line 1"
        )
    emotion, pixels, usage = (names.index(name) for name in COLUMNS)
    return _Header(emotion, pixels, usage, len(names))


def _read_row(line: bytes, header: _Header, where: str) -> tuple[int, npt.NDArray[np.uint8], str]:
    fields = list(_fields(line))
    if len(fields) != header.width:
        raise DatasetError(
            f"{where}: expected {header.width} columns; got {len(fields)}; the row is cut short or damaged: "
            "copy the file again"
        )
    pixels = _read_pixels(fields[header.pixels], where)
    emotion = fields[header.emotion]
    if emotion not in (b"0", b"1", b"2", b"3", b"4", b"5", b"6"):
        raise DatasetError(f"{where}: expected an emotion of 0 to 6; got {_shown(emotion)}")
    usage = fields[header.usage]
    split = official_split(usage.decode("utf-8", "replace"))
    if split is None or len(usage) != len(split):
        raise DatasetError(f"{where}: expected a Usage of Training, PublicTest or PrivateTest; got {_shown(usage)}")
    return int(emotion), pixels, split


def _read_pixels(text: bytes, where: str) -> npt.NDArray[np.uint8]:
    try:
        values = np.fromstring(text, np.int64, sep=" ")
    except (ValueError, DeprecationWarning) as error:
        raise DatasetError(f"{where}: expected pixels of whole numbers with spaces between them") from error
    if len(values) != SIDE * SIDE:
        raise DatasetError(f"{where}: expected {SIDE * SIDE} pixels; got {len(values)}")
    if values.min() < 0 or values.max() > 255:
        wrong = values[(values < 0) | (values > 255)][0]
        raise DatasetError(f"{where}: expected pixels of 0 to 255; got {wrong}")
    return values.astype(np.uint8)


def _fields(line: bytes) -> Iterator[bytes]:
    return (part.strip(b' \t\r\n"') for part in line.split(b","))


def _shown(text: bytes) -> str:
    return repr(text[:20].decode("utf-8", "replace"))
