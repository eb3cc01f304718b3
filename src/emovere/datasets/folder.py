"""A set as a folder on the disk: rows that never change, and the patches that are laid over them.

::

    SET/set.json         what it is; written last, so that a folder without it is unfinished
    SET/faces.parquet    a row a face, in the layout of Hugging Face's image sets
    SET/patches/*.jsonl  verdicts on faces, laid over in the order of their names (emovere.datasets.patch)
    SET/pictures/        whole pictures, and SET/colour/ faces in colour, where there are any
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from emovere.datasets.emotions import SIDE
from emovere.datasets.faceset import FaceSet
from emovere.datasets.pictures import decode_face, encode_face
from emovere.datasets.rows import ABOUT, FaceRows
from emovere.errors import DatasetError, OutputError
from emovere.extras import optional
from emovere.files import atomic_write
from emovere.labels import FERPLUS_COLUMNS
from emovere.version import __version__

FORMAT = 1
ABOUT_FILE, FACES_FILE, PATCHES = "set.json", "faces.parquet", "patches"

_GROUP = 4096
"""Rows of one row group: what is encoded at a time."""


def is_set_folder(path: Path) -> bool:
    """Whether a finished set lies there."""
    return (path / ABOUT_FILE).is_file()


def patches_of(path: Path) -> list[Path]:
    """The patches that are laid over a set, in their order."""
    folder = path / PATCHES
    return sorted(folder.glob("*.jsonl")) if folder.is_dir() else []


def write_folder(rows: FaceRows, path: Path, *, name: str = "") -> None:
    """Write a set; ``name`` is what it calls itself, the folder's name unless given.

    Raises DatasetError where a finished set lies there already, OutputError where it cannot be written, and
    MissingExtra without pyarrow. A write that is cut short leaves no ``set.json``; the next one writes anew.
    """
    if is_set_folder(path):
        raise DatasetError(f"{path}: holds a set already; name another folder, or delete this one")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be made: {error.strerror or error}") from error
    write_parquet(rows, path / FACES_FILE)
    about = {
        "format": FORMAT,
        "name": name or path.resolve().name,
        "labels": list(rows.faces.label_names),
        "faces": len(rows),
        "emovere": __version__,
    }
    with atomic_write(path / ABOUT_FILE) as file:
        json.dump(about, file, ensure_ascii=False, indent=1)


def describe(path: Path) -> dict[str, Any]:
    """What a set's folder says of itself. Raises DatasetError where it is no set, unfinished, or of a later format."""
    try:
        about = json.loads((path / ABOUT_FILE).read_text(encoding="utf-8"))
        found, labels, faces = int(about["format"]), list(about["labels"]), int(about["faces"])
    except FileNotFoundError as error:
        raise DatasetError(f"{path}: expected a set's folder with {ABOUT_FILE} in it; write it anew") from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DatasetError(f"{path / ABOUT_FILE}: expected format, labels and faces as JSON; write it anew") from error
    if found > FORMAT:
        raise DatasetError(f"{path}: is of format {found}; this version reads up to {FORMAT}: update emovere")
    if len(set(labels)) < len(labels) or not all(isinstance(label, str) and label for label in labels):
        raise DatasetError(f"{path / ABOUT_FILE}: expected different names as labels; got {labels}")
    return {**about, "faces": faces}


def read_folder(path: Path) -> FaceRows:
    """Every row of a set's folder, without its patches.

    Raises DatasetError for what is no finished set or is damaged, and MissingExtra without pyarrow.
    """
    about = describe(path)
    file = path / FACES_FILE
    pa, pq = optional("pyarrow", "data"), optional("pyarrow.parquet", "data")
    try:
        table = pq.ParquetFile(file).read()
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0].rstrip(". ") if str(error) else "it cannot be read"
        raise DatasetError(f"{file}: expected a whole parquet file; {reason}; copy it again") from error
    missing = [name for name in ("image", "label", "usage", "key") if name not in table.column_names]
    if missing or table.num_rows != about["faces"]:
        got = f"without {', '.join(missing)}" if missing else f"{table.num_rows:,} rows"
        raise DatasetError(f"{file}: expected {about['faces']:,} rows with image, label, usage and key; got {got}")
    return _rows_of(table, tuple(about["labels"]), file)


