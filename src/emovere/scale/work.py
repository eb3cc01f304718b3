"""What one process does with a job: photos some at a time, recordings whole or in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import cv2

from emovere.errors import EmovereError
from emovere.pipeline import BATCH_PIXELS, Analyzer, Seen
from emovere.scale.cuts import pieces_of
from emovere.scale.messages import Cut, Item, Job, Row
from emovere.scale.options import ArchiveOptions, in_one_thread
from emovere.scale.piece import follow_piece
from emovere.sources.photo import read_photo
from emovere.sources.recording import is_recording
from emovere.types import Frame, Problem

Placed: TypeAlias = tuple[int, Item]
"""An item of a job, behind the place of its source among the job's."""


class Work:
    """Loaded models, and options, in one thread."""

    def __init__(self, options: ArchiveOptions, *, pictures: bool = False) -> None:
        """pictures: whether rows carry their pictures. Raises what Analyzer raises."""
        cv2.setNumThreads(1)
        self.options = options
        self._pictures = pictures
        self.analyzer = Analyzer(in_one_thread(options))

    def do(self, job: Job) -> Iterator[Placed | Cut]:
        """The items of a job's sources in order; a long recording is told to be cut, and not done.

        Raises EngineError, and whatever a library raises without being asked to.
        """
        gathered: list[tuple[int, Frame]] = []
        pixels = 0
        for place, source in enumerate(job.sources):
            content = job.content(place)
            if content is None and (job.piece is not None or is_recording(source)):
                yield from self._see(gathered)
                gathered, pixels = [], 0
                yield from self._recording(place, source, job)
                continue
            try:
                for frame in read_photo(source if content is None else content, self.options.photo, name=source):
                    gathered.append((place, frame))
                    pixels += frame.size[0] * frame.size[1]
                    if len(gathered) >= self.options.frames or pixels > BATCH_PIXELS:
                        yield from self._see(gathered)
                        gathered, pixels = [], 0
            except EmovereError as error:
                yield from self._see(gathered)
                gathered, pixels = [], 0
                yield place, Problem(source, type(error).__name__, str(error))
        yield from self._see(gathered)

    def _see(self, gathered: list[tuple[int, Frame]]) -> Iterator[Placed]:
        seen = self.analyzer.see([frame for _, frame in gathered])
        for (place, _), one in zip(gathered, seen, strict=True):
            yield place, self._row(one)

    def _recording(self, place: int, source: str, job: Job) -> Iterator[Placed | Cut]:
        if job.piece is not None:
            items = follow_piece(self.analyzer, source, job.piece, self.options, pictures=self._pictures)
            yield from ((place, item) for item in items)
            return
        pieces = pieces_of(source, self.options)
        if len(pieces) > 1:
            yield Cut(place, pieces)
            return
        for one in self.analyzer.stream([source], resume=job.resume):
            yield place, one if isinstance(one, Problem) else self._row(one)

    def _row(self, seen: Seen) -> Row:
        return Row(seen.result, seen.frame.image if self._pictures else None, seen.done, seen.checkpoint)
