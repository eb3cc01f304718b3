"""Pictures that together move: numbered files, the photos of a folder, the pages of an animation."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from emovere.config import PhotoOptions, VideoOptions
from emovere.errors import ConfigError, UnreadableImage
from emovere.sources.folders import NUMBER, is_image_name, pictures_below
from emovere.sources.names import printable
from emovere.sources.photo import read_photo
from emovere.sources.video_choice import Choice
from emovere.types import Frame, Problem


def read_sequence(
    pattern_or_folder: str | Path,
    rate: float,
    options: VideoOptions | None = None,
    photo: PhotoOptions | None = None,
) -> Iterator[Frame | Problem]:
    """The pictures of a numbered sequence, such as ``shot_%04d.png``, or of a folder, as frames of one source.

    rate: frames a second. A pattern's pictures come by their number, and a number that is missing keeps its time; a
    folder's in natural order, without those of folders in it. The first has index 0 and time 0. Of a picture with
    several pages the first counts. A picture that cannot be read is a Problem in its place; nothing at all to read is
    one, too. Raises ConfigError for a rate or options that make no sense.
    """
    if not (math.isfinite(rate) and rate > 0):
        raise ConfigError(f"video.rate: expected frames a second, more than 0; got {rate}")
    choice = Choice(options or VideoOptions())
    name = os.fspath(pattern_or_folder)
    empty = True
    for item in _pictures(name):
        empty = False
        if isinstance(item, Problem):
            yield item
            continue
        index, path = item
        if choice.is_over(index / rate):
            break
        if choice.takes(index / rate):
            yield _frame(path, name, index, index / rate, photo)
    if empty:
        yield Problem(
            name, "InputError", f"{printable(name)}: no picture; expected a folder or names like shot_%04d.png"
        )


def read_animation(
    path: str | Path, photo: PhotoOptions | None = None, options: VideoOptions | None = None
) -> Iterator[Frame]:
    """The pages of an animated GIF, WebP, PNG or AVIF that options choose by their times.

    Raises UnreadableImage as ``read_photo`` does, ConfigError for options that make no sense.
    """
    choice = Choice(options or VideoOptions())
    for frame in read_photo(path, photo):
        time_s = frame.time_s or 0.0
        if choice.is_over(time_s):
            return
        if choice.takes(time_s):
            yield frame


def _pictures(name: str) -> Iterator[tuple[int, str] | Problem]:
    """Index and path of each picture that there is, in order."""
    if Path(name).is_dir():
        here = takewhile(
            lambda item: isinstance(item, Problem) or Path(item).parent == Path(name), pictures_below(name)
        )
        index = 0
        for item in here:
            if isinstance(item, Problem):
                yield item
            elif is_image_name(item):
                yield index, item
                index += 1
        return
    try:
        numbered = _numbered(Path(name))
    except OSError as error:
        yield Problem(name, "InputError", f"{printable(name)}: cannot be opened: {error.strerror or error}")
        return
    for number, path in numbered:
        yield number - numbered[0][0], path


def _numbered(pattern: Path) -> list[tuple[int, str]]:
    """Number and path of each file whose name is the pattern with a number put in, by number.

    Raises OSError where the folder cannot be listed.
    """
    parts = NUMBER.split(pattern.name)
    if len(parts) != 4 or not pattern.parent.is_dir():
        return []
    before, zero, width, after = parts
    name = re.compile(re.escape(before.replace("%%", "%")) + r"( *\d+)" + re.escape(after.replace("%%", "%")))
    found = []
    for path in pattern.parent.iterdir():
        match = name.fullmatch(path.name)
        if match and match[1] == f"{int(match[1]):{zero}{width}d}":
            found.append((int(match[1]), str(path)))
    return sorted(found)


def _frame(path: str, source: str, index: int, time_s: float, photo: PhotoOptions | None) -> Frame | Problem:
    try:
        return Frame(next(read_photo(path, photo)).image, index, time_s, source)
    except UnreadableImage as error:
        return Problem(path, type(error).__name__, str(error))
