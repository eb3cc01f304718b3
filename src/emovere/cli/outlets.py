"""What a run makes besides its rows: annotated pictures and videos, a timeline, a list of events, a comparison."""

from __future__ import annotations

import contextlib
import csv
import sys
from collections.abc import Iterable
from dataclasses import astuple, fields
from pathlib import Path
from typing import TYPE_CHECKING

from emovere.errors import ConfigError
from emovere.files import atomic_write
from emovere.types import Event, Frame, FrameResult

if TYPE_CHECKING:
    from emovere.config import Options
    from emovere.following import Look
    from emovere.report.movie import Movie

MOVIES = (".mp4", ".mkv", ".webm")


class Annotated:
    """Draws every frame: photos into a folder, each moving picture as a video of its own."""

    def __init__(self, target: Path, top_k: int, options: Options, *, symbols: bool) -> None:
        """target: a folder, or the name of a video. Raises ConfigError."""
        from emovere.cli.annotated import AnnotatedFolder

        self._target = target
        self._single = target.suffix.lower() in MOVIES
        self._folder = AnnotatedFolder(target, top_k, symbols=symbols)
        self._options = options
        self._top_k = top_k
        self._symbols = symbols
        self._source: str | None = None
        self._movie: Movie | None = None

    def frame(self, frame: Frame, result: FrameResult) -> None:
        """Draw one frame. Raises OutputError, or ConfigError where a second source would overwrite the one video."""
        if frame.time_s is None:
            if self._single:
                raise ConfigError(f"--annotate {self._target}: is a video; name a folder for photos")
            self._folder.save(frame, result)
            return
        from emovere.report.draw import annotate

        if self._movie is None or frame.source != self._source:
            self._movie = self._next_movie(frame.source)
        picture = annotate(frame.image, result, top_k=self._top_k, symbols=self._symbols)
        self._movie.write(picture, frame.time_s)

    def recall(self, source: str, results: Iterable[FrameResult]) -> None:
        """Draw again what an interrupted run had seen of a recording, from its rows."""
        from emovere.sources.recording import open_recording

        seen = {result.index: result for result in results}
        if not seen:
            return
        last = max(seen)
        with contextlib.closing(open_recording(source, self._options)) as recording:
            for item in recording.frames:
                if isinstance(item, Frame) and item.index in seen:
                    self.frame(item, seen[item.index])
                if isinstance(item, Frame) and item.index >= last:
                    return

    def close(self) -> None:
        """Finish the video that is being written."""
        if self._movie is not None:
            self._movie.close()
            self._movie = None

    def _next_movie(self, source: str) -> Movie:
        from emovere.report.movie import Movie

        if self._single and self._source is not None:
            raise ConfigError(f"--annotate {self._target}: is one video; name a folder for several")
        self.close()
        self._source = source
        path = self._target if self._single else self._target / f"{self._folder.stem(source)}.mp4"
        wanted = self._options.video
        sound = Path(source) if Path(source).is_file() else None
        return Movie(path, rate=None, sound_from=sound, start=wanted.start, end=wanted.end or None)


class Pictures:
    """One video of everything that is watched, as it is or drawn on."""

    def __init__(self, path: Path, top_k: int | None, *, symbols: bool = False) -> None:
        """top_k: expressions to name for each face; None leaves the pictures as they are."""
        from emovere.report.movie import Movie

        self._movie = Movie(path, rate=None)
        self._top_k = top_k
        self._symbols = symbols

    def look(self, look: Look) -> None:
        """Take one look."""
        image = look.frame.image
        if self._top_k is not None:
            from emovere.report.draw import annotate

            image = annotate(image, look.result, top_k=self._top_k, symbols=self._symbols)
        self._movie.write(image, look.frame.time_s or 0.0)

    def __enter__(self) -> Pictures:
        return self

    def __exit__(self, *_: object) -> None:
        self._movie.close()


class Timeline:
    """Expressions over time, as a picture or a page."""

    def __init__(self, path: Path, labels: tuple[str, ...]) -> None:
        from emovere.report.timeline_data import TimelineData

        self._path = path
        self._data = TimelineData(labels)

    def frame(self, result: FrameResult) -> None:
        """Take one frame."""
        if result.time_s is not None:
            self._data.frame(result)
            for event in result.events:
                self._data.event(event)

    def close(self) -> None:
        """Write the file. Raises OutputError."""
        if self._path.suffix.lower() == ".png":
            from emovere.report.timeline_picture import draw_timeline

            draw_timeline(self._data, self._path)
        else:
            from emovere.report.timeline_page import write_timeline_page

            write_timeline_page(self._data, self._path)


class Compared:
    """What differs between the sources, told at the end."""

    def __init__(self, labels: tuple[str, ...], *, aside: bool) -> None:
        """aside: whether stdout holds rows for a program, so that this goes to stderr."""
        from emovere.report.comparison import Comparison

        self._comparison = Comparison(labels)
        self._aside = aside

    def frame(self, result: FrameResult) -> None:
        """Take one frame."""
        self._comparison.frame(result)

    def close(self) -> None:
        """Print the table."""
        print(f"\n{self._comparison.table()}", end="", file=sys.stderr if self._aside else sys.stdout)


class EventList:
    """Gathers events and writes them as CSV, in the order of sources and time."""

    COLUMNS = tuple(field.name for field in fields(Event))

    def __init__(self, path: Path) -> None:
        self._path = path
        self._events: list[Event] = []

    def frame(self, result: FrameResult) -> None:
        """Take one frame's events."""
        self._events += result.events

    def close(self) -> None:
        """Write the file. Raises OutputError."""
        order = {source: place for place, source in enumerate(dict.fromkeys(e.source for e in self._events))}
        with atomic_write(self._path) as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(self.COLUMNS)
            for event in sorted(self._events, key=lambda e: (order[e.source], e.time_s)):
                writer.writerow("" if value is None else value for value in astuple(event))
