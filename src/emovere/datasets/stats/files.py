"""Whether the pictures that a set's rows name can be used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from emovere.datasets.rows import FaceRows
from emovere.types import Int64

COLUMNS = ("picture", "colour")

MISSING, BROKEN = "missing", "broken"


@dataclass(frozen=True, eq=False)
class BadFile:
    """A file that rows name and that cannot be used."""

    name: str
    """As the rows have it."""
    kind: str
    """MISSING or BROKEN: it cannot be decoded to its end."""
    rows: Int64
    """The rows that name it."""

    @property
    def outside(self) -> bool:
        """Whether it lies outside the set's folder, as the pictures of an imported set do."""
        return Path(self.name).is_absolute()


def bad_files(rows: FaceRows, folder: Path) -> list[BadFile]:
    """The files that cannot be used, by name; each is looked at once. folder: the set's, for relative names."""
    named: dict[str, list[int]] = {}
    for column in COLUMNS:
        for row, name in enumerate(rows.column(column)):
            if name:
                named.setdefault(name, []).append(row)
    found = []
    for name in sorted(named):
        kind = _kind(folder / name)
        if kind is not None:
            found.append(BadFile(name, kind, np.array(named[name], np.int64)))
    return found


def _kind(path: Path) -> str | None:
    """A JPEG is decoded at a quarter of its size, which reads all of it."""
    try:
        with Image.open(path) as picture:
            picture.draft("L", (max(1, picture.width // 4), max(1, picture.height // 4)))
            picture.load()
    except FileNotFoundError:
        return MISSING
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return BROKEN
    return None
