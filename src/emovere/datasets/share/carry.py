"""Whole pictures and colour crops that a new set takes over from an old one."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath

from emovere.datasets.rows import FaceRows
from emovere.errors import DatasetError, OutputError

COLUMNS = ("picture", "colour")


def carry_files(rows: FaceRows, source: Path, target: Path) -> int:
    """Bring the files that the rows name inside ``source`` to the same places in ``target``; returns how many.

    They are linked where the file system can, else copied. Files outside the set and missing ones stay where they are.
    Raises DatasetError for a path that leads out of the set, and OutputError where nothing can be written.
    """
    names = sorted({text for column in COLUMNS for text in rows.column(column) if text})
    carried = 0
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or not (source / path).is_file():
            continue
        if ".." in path.parts:
            raise DatasetError(f"{source}: {name!r} leads out of the set; expected a path inside it")
        try:
            _carry(source / path, target / path)
        except OSError as error:
            raise OutputError(f"{target / path}: cannot be written: {error.strerror or error}") from error
        carried += 1
    return carried


def _carry(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        return
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)
