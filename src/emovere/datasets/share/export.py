"""A set in a form to give away: its files, its card, its register of licences; whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from emovere.datasets.rows import FaceRows
from emovere.datasets.share.card import write_card
from emovere.datasets.share.coco import write_coco
from emovere.datasets.share.plainly import Written, write_csv, write_folders, write_hugging_face
from emovere.datasets.share.register import write_register
from emovere.datasets.share.whole import whole_folder
from emovere.errors import ConfigError, DatasetError, unknown_name

_PLAIN: dict[str, Callable[[FaceRows, Path], Written]] = {
    "folders": write_folders,
    "csv": write_csv,
    "parquet": write_hugging_face,
}

FORMATS = (*_PLAIN, "coco")


def export(rows: FaceRows, path: Path, form: str, *, name: str, source: Path | None = None) -> list[str]:
    """Write the set as ``form``, one of FORMATS, and return the names of what lies in the folder.

    name: what the card calls it. source: the set's folder, in which its whole pictures lie. Raises ConfigError for
    another form, DatasetError for a set without faces or that the form cannot hold, OutputError where it cannot be
    written or something lies there already.
    """
    if form not in FORMATS:
        raise ConfigError(unknown_name("format", form, FORMATS))
    if not len(rows):
        raise DatasetError(f"{name}: holds no face; there is nothing to give away")
    with whole_folder(path) as folder:
        written = write_coco(rows, folder, source) if form == "coco" else _PLAIN[form](rows, folder)
        tables = write_register(rows, folder)
        write_card(rows, folder, name, written.layout, tables, written.files)
        return sorted(child.name for child in folder.iterdir())
