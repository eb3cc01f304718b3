"""FER2013 (Goodfellow et al. 2013, arXiv 1307.0414) in whatever layout it lies on the disk."""

from __future__ import annotations

from pathlib import Path

from emovere.datasets.faceset import FaceSet, join
from emovere.datasets.fer2013_csv import read_csv
from emovere.datasets.fer2013_folders import has_emotions, read_folders, subfolders
from emovere.datasets.fer2013_parquet import read_parquet
from emovere.datasets.ferplus import read_ferplus, with_votes
from emovere.datasets.splits import settle_splits
from emovere.errors import DatasetError, LabelMismatch

CSV_NAMES = ("fer2013.csv", "icml_face_data.csv")

_LAYOUTS = "fer2013.csv, a parquet file, or folders such as train/angry"

_ARCHIVES = {b"PK\x03\x04": "zip archive", b"\x1f\x8b": "gzip archive", b"7z\xbc\xaf": "7z archive"}


def load_fer2013(path: Path, *, ferplus: Path | None = None) -> FaceSet:
    """Read FER2013 from a csv, a parquet file, a folder of either, or folders of pictures.

    The layout is told by looking: Kaggle's ``fer2013.csv`` or ``icml_face_data.csv``, Hugging Face parquet (one file
    or a folder of several), ``<split>/<emotion>/<picture>``. Splits are recognised by their class counts. ``ferplus``
    is FER+'s ``fer2013new.csv``; its votes replace any that the data bring along. Raises DatasetError for
    what is none of these or is damaged, and LabelMismatch where splits or votes contradict the faces.
    """
    faces, by_row = _read(path)
    if not by_row and ferplus is not None and not any(name.lower().startswith("fer") for name in faces.names):
        raise LabelMismatch(
            f"{path}: these faces are not in the order of rows that FER+'s votes go by; "
            "give fer2013.csv as the data, or pictures named as FER+ names them (fer0000012.png)"
        )
    faces = settle_splits(faces, str(path))
    return faces if ferplus is None else with_votes(faces, read_ferplus(ferplus), str(ferplus))


def _read(path: Path) -> tuple[FaceSet, bool]:
    """The faces, and whether they stand in the order of the original's rows."""
    if not path.exists():
        raise DatasetError(f"{path}: there is no such file or folder; expected {_LAYOUTS}")
    try:
        if path.is_dir():
            return _read_folder(path)
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror or error}") from error
    if head.startswith(b"PAR1") or path.suffix.lower() == ".parquet":
        return read_parquet(path), True
    for magic, kind in _ARCHIVES.items():
        if head.startswith(magic):
            raise DatasetError(f"{path}: expected {_LAYOUTS}; this is a {kind}: unpack it first")
    if b"\x00" in head:
        raise DatasetError(f"{path}: expected {_LAYOUTS}; this is neither text nor parquet")
    return read_csv(path), True


def _read_folder(folder: Path) -> tuple[FaceSet, bool]:
    inner = subfolders(folder)
    for place in (folder, *inner):
        files = {file.name.lower(): file for file in place.iterdir() if file.is_file()}
        csv = next((files[name] for name in CSV_NAMES if name in files), None)
        if csv is not None:
            return read_csv(csv), True
        parquet = [files[name] for name in sorted(files) if name.endswith(".parquet")]
        if "fer2013.parquet" in files:
            parquet = [files["fer2013.parquet"]]
        if parquet:
            return join([read_parquet(file) for file in parquet]), len(parquet) == 1
    nested = not has_emotions(folder) and not any(has_emotions(child) for child in inner)
    if nested and len(inner) == 1 and subfolders(inner[0]):
        return _read_folder(inner[0])
    return read_folders(folder), False
