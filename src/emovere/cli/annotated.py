"""The folder into which annotated pictures are written."""

from __future__ import annotations

import re
from pathlib import Path

from emovere.report.draw import save_annotated
from emovere.types import Frame, FrameResult

_KEPT = {".jpg", ".jpeg", ".png", ".webp"}


class AnnotatedFolder:
    """Gives every picture a name of its own, so that two called photo.jpg do not overwrite each other."""

    def __init__(self, folder: Path, top_k: int, *, symbols: bool = False) -> None:
        self.folder = folder
        self.top_k = top_k
        self.symbols = symbols
        self._taken: set[str] = set()

    def save(self, frame: Frame, result: FrameResult) -> Path:
        """Draw the result on its picture and write it; returns where. Raises OutputError."""
        path = self.folder / self._name(frame)
        save_annotated(frame.image, result, path, top_k=self.top_k, symbols=self.symbols)
        return path

    def stem(self, source: str, suffix: str = ".mp4") -> str:
        """A name for what is made of a source, without its ending, that nothing else has in this folder."""
        return self._free(_stem(source), suffix).removesuffix(suffix)

    def _name(self, frame: Frame) -> str:
        source = Path(frame.source)
        stem = _stem(frame.source)
        if frame.index:
            stem = f"{stem}.{frame.index:04d}"
        return self._free(stem, source.suffix.lower() if source.suffix.lower() in _KEPT else ".png")

    def _free(self, stem: str, suffix: str) -> str:
        name, number = f"{stem}{suffix}", 1
        while name in self._taken:
            number += 1
            name = f"{stem}-{number}{suffix}"
        self._taken.add(name)
        return name


def _stem(source: str) -> str:
    return "stdin" if source == "-" else re.sub(r"[\x00-\x1f/\\:]", "_", Path(source).stem) or "photo"
