"""FER2013 as Hugging Face keeps image sets: parquet with ``image`` (bytes, path), ``label`` and perhaps ``usage``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from emovere.datasets.emotions import SIDE, emotion_position, official_split
from emovere.datasets.faceset import FaceSet
from emovere.datasets.pictures import decode_face
from emovere.errors import DatasetError
from emovere.extras import optional
from emovere.labels import FER7, FERPLUS_COLUMNS

_LABEL = ("label", "labels", "emotion")
_USAGE = ("usage", "Usage", "split")


def read_parquet(path: Path) -> FaceSet:
    """Read every face of one file; votes where the ten ``votes_*`` columns are there.

    Labels are numbers in FER2013's order, unless the file's metadata names another, or words. Without a column
    ``usage`` the file's name tells the split: ``train-00000-of-00001.parquet`` is Training, ``test-...`` is test.
    Raises DatasetError for a file that is no parquet, is cut short, lacks a column, or holds a label that is none or a
    picture that cannot be decoded or is not 48 x 48, with the number of the row, from 1. Raises MissingExtra without
    pyarrow.
    """
    table = _read_table(path)
    label_column = _column(table, _LABEL)
    missing = [name for name, here in (("image", "image" in table.column_names), ("label", label_column)) if not here]
    if missing:
        raise DatasetError(f"{path}: expected columns image, label, usage; missing {', '.join(missing)}")
    rows = table.column("image").to_pylist()
    if not rows:
        raise DatasetError(f"{path}: expected a row for each face; there is none")
    images, names = _pictures(rows, path)
    return FaceSet(
        images=images,
        labels=_labels(table.column(label_column).to_pylist(), _label_names(table, label_column), path),
        splits=_splits(table, path),
        label_names=FER7,
        votes=_votes(table, path),
        names=names,
    )


def _read_table(path: Path) -> Any:
    pa, pq = optional("pyarrow", "data"), optional("pyarrow.parquet", "data")
    try:
        return pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0].rstrip(". ") if str(error) else "it cannot be read"
        raise DatasetError(f"{path}: expected a whole parquet file; {reason}; copy it again") from error


def _column(table: Any, names: Sequence[str]) -> str | None:
    return next((name for name in names if name in table.column_names), None)


def _pictures(rows: Sequence[Any], path: Path) -> tuple[npt.NDArray[np.uint8], tuple[str, ...]]:
    images, names = [], []
    for number, row in enumerate(rows, 1):
        data = row.get("bytes") if isinstance(row, dict) else row
        if not isinstance(data, bytes):
            raise DatasetError(f"{path}: row {number}: expected the bytes of a picture; got {type(data).__name__}")
        images.append(decode_face(data, f"{path}: row {number}"))
        names.append(row.get("path") if isinstance(row, dict) else None)
    known = tuple(str(name) for name in names if name)
    return np.stack(images).reshape(-1, SIDE, SIDE), known if len(known) == len(images) else ()


def _label_names(table: Any, column: str | None) -> tuple[str, ...]:
    """The words behind the numbers, in the numbers' order, as the metadata gives them; else FER2013's own."""
    metadata = table.schema.metadata or {}
    try:
        names = json.loads(metadata[b"huggingface"])["info"]["features"][column]["names"]
    except (KeyError, TypeError, ValueError):
        names = [name for name in metadata.get(b"names", b"").decode("utf-8", "replace").split(",") if name]
    # Words that mean no emotion, such as the bare numbers of some copies, say nothing about the order.
    named = all(isinstance(name, str) and emotion_position(name) is not None for name in names)
    return tuple(names) if names and named else FER7


def _labels(values: Sequence[Any], names: tuple[str, ...], path: Path) -> npt.NDArray[np.int64]:
    positions = [emotion_position(name) for name in names]
    labels = []
    for number, value in enumerate(values, 1):
        position = None
        if isinstance(value, str):
            position = emotion_position(value)
        elif isinstance(value, int) and 0 <= value < len(positions):
            position = positions[value]
        if position is None:
            raise DatasetError(f"{path}: row {number}: expected a label of 0 to {len(names) - 1}; got {value!r}")
        labels.append(position)
    return np.array(labels, np.int64)


def _splits(table: Any, path: Path) -> npt.NDArray[np.str_]:
    column = _column(table, _USAGE)
    if column is None:
        word = path.name.removesuffix(".parquet").split("-")[0]
        return np.full(table.num_rows, official_split(word) or word)
    words = table.column(column).to_pylist()
    for number, word in enumerate(words, 1):
        if not isinstance(word, str) or not word:
            raise DatasetError(f"{path}: row {number}: expected the name of a split; got {word!r}")
    return np.array([official_split(word) or word for word in words])


def _votes(table: Any, path: Path) -> npt.NDArray[np.int64] | None:
    columns = [f"votes_{name}" for name in FERPLUS_COLUMNS]
    if not set(columns) <= set(table.column_names):
        return None
    values = [table.column(name).to_pylist() for name in columns]
    if any(value is None for column in values for value in column):
        raise DatasetError(f"{path}: expected ten votes in every row; some are missing")
    return np.array(values, np.int64).T.copy()
