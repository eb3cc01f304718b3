"""A collection as a set: every face cut out, the whole pictures beside them."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from emovere.config import DetectOptions
from emovere.datasets.clean.cut import CutFace, NoFace, cut_pictures
from emovere.datasets.clean.pictures import KNOWN, Found, read_pictures
from emovere.datasets.duplicates import exact_hashes
from emovere.datasets.faceset import FaceSet
from emovere.datasets.folder import is_set_folder, write_folder
from emovere.datasets.rows import FaceRows
from emovere.errors import DatasetError, OutputError
from emovere.files import atomic_write
from emovere.sources.names import printable
from emovere.types import Float32, Int64, UInt8

LEFT_OUT = "left_out.csv"

_QUALITY = 95

Watch: TypeAlias = Callable[[Iterable[float], str], Iterable[float]]
"""Passes on the shares of a work that are done, in [0, 1], and may tell them; the second says what is worked on."""


@dataclass(frozen=True, eq=False)
class Built:
    """A set made from whole pictures."""

    rows: FaceRows
    """N faces."""
    turns: Float32
    """(N,) how far each head is turned, by its landmarks in the whole picture; nan where there are none."""
    faces: Int64
    """(N,) faces in each face's picture."""
    dominant: np.typing.NDArray[np.bool_]
    """(N,) whether it is the one that its picture is of."""
    left_out: tuple[NoFace, ...]


def build_set(source: Path, output: Path, detect: DetectOptions, watch: Watch) -> Built:
    """Cut the faces of a collection, or of folders of pictures, and write them as a set.

    The set gets ``pictures/`` (the whole ones), ``colour/`` and, where some picture gave no face, ``left_out.csv``.
    Raises DatasetError where a set lies in ``output`` already, or no picture holds a face; OutputError; WeightsError.
    """
    if is_set_folder(output):
        raise DatasetError(
            f"{output}: holds a set already; name another folder, or clean it: emovere data clean {output}"
        )
    pictures = read_pictures(source)
    faces: list[tuple[CutFace, str, str]] = []
    left_out: list[NoFace] = []

    def work() -> Iterator[float]:
        for done, (found, cut) in enumerate(cut_pictures(pictures, detect), 1):
            if isinstance(cut, NoFace):
                left_out.append(cut)
            else:
                whole = _kept_whole(found.file, cut[0].digest, output)
                faces.extend((face, whole, _kept_colour(face, output)) for face in cut)
            yield done / len(pictures.found)

    for _ in watch(work(), "pictures"):
        pass
    if left_out:
        _write_left_out(left_out, output / LEFT_OUT)
    if not faces:
        raise DatasetError(f"{source}: no face in any of its {len(pictures.found):,} pictures; see {output / LEFT_OUT}")
    rows = _rows(faces, pictures.labels, source)
    write_folder(rows, output, name=output.resolve().name)
    return Built(
        rows,
        np.array([face.turn for face, _, _ in faces], np.float32),
        np.array([face.faces for face, _, _ in faces], np.int64),
        np.array([face.dominant for face, _, _ in faces], np.bool_),
        tuple(left_out),
    )


def _rows(faces: list[tuple[CutFace, str, str]], labels: tuple[str, ...], source: Path) -> FaceRows:
    place = {label: number for number, label in enumerate(labels)}
    images: UInt8 = np.stack([face.grey for face, _, _ in faces])
    counts: dict[tuple[str, str], int] = {}
    names = []
    for face, _, _ in faces:
        name, label = _name(face.found, source), face.found.label
        counts[name, label] = counts.get((name, label), 0) + 1
        names.append(name if face.faces == 1 else f"{name}#{counts[name, label]}")
    columns = {name: [face.found.about.get(name, "") for face, _, _ in faces] for name in KNOWN}
    rows = FaceRows(
        FaceSet(
            images,
            np.array([place[face.found.label] for face, _, _ in faces], np.int64),
            np.full(len(faces), ""),
            labels,
            names=tuple(names),
        )
    )
    return rows.with_columns(
        source=[face.found.source for face, _, _ in faces],
        **{name: texts for name, texts in columns.items() if any(texts)},
        picture=[whole for _, whole, _ in faces],
        box=[" ".join(f"{edge:.1f}" for edge in face.box) for face, _, _ in faces],
        colour=[colour for _, _, colour in faces],
    )


def _name(found: Found, source: Path) -> str:
    return printable(Path(os.path.relpath(found.file, source)).as_posix())


def _kept_whole(file: Path, digest: str, output: Path) -> str:
    """Where the whole picture lies in the set; a link to the same file where the disk allows it, else a copy."""
    inside = f"pictures/{digest[:2]}/{digest}{file.suffix.lower()}"
    target = output / inside
    if not target.exists():
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(file, target)
            except OSError:
                with atomic_write(target, "wb") as copy, file.open("rb") as original:
                    shutil.copyfileobj(original, copy)
        except OSError as error:
            raise OutputError(f"{target}: cannot be written: {error.strerror or error}") from error
    return inside


def _kept_colour(face: CutFace, output: Path) -> str:
    from PIL import Image

    key = str(exact_hashes(face.grey[None])[0])
    box = "-".join(str(round(float(edge))) for edge in face.box[:2])
    inside = f"colour/{key[:2]}/{key[:16]}-{face.digest[:8]}-{box}.jpg"
    data = io.BytesIO()
    Image.fromarray(face.colour).save(data, format="JPEG", quality=_QUALITY, subsampling=0)
    with atomic_write(output / inside, "wb") as file:
        file.write(data.getvalue())
    return inside


def _write_left_out(left_out: list[NoFace], path: Path) -> None:
    with atomic_write(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("file", "label", "reason", "note", "source"))
        for one in left_out:
            writer.writerow((printable(str(one.found.file)), one.found.label, one.reason, one.note, one.found.source))
