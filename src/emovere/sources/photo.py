"""Photos: pictures of the usual formats, upright and in RGB, each page a frame."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from emovere.config import PhotoOptions
from emovere.errors import ShapeError, UnreadableImage
from emovere.sources.formats import GIF, HEAD, Format, is_cut_short, recognise, what_else
from emovere.sources.inputs import STANDARD_INPUT
from emovere.sources.names import printable
from emovere.sources.pixels import over_white, upright_rgb
from emovere.sources.quiet import quiet
from emovere.types import Frame, UInt8

MAX_BYTES = 1 << 30
"""Most that is taken into memory at once: from standard input, from a pipe, or of a format that is read whole."""

_SIGNS_OF_A_CUT = ("truncated", "end of", "premature", "expecting to read", "not enough")
"""Words in decoders' messages where a file ends too early."""


def read_photo(
    source: str | Path | bytes, options: PhotoOptions | None = None, *, name: str | None = None
) -> Iterator[Frame]:
    """The pages of a picture, one at a time: a photo has one, an animation or a multi-page TIFF several.

    source: a file, the text ``-`` for standard input, or a file's bytes. name: what the frames call their source;
    the file's name unless given. Frames are upright (EXIF), RGB, transparency over white; those of an animation carry
    their time in seconds. Where a later page is damaged, the pages before it come first. Raises UnreadableImage.
    """
    if name is None:
        name = "<bytes>" if isinstance(source, bytes) else os.fspath(source)
    shown = "standard input" if isinstance(source, str) and source == STANDARD_INPUT else printable(name)
    with contextlib.closing(_file(source, shown)) as file:
        yield from _pages(file, name, shown, options or PhotoOptions())


def frame_of(array: npt.NDArray[Any], name: str = "<array>") -> Frame:
    """A Frame of an array: (H, W, 3) uint8 RGB, (H, W) uint8 grey, or (H, W, 4) uint8 RGBA over white.

    OpenCV's pictures are BGR: turn them round with ``image[..., ::-1]`` first. Raises ShapeError.
    """
    if not isinstance(array, np.ndarray):
        raise ShapeError(f"{name}: expected a numpy array; got {type(array).__name__}")
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or channels not in (1, 3, 4) or not array.size:
        raise ShapeError(
            f"{name}: expected (H, W, 3) uint8 RGB, (H, W) uint8 grey or (H, W, 4) uint8 RGBA; got {array.shape} "
            f"{array.dtype}; OpenCV's pictures are BGR: hand in image[..., ::-1]"
        )
    if channels == 4:
        return Frame(over_white(Image.fromarray(np.ascontiguousarray(array), "RGBA")), source=name)
    if channels == 1:
        array = np.repeat(array.reshape(*array.shape[:2], 1), 3, axis=2)
    return Frame(np.ascontiguousarray(array), source=name)


def _file(source: str | Path | bytes, shown: str) -> IO[bytes]:
    """The source as an open file that can be searched, known not to be empty."""
    with _described(shown):
        if isinstance(source, bytes):
            return _not_empty(io.BytesIO(source), shown)
        if isinstance(source, str) and source == STANDARD_INPUT:
            if sys.stdin is None:
                raise UnreadableImage(f"{shown}: is closed; expected one picture")
            return _not_empty(_in_memory(sys.stdin.buffer, shown), shown)
        file: IO[bytes] = Path(source).open("rb")  # noqa: SIM115 - closed by read_photo
        if not file.seekable():
            with file:
                file = _in_memory(file, shown)
        return _not_empty(file, shown)


def _in_memory(file: IO[bytes], shown: str) -> IO[bytes]:
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UnreadableImage(f"{shown}: more than {MAX_BYTES >> 20:,} MB; expected one picture")
    return io.BytesIO(data)


def _not_empty(file: IO[bytes], shown: str) -> IO[bytes]:
    if file.seek(0, os.SEEK_END):
        file.seek(0)
        return file
    file.close()
    once = " (it can be read only once)" if shown == "standard input" else ""
    raise UnreadableImage(f"{shown}: is empty (0 bytes); expected a picture{once}")


