"""Pictures that lie on this machine: FOLDER/emotion/picture, or a folder of pictures of no stated emotion."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from emovere.datasets.collect.found import Find
from emovere.errors import DatasetError
from emovere.sources.folders import is_image_name, pictures_below
from emovere.types import Problem


def in_folder(folder: Path) -> Iterator[Find]:
    """The pictures below a folder; the first folder below it names the emotion. Raises DatasetError.

    A find's address is its path from the folder's own name on, with ``/``: where the folder lies is nobody's business.
    """
    name = folder.resolve().name
    for entry in pictures_below(str(folder)):
        if isinstance(entry, Problem):
            raise DatasetError(entry.message)
        path = Path(entry)
        if is_image_name(path.name):
            inside = path.relative_to(folder)
            emotion = inside.parts[0] if len(inside.parts) > 1 else ""
            yield Find("/".join((name, *inside.parts)), emotion, provider="folder", path=path)