def _rows_of(table: Any, label_names: tuple[str, ...], file: Path) -> FaceRows:
    pictures = table.column("image").to_pylist()
    images = np.zeros((len(pictures), SIDE, SIDE), np.uint8)
    for row, picture in enumerate(pictures):
        data = picture.get("bytes") if isinstance(picture, dict) else None
        if not isinstance(data, bytes):
            raise DatasetError(f"{file}: row {row + 1}: expected the bytes of a picture")
        images[row] = decode_face(data, f"{file}: row {row + 1}")
    columns = {name: table.column(name).to_pylist() for name in table.column_names if name != "image"}
    votes = [f"votes_{name}" for name in FERPLUS_COLUMNS]
    whole = all(name in columns and None not in columns[name] for name in votes)
    faces = FaceSet(
        images,
        np.array(columns["label"], np.int64),
        np.array([word or "" for word in columns["usage"]], np.str_),
        label_names,
        np.array([columns[name] for name in votes], np.int64).T.copy() if whole else None,
        tuple(str(picture.get("path") or "") for picture in pictures),
    )
    about = {name: tuple(text or "" for text in columns[name]) for name in ABOUT if name in columns}
    rows = FaceRows(faces, about=about)
    wrong = np.flatnonzero(rows.keys != np.array(columns["key"], "U64"))
    if len(wrong):
        raise DatasetError(f"{file}: row {wrong[0] + 1}: the picture is not the one of its key; copy the set again")
    return rows


def write_parquet(rows: FaceRows, path: Path) -> None:
    """Write the rows as parquet. Raises OutputError, and MissingExtra without pyarrow.

    Columns: ``image`` (bytes of a PNG, path), ``label``, ``usage``, votes where they are known, ``key`` and the columns
    of ABOUT that the set has.
    """
    pa, pq = optional("pyarrow", "data"), optional("pyarrow.parquet", "data")
    schema = _schema(pa, rows)
    try:
        with atomic_write(path, "wb") as file, pq.ParquetWriter(file, schema) as writer:
            for start in range(0, len(rows), _GROUP):
                part = rows[np.arange(start, min(start + _GROUP, len(rows)))]
                writer.write_table(pa.Table.from_pydict(_columns(part), schema=schema))
    except pa.ArrowException as error:
        raise OutputError(f"{path}: cannot be written: {error}") from error


def _schema(pa: Any, rows: FaceRows) -> Any:
    names = list(rows.faces.label_names)
    features: dict[str, Any] = {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}
    fields = [
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        ("label", pa.int64()),
        ("usage", pa.string()),
    ]
    if rows.faces.votes is not None:
        fields += [(f"votes_{name}", pa.int64()) for name in FERPLUS_COLUMNS]
    fields += [("key", pa.string()), *((name, pa.string()) for name in ABOUT if name in rows.about)]
    kinds = {"int64": "int64", "string": "string"}
    features |= {name: {"dtype": kinds[str(kind)], "_type": "Value"} for name, kind in fields if name not in features}
    metadata = {"huggingface": json.dumps({"info": {"features": features}}), "names": ",".join(names)}
    return pa.schema(fields, metadata=metadata)


def _columns(rows: FaceRows) -> dict[str, Any]:
    faces = rows.faces
    names = faces.names or ("",) * len(faces)
    columns: dict[str, Any] = {
        "image": [{"bytes": encode_face(image), "path": name} for image, name in zip(faces.images, names, strict=True)],
        "label": faces.labels,
        "usage": _texts(faces.splits),
    }
    if faces.votes is not None:
        columns |= {f"votes_{name}": faces.votes[:, place] for place, name in enumerate(FERPLUS_COLUMNS)}
    return {**columns, "key": _texts(rows.keys), **{name: list(texts) for name, texts in rows.about.items()}}


def _texts(values: npt.NDArray[np.str_]) -> list[str]:
    return [str(value) for value in values]