def _pages(file: IO[bytes], name: str, shown: str, options: PhotoOptions) -> Iterator[Frame]:
    """Each page, once the next one has been looked for: that tells an animation, and lets a last page's memory go."""
    with _described(shown):
        kind = _kind(file, shown)
    with _described(shown, kind, file), quiet():
        picture = kind.open(file)
    with contextlib.closing(picture):
        index, time_s, problem = 0, 0.0, None
        more = True
        while more:
            page = f"{shown}: page {index + 1}" if index else shown
            _check_size(picture.size, page, options.max_pixels)
            image, duration = _decoded(picture, page, kind, file)
            try:
                more = _turn_page(picture, index + 1, f"{shown}: page {index + 2}", kind, file)
            except UnreadableImage as error:
                problem, more = error, False
            if not more:
                picture.close()
            animated = kind.timed and (index > 0 or more or problem is not None)
            yield Frame(image, index, time_s if animated else None, name)
            del image  # else it would stay in memory beside the next page
            index, time_s = index + 1, round(time_s + duration, 6)
        if problem is not None:
            raise problem


def _kind(file: IO[bytes], shown: str) -> Format:
    head = file.read(HEAD)
    kind = recognise(head)
    if kind is None:
        raise UnreadableImage(f"{shown}: {what_else(head)}")
    if kind.read_whole and file.seek(0, os.SEEK_END) > MAX_BYTES:
        raise UnreadableImage(f"{shown}: more than {MAX_BYTES >> 20:,} MB of {kind.name}; save it as JPEG or PNG")
    return kind


def _check_size(size: tuple[int, int], page: str, most: int) -> None:
    width, height = size
    if width * height > most:
        raise UnreadableImage(
            f"{page}: {width} x {height} pixels; expected at most {most:,}; make it smaller, or raise "
            f"--set photo.max_pixels="
        )
    if width < 1 or height < 1:
        raise UnreadableImage(f"{page}: {width} x {height} pixels; expected at least one")


def _decoded(picture: Image.Image, page: str, kind: Format, file: IO[bytes]) -> tuple[UInt8, float]:
    """The pixels of the page and the seconds that it is shown."""
    with _described(page, kind, file), quiet():
        picture.load()
        return upright_rgb(picture), float(picture.info.get("duration") or 0) / 1000


def _turn_page(picture: Image.Image, index: int, page: str, kind: Format, file: IO[bytes]) -> bool:
    """Whether there is a further page. Raises UnreadableImage where there should be one."""
    with _described(page, kind, file), quiet():
        try:
            picture.seek(index)
        except EOFError as error:
            if kind is GIF:
                cut = (index > 1 or "loop" in picture.info) and is_cut_short(kind, file)
            else:
                cut = index < getattr(picture, "n_frames", 1)
            if cut:
                raise _truncated(page, file) from error
            return False
    return True


@contextlib.contextmanager
def _described(page: str, kind: Format | None = None, file: IO[bytes] | None = None) -> Iterator[None]:
    """Turn whatever a decoder or the file system raises into one UnreadableImage that says which page and why."""
    try:
        yield
    except UnreadableImage:
        raise
    except MemoryError as error:
        raise UnreadableImage(f"{page}: too large for the memory there is") from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise UnreadableImage(f"{page}: {_of_the_system(error)}") from error
        if kind is None or file is None:
            raise UnreadableImage(f"{page}: cannot be opened: {_reason(error)}") from error
        reason = _reason(error)
        if any(sign in reason.lower() for sign in _SIGNS_OF_A_CUT) or is_cut_short(kind, file):
            raise _truncated(page, file) from error
        raise UnreadableImage(f"{page}: the {kind.name} file is damaged: {reason}") from error


def _of_the_system(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, IsADirectoryError):
        return "is a folder; expected a picture"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    return f"cannot be read: {error.strerror or error}"


def _truncated(page: str, file: IO[bytes]) -> UnreadableImage:
    length = file.seek(0, os.SEEK_END)
    return UnreadableImage(f"{page}: the file is truncated: it ends after {length:,} bytes; copy it again")


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return printable(text[:160]) or type(error).__name__
