"""Photos: any picture that Pillow reads, upright and in RGB, each page a frame."""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
from emovere.types import Frame, UInt8

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "DIB", "TIFF", "GIF")
"""What is decoded. Pillow knows more, but each further decoder is one more way in for a hostile file."""

MAX_STDIN_BYTES = 1 << 30

# What Pillow warns of (odd EXIF, large pictures) is either harmless or told as an error below. Filtering around each
# call would not do: the filters belong to the whole process, and pictures are read by several threads.
warnings.filterwarnings("ignore", module=r"PIL\.")


def read_photo(source: str | Path | bytes, options: PhotoOptions | None = None) -> Iterator[Frame]:
    """The pages of a picture, one at a time: a photo has one, an animation or a multi-page TIFF several.

    source: a file, ``-`` for standard input, or a file's bytes. Frames are upright (EXIF), RGB, transparency over
    white. Those of an animation carry their time in seconds. Raises UnreadableImage.
    """
    name = "<bytes>" if isinstance(source, bytes) else os.fspath(source)
    shown = name if name.isprintable() else repr(name)
    try:
        with _open(source, shown) as picture:
            yield from _pages(picture, name, shown, options or PhotoOptions())
    except OSError as error:
        raise UnreadableImage(f"{shown}: cannot be opened: {error.strerror or error}") from error


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
        return Frame(_over_white(Image.fromarray(np.ascontiguousarray(array), "RGBA")), source=name)
    if channels == 1:
        array = np.repeat(array.reshape(*array.shape[:2], 1), 3, axis=2)
    return Frame(np.ascontiguousarray(array), source=name)


def _open(source: str | Path | bytes, shown: str) -> Image.Image:
    file: Any = source
    if isinstance(source, bytes):
        file = io.BytesIO(source)
    elif os.fspath(source) == "-":
        data = sys.stdin.buffer.read(MAX_STDIN_BYTES + 1)
        if len(data) > MAX_STDIN_BYTES:
            raise UnreadableImage(f"-: more than {MAX_STDIN_BYTES >> 20} MB on standard input; expected one picture")
        shown, file = "-", io.BytesIO(data)
    elif Path(source).is_dir():
        raise UnreadableImage(f"{shown}: is a folder; expected a picture")
    elif not Path(source).is_file() and Path(source).exists():
        raise UnreadableImage(f"{shown}: is no ordinary file; expected a picture")
    size = len(file.getvalue()) if isinstance(file, io.BytesIO) else Path(source).stat().st_size  # type: ignore[arg-type]
    if not size:
        raise UnreadableImage(f"{shown}: the file is empty (0 bytes); expected a picture")
    try:
        return Image.open(file, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise UnreadableImage(f"{shown}: is no picture; expected {', '.join(FORMATS)}") from error
    except Image.DecompressionBombError as error:
        raise UnreadableImage(f"{shown}: claims far more pixels than are accepted; {_reason(error)}") from error
    except (SyntaxError, ValueError, OverflowError, KeyError, IndexError, EOFError) as error:
        raise UnreadableImage(f"{shown}: the file is damaged: {_reason(error)}") from error


def _pages(picture: Image.Image, name: str, shown: str, options: PhotoOptions) -> Iterator[Frame]:
    index, time_s = 0, 0.0
    animated = picture.format in ("GIF", "WEBP", "PNG") and getattr(picture, "is_animated", False)
    while True:
        page = f"{shown}: page {index + 1}" if index else shown
        width, height = picture.size
        if width * height > options.max_pixels:
            raise UnreadableImage(
                f"{page}: {width} x {height} pixels; at most {options.max_pixels:,} are accepted; make it smaller, or "
                f"raise --set photo.max_pixels="
            )
        duration = 0.0
        with _described(page):
            picture.load()
            image = _upright_rgb(picture)
            duration = float(picture.info.get("duration", 0)) / 1000
        yield Frame(image, index, time_s if animated else None, name)
        if picture.format == "MPO":
            return  # a phone's JPEG: what follows is a depth or brightness map of the same photo
        time_s += duration
        index += 1
        with _described(f"{shown}: page {index + 1}"):
            try:
                picture.seek(index)
            except EOFError:
                return


class _described:  # noqa: N801 - reads as a phrase
    """Turn whatever a decoder raises into one UnreadableImage that says which page and why."""

    def __init__(self, page: str) -> None:
        self.page = page

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None or isinstance(error, UnreadableImage | EOFError):
            return
        if isinstance(error, MemoryError):
            raise UnreadableImage(f"{self.page}: too large for the memory there is") from error
        if isinstance(error, Exception):
            reason = _reason(error)
            if "truncated" in reason.lower() or "end of" in reason.lower() or "premature" in reason.lower():
                raise UnreadableImage(
                    f"{self.page}: the file is truncated: its end is missing; copy it again"
                ) from error
            raise UnreadableImage(f"{self.page}: the file is damaged: {reason}") from error


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text[:160] or type(error).__name__


def _upright_rgb(picture: Image.Image) -> UInt8:
    """(H, W, 3) uint8 RGB, upright."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        image = Image.fromarray(_to_8_bits(picture))
    else:
        image = picture
    image = _turned(image, picture)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return _over_white(image.convert("RGBA"))
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _turned(image: Image.Image, picture: Image.Image) -> Image.Image:
    try:
        orientation = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # a damaged EXIF block must not cost the picture
        return image
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _to_8_bits(picture: Image.Image) -> UInt8:
    """16-bit, 32-bit and float grey by their range: 16 bits where the values fit, else from least to greatest."""
    values = np.nan_to_num(np.asarray(picture).astype(np.float32))
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    if picture.mode == "F" and low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif low >= 0 and high < 256 and not picture.mode.startswith("I;16"):
        low, high = 0.0, 255.0
    elif low >= 0 and high <= 65535:
        low, high = 0.0, 65535.0
    return np.asarray(np.clip((values - low) * (255 / max(high - low, 1e-9)) + 0.5, 0, 255), np.uint8)


def _over_white(image: Image.Image) -> UInt8:
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return np.asarray(Image.alpha_composite(white, image).convert("RGB"))
