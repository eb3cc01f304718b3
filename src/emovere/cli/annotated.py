"""The folder into which annotated pictures are written."""

from __future__ import annotations

import re
from pathlib import Path

from emovere.report.draw import save_annotated
from emovere.types import Frame, FrameResult

_KEPT = {".jpg", ".jpeg", ".png", ".webp"}


class AnnotatedFolder:
    """Gives every picture a name of its own, so that two called photo.jpg do not overwrite each other."""

    def __init__(self, folder: Path, top_k: int) -> None:
        self.folder = folder
        self.top_k = top_k
        self._taken: set[str] = set()

    def save(self, frame: Frame, result: FrameResult) -> Path:
        """Draw the result on its picture and write it; returns where. Raises OutputError."""
        path = self.folder / self._name(frame)
        save_annotated(frame.image, result, path, top_k=self.top_k)
        return path

    def _name(self, frame: Frame) -> str:
        source = Path(frame.source)
        stem = "stdin" if frame.source == "-" else re.sub(r"[\x00-\x1f/\\:]", "_", source.stem) or "photo"
        if frame.index:
            stem = f"{stem}.{frame.index:04d}"
        suffix = source.suffix.lower() if source.suffix.lower() in _KEPT else ".png"
        name, number = f"{stem}{suffix}", 1
        while name in self._taken:
            number += 1
            name = f"{stem}-{number}{suffix}"
        self._taken.add(name)
        return name
