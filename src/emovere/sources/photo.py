"""Photos: any picture that Pillow reads, upright and in RGB, each page a frame."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from PIL import (  # the plug-ins by name: else Pillow imports all sixty when it meets the first of these files
    Image,
    TiffImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from emovere.config import PhotoOptions
from emovere.errors import ShapeError, UnreadableImage
from emovere.sources.inputs import STANDARD_INPUT, printable
from emovere.sources.pixels import over_white, upright_rgb
from emovere.types import Frame

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "DIB", "TIFF", "GIF")
"""What is decoded. Pillow knows more, but each further decoder is one more way in for a hostile file."""

MAX_STDIN_BYTES = 1 << 30

# What Pillow warns of (odd EXIF, large pictures) is either harmless or told as an error below. Filtering around each
# call would not do: the filters belong to the whole process, and pictures are read by several threads.
warnings.filterwarnings("ignore", module=r"PIL\.")

_SIGNS_OF_A_CUT = ("truncated", "end of", "premature", "expecting to read", "unexpected eof")
"""Words in decoders' messages where a file ends too early."""


def read_photo(source: str | Path | bytes, options: PhotoOptions | None = None) -> Iterator[Frame]:
    """The pages of a picture, one at a time: a photo has one, an animation or a multi-page TIFF several.

    source: a file, ``-`` for standard input, or a file's bytes. Frames are upright (EXIF), RGB, transparency over
    white. Those of an animation carry their time in seconds. Where a later page is damaged, the pages before it come
    first. Raises UnreadableImage.
    """
    name = "<bytes>" if isinstance(source, bytes) else os.fspath(source)
    shown = printable(name)
    with _file(source, shown) as file, _opened(file, shown) as picture:
        yield from _pages(picture, name, shown, options or PhotoOptions())


def frame_of(array: npt.NDArray[Any], name: str = "<array>") -> Frame:
    """A Frame of an array: (H, W, 3) uint8 RGB, (H, W) uint8 grey, or (H, W, 4) uint8 RGBA over white.

    OpenCV's pictures are BGR: turn them round with ``image[..., ::-1]`` first. Raises ShapeError.
    """
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or channels not in (1, 3, 4) or not array.size:
        raise ShapeError(
            f"{name}: expected (H, W, 3) uint8 RGB, (H, W) uint8 grey or (H, W, 4) uint8 RGBA; "
            f"got {array.shape} {array.dtype}"
        )
    if channels == 4:
        return Frame(over_white(Image.fromarray(np.ascontiguousarray(array), "RGBA")), source=name)
    if channels == 1:
        array = np.repeat(array.reshape(*array.shape[:2], 1), 3, axis=2)
    return Frame(np.ascontiguousarray(array), source=name)


def _file(source: str | Path | bytes, shown: str) -> IO[bytes]:
    """The source's bytes as an open file, known not to be empty."""
    with _described(shown):
        file: IO[bytes]
        if isinstance(source, bytes):
            file, size = io.BytesIO(source), len(source)
        elif os.fspath(source) == STANDARD_INPUT:
            data = sys.stdin.buffer.read(MAX_STDIN_BYTES + 1)
            if len(data) > MAX_STDIN_BYTES:
                raise UnreadableImage(
                    f"-: more than {MAX_STDIN_BYTES >> 20} MB on standard input; expected one picture"
                )
            file, size = io.BytesIO(data), len(data)
        else:
            path = Path(source)
            size = path.stat().st_size
            if path.is_dir():
                raise UnreadableImage(f"{shown}: is a folder; expected a picture")
            if not path.is_file():  # opening a pipe would wait for ever
                raise UnreadableImage(f"{shown}: is no ordinary file; expected a picture")
            file = path.open("rb")
    if not size:
        file.close()
        raise UnreadableImage(f"{shown}: the file is empty (0 bytes); expected a picture")
    return file


def _opened(file: IO[bytes], shown: str) -> Image.Image:
    with _described(shown):
        try:
            return Image.open(file, formats=FORMATS)
        except UnidentifiedImageError as error:
            raise UnreadableImage(f"{shown}: is no picture; expected {', '.join(FORMATS)}") from error
        except OSError as error:
            if error.errno is None and _is_cut_webp(file):
                raise _truncated(shown) from error
            raise


def _is_cut_webp(file: IO[bytes]) -> bool:
    """Whether a WebP file is shorter than its first bytes say; its decoder does not tell that from other damage."""
    file.seek(0)
    head = file.read(12)
    length = file.seek(0, os.SEEK_END)
    return head[:4] == b"RIFF" and head[8:] == b"WEBP" and int.from_bytes(head[4:8], "little") + 8 > length


def _pages(picture: Image.Image, name: str, shown: str, options: PhotoOptions) -> Iterator[Frame]:
    index, time_s = 0, 0.0
    with _described(shown):
        animated = picture.format in ("GIF", "WEBP", "PNG") and getattr(picture, "is_animated", False)
    while True:
        page = f"{shown}: page {index + 1}" if index else shown
        _check_size(picture.size, page, options.max_pixels)
        with _described(page):
            picture.load()
            image = upright_rgb(picture)
            duration = float(picture.info.get("duration", 0)) / 1000
        yield Frame(image, index, time_s if animated else None, name)
        del image  # else it stays in memory beside the next page
        if picture.format == "MPO":
            return  # a phone's JPEG: what follows is a depth or brightness map of the same photo
        time_s += duration
        index += 1
        with _described(f"{shown}: page {index + 1}"):
            try:
                picture.seek(index)
            except EOFError:
                return


def _check_size(size: tuple[int, int], page: str, most: int) -> None:
    width, height = size
    if width * height > most:
        raise UnreadableImage(
            f"{page}: {width} x {height} pixels; at most {most:,} are accepted; make it smaller, or raise "
            f"--set photo.max_pixels="
        )
    if width < 1 or height < 1:
        raise UnreadableImage(f"{page}: {width} x {height} pixels; expected at least one")


@contextlib.contextmanager
def _described(page: str) -> Iterator[None]:
    """Turn whatever a decoder or the file system raises into one UnreadableImage that says which page and why."""
    try:
        yield
    except UnreadableImage:
        raise
    except MemoryError as error:
        raise UnreadableImage(f"{page}: too large for the memory there is") from error
    except Image.DecompressionBombError as error:
        raise UnreadableImage(f"{page}: claims more pixels than Pillow accepts; {_reason(error)}") from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise UnreadableImage(f"{page}: cannot be opened: {error.strerror or error}") from error
        reason = _reason(error)
        if isinstance(error, EOFError) or any(sign in reason.lower() for sign in _SIGNS_OF_A_CUT):
            raise _truncated(page) from error
        raise UnreadableImage(f"{page}: the file is damaged: {reason}") from error


def _truncated(page: str) -> UnreadableImage:
    return UnreadableImage(f"{page}: the file is truncated: its end is missing; copy it again")


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return printable(text[:160]) or type(error).__name__
