"""A set in parts, without the patches laid over it: people see the faces that a program would drop, too."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from emovere.datasets.emotions import SIDE
from emovere.datasets.faceset import FaceSet
from emovere.datasets.fer2013 import load_fer2013
from emovere.datasets.folder import ABOUT_FILE, FACES_FILE, describe, is_set_folder
from emovere.datasets.pictures import decode_face
from emovere.datasets.rows import ABOUT, FaceRows
from emovere.errors import DatasetError
from emovere.extras import optional

PART = 4096
"""Faces that are in memory at once, where the layout allows it."""

_PNG, _SIZE = b"\x89PNG\r\n\x1a\n", SIDE.to_bytes(4, "big") * 2
"""How a PNG begins, and how the size of a face stands in it."""


def fingerprint(path: Path) -> str:
    """Differs when a set's files do: of their names, sizes and times. Raises DatasetError where nothing is there."""
    if is_set_folder(path):
        files = [path / ABOUT_FILE, path / FACES_FILE]
    elif path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
    else:
        files = [path]
    found = hashlib.sha256()
    try:
        for file in files:
            stat = file.stat()
            found.update(f"{file.name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    except OSError as error:
        raise DatasetError(f"{path}: expected a set; it cannot be read: {error.strerror or error}") from error
    return found.hexdigest()


def read_parts(path: Path) -> tuple[tuple[str, ...], int, Iterator[FaceRows]]:
    """Of a set's folder, or of what load_fer2013 reads: its labels' names, the number of its faces, and the faces.

    A set's folder is read a part at a time; other layouts are in memory until their last part is taken. Raises
    DatasetError, from the parts as well.
    """
    if is_set_folder(path):
        about = describe(path)
        labels = tuple(about["labels"])
        return labels, about["faces"], _parts_of_folder(path / FACES_FILE, labels)
    faces = load_fer2013(path)
    return faces.label_names, len(faces), _parts_of(faces)


def _parts_of(faces: FaceSet) -> Iterator[FaceRows]:
    for start in range(0, len(faces), PART):
        yield FaceRows(faces[np.arange(start, min(start + PART, len(faces)))])


def _parts_of_folder(file: Path, labels: tuple[str, ...]) -> Iterator[FaceRows]:
    pa, pq = optional("pyarrow", "data"), optional("pyarrow.parquet", "data")
    done = 0
    try:
        with pq.ParquetFile(file) as opened:
            known = [name for name in ABOUT if name in opened.schema_arrow.names]
            for group in range(opened.num_row_groups):
                table = opened.read_row_group(group, columns=["image", "label", "usage", "key", *known])
                for batch in table.to_batches(PART):
                    yield _rows_of(batch, labels, known, f"{file}: row", done)
                    done += batch.num_rows
    except (pa.ArrowException, OSError, KeyError) as error:
        reason = str(error).splitlines()[0].rstrip(". ") if str(error) else "it cannot be read"
        raise DatasetError(f"{file}: expected a whole parquet file; {reason}; copy it again") from error


def _rows_of(batch: Any, labels: tuple[str, ...], known: list[str], where: str, done: int) -> FaceRows:
    pictures = batch.column("image").to_pylist()
    images = np.zeros((len(pictures), SIDE, SIDE), np.uint8)
    for row, picture in enumerate(pictures):
        images[row] = _decode((picture or {}).get("bytes") or b"", f"{where} {done + row + 1}")
    faces = FaceSet(
        images,
        np.array(batch.column("label").to_pylist(), np.int64),
        np.array([word or "" for word in batch.column("usage").to_pylist()], np.str_),
        labels,
        names=tuple(str((picture or {}).get("path") or "") for picture in pictures),
    )
    about = {name: tuple(text or "" for text in batch.column(name).to_pylist()) for name in known}
    rows = FaceRows(faces, about=about)
    wrong = np.flatnonzero(rows.keys != np.array(batch.column("key").to_pylist(), "U64"))
    if len(wrong):
        raise DatasetError(f"{where} {done + wrong[0] + 1}: the picture is not the one of its key; copy the set again")
    return rows


def _decode(data: bytes, where: str) -> npt.NDArray[np.uint8]:
    """A face of a set's folder. OpenCV is ten times as fast as Pillow; its result is held against the key."""
    if data.startswith(_PNG) and data[16:24] == _SIZE:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if image is not None and image.shape == (SIDE, SIDE) and image.dtype == np.uint8:
            return image.astype(np.uint8, copy=False)
    return decode_face(data, where)
