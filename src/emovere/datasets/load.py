"""A set of faces from wherever it lies: a set's folder with its patches, or FER2013 in any of its layouts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emovere.align.crop import SIDE, crop_faces
from emovere.datasets.faceset import FaceSet
from emovere.datasets.fer2013 import load_fer2013
from emovere.datasets.ferplus import read_ferplus, with_votes
from emovere.datasets.folder import FACES_FILE, is_set_folder, patches_of, read_folder
from emovere.datasets.laid import Applied, Cut, lay_over
from emovere.datasets.patch import label_place, read_patch
from emovere.datasets.rows import FaceRows
from emovere.errors import DatasetError, LabelMismatch
from emovere.labels import FER7
from emovere.sources.photo import read_photo
from emovere.types import Faces

_WHOLE_CROP = (0.0, 0.0, float(SIDE), float(SIDE))


def load_rows(
    path: Path, *, ferplus: Path | None = None, patches: Sequence[Path] = (), splits: Sequence[str] | None = None
) -> FaceRows:
    """Every face of a set, its own patches and then ``patches`` laid over.

    path: a set's folder, or what load_fer2013 reads. splits: ``patches`` touch only faces of these; the set's own touch
    all. Raises DatasetError or LabelMismatch, one line each.
    """
    return load_patched(path, ferplus=ferplus, patches=patches, splits=splits)[0]


def load_faces(
    path: Path, *, ferplus: Path | None = None, patches: Sequence[Path] = (), splits: Sequence[str] | None = None
) -> FaceSet:
    """The same as pictures, labels, splits and votes, with FER2013's seven labels in their order.

    Raises LabelMismatch for a set of other classes.
    """
    faces = load_rows(path, ferplus=ferplus, patches=patches, splits=splits).faces
    if faces.label_names == FER7:
        return faces
    places = [label_place(name, FER7) for name in faces.label_names]
    strange = [name for name, place in zip(faces.label_names, places, strict=True) if place is None]
    if strange or len(set(places)) < len(places):
        got = ", ".join(strange or faces.label_names)
        raise LabelMismatch(
            f"{path}: expected classes that mean {', '.join(FER7)}, each once; got {got}; "
            "for classes of your own see emovere train --from"
        )
    labels = np.array(places, np.int64)[faces.labels]
    return dataclasses.replace(faces, labels=labels, label_names=FER7)


def load_patched(
    path: Path, *, ferplus: Path | None = None, patches: Sequence[Path] = (), splits: Sequence[str] | None = None
) -> tuple[FaceRows, Applied]:
    """The same as load_rows, and what ``patches`` did."""
    if is_set_folder(path):
        rows, _ = lay_over(read_folder(path), [read_patch(file) for file in patches_of(path)], cut=cutter(path))
        if ferplus is not None:
            rows = rows.with_faces(with_votes(rows.faces, read_ferplus(ferplus), str(ferplus)))
    elif (path / FACES_FILE).is_file() and not (path / "fer2013.parquet").is_file():
        raise DatasetError(f"{path}: is the folder of a set that was not finished; make it anew")
    else:
        rows = FaceRows(load_fer2013(path, ferplus=ferplus))
    return lay_over(rows, [read_patch(file) for file in patches], splits=splits, cut=cutter(path))


def cutter(folder: Path) -> Cut:
    """What cuts a square out of a set's whole pictures: (48, 48) uint8 grey, averaged down as ``analyze`` does it.

    What it raises: UnreadableImage.
    """

    def cut(picture: str, box: tuple[float, float, float, float]) -> npt.NDArray[np.uint8]:
        frame = next(iter(read_photo(folder / picture)))
        faces = Faces(np.array([box], np.float32), np.ones(1, np.float32), None)
        crop: npt.NDArray[np.uint8] = crop_faces(frame, faces, _WHOLE_CROP).images[0]
        return crop

    return cut
