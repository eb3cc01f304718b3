"""Anything that moves and has an end: a video, an animation, a numbered sequence, a folder of colour and depth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from emovere.config import Options
from emovere.sources.depth_pairs import is_depth_folder
from emovere.sources.folders import is_numbered
from emovere.sources.kinds import kind_of
from emovere.sources.names import printable
from emovere.types import Frame, Problem


@dataclass
class Recording:
    """A recording that is open: its frames in turn, each with a time, and what is known of it."""

    source: str
    frames: Iterator[Frame | Problem]
    duration_s: float | None = None
    damaged: Callable[[], int] = field(default=lambda: 0)
    """Packets and frames that could not be decoded, so far."""
    close: Callable[[], None] = field(default=lambda: None)

    def damage(self) -> Problem | None:
        """What was skipped, as a Problem; None where nothing was."""
        if not self.damaged():
            return None
        skipped = f"{self.damaged():,} damaged packets or pictures were skipped; the rest was read"
        return Problem(self.source, "UnreadableVideo", f"{printable(self.source)}: {skipped}")


def is_recording(name: str) -> bool:
    """Whether a name stands for a moving picture. Raises nothing: what cannot be read is told when it is."""
    path = Path(name)
    if path.is_dir():
        return is_depth_folder(path)
    if not path.is_file():
        return is_numbered(name)
    return kind_of(path) != "photo"


def open_recording(name: str, options: Options, *, after: tuple[int, float] | None = None) -> Recording:
    """Open a recording. after: index and second of the frame after which to go on.

    Raises UnreadableVideo or UnreadableImage, and MissingExtra where the library is not installed.
    """
    path = Path(name)
    if path.is_dir():
        from emovere.sources.depth import read_depth_folder

        return Recording(name, _later(read_depth_folder(path, options.video, options.photo), after))
    if not path.is_file():
        from emovere.sources.sequence import read_sequence

        frames = read_sequence(name, options.video.rate, options.video, options.photo)
        return Recording(name, _later(frames, after))
    if kind_of(path) == "animation":
        from emovere.sources.sequence import read_animation

        return Recording(name, _later(read_animation(name, options.photo, options.video), after))
    from emovere.sources.video import VideoFile

    video = VideoFile(name, options.video, after=after)
    return Recording(name, iter(video), video.info.duration_s, lambda: video.damaged, video.close)


def _later(frames: Iterator[Frame | Problem], after: tuple[int, float] | None) -> Iterator[Frame | Problem]:
    """What comes after a frame that is done; decoding anew what lies before is cheap for these kinds."""
    for item in frames:
        if after is None or (isinstance(item, Frame) and item.index > after[0]):
            yield item
