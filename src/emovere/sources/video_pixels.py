"""Decoded pictures as upright 8-bit RGB."""

from __future__ import annotations

import weakref
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from emovere.sources.pixels import over_white
from emovere.sources.video_open import MAX_PIXELS, pyav
from emovere.types import UInt8

_UNSPECIFIED = 2
_ITU709 = 1

_HIGH_DEFINITION = 720
"""Rows from which on colours that name no matrix are taken for BT.709, as players do; below, for BT.601."""

_STRETCH = (Fraction(1, 4), Fraction(4))
"""Pixels further from square than this are a mistake of the file."""


MOST_SPARE = 8
"""Blocks of memory that are kept for pictures to come."""


class Blocks:
    """Memory for one picture after the other, used again when nobody holds the picture any more.

    Asking the system for a new block each time costs more than converting a small picture.
    """

    def __init__(self) -> None:
        self._spare: list[bytearray] = []

    def copy_of(self, image: npt.NDArray[np.uint8]) -> UInt8:
        """The same pixels in one piece of memory, which stays theirs while the copy or a view of it lives."""
        while True:
            try:
                block = self._spare.pop()
            except IndexError:
                block = bytearray(image.nbytes)
            if len(block) == image.nbytes:
                break
        # the array's base is no array, so a view of it keeps this very object alive
        copy = np.ndarray(image.shape, np.uint8, buffer=block)
        weakref.finalize(copy, self._release, block).atexit = False
        np.copyto(copy, image)
        return copy

    def _release(self, block: bytearray) -> None:
        if len(self._spare) < MOST_SPARE:
            self._spare.append(block)


class ToRgb:
    """Turns pictures of one stream into (H, W, 3) uint8 RGB, in one piece of memory.

    Colours by the picture's own range and matrix, transparency over white, pixels made square by changing the width,
    turned and mirrored as the file's display matrix says.
    """

    def __init__(self, stream: Any) -> None:
        self._reformatter = pyav().video.reformatter.VideoReformatter()
        self._blocks = Blocks()
        self._stream = stream
        self._known: tuple[int, int, str] | None = None
        self._width = 0
        self._opaque = True
        self._matrix: int | None = None
        self._turn = (False, False, False)

    def __call__(self, picture: Any) -> UInt8:
        """The pixels. Raises an error of PyAV or MemoryError where they cannot be converted."""
        self._look_at(picture)
        # threads=1: for one picture, the work of sharing it out costs more than it saves
        converted = self._reformatter.reformat(
            picture,
            width=self._width,
            format="rgb24" if self._opaque else "rgba",
            src_colorspace=self._matrix,
            threads=1,
        )
        image = converted.to_ndarray()
        if not self._opaque:
            image = over_white(Image.fromarray(np.ascontiguousarray(image), "RGBA"))
        exchanged, rows, columns = self._turn
        if exchanged:
            image = image.transpose(1, 0, 2)
        return self._blocks.copy_of(image[:: -1 if rows else 1, :: -1 if columns else 1])

    def size(self, picture: Any) -> tuple[int, int]:
        """(height, width) that the picture will have."""
        self._look_at(picture)
        return (self._width, picture.height) if self._turn[0] else (picture.height, self._width)

    def _look_at(self, picture: Any) -> None:
        """Learn what is the same for all pictures of this size and format."""
        now = (picture.width, picture.height, picture.format.name)
        if now == self._known:
            return
        self._known = now
        self._width = self._square_width(picture)
        self._opaque = not any(part.is_alpha for part in picture.format.components)
        named = picture.colorspace != _UNSPECIFIED or picture.format.is_rgb
        self._matrix = None if named or picture.height < _HIGH_DEFINITION else _ITU709
        self._turn = _turn_of(picture)

    def _square_width(self, picture: Any) -> int:
        width: int = picture.width
        aspect: Fraction = self._stream.sample_aspect_ratio or Fraction(1)
        square = round(width * aspect)
        if _STRETCH[0] <= aspect <= _STRETCH[1] and 0 < square * picture.height <= MAX_PIXELS:
            return square
        return width


def _turn_of(picture: Any) -> tuple[bool, bool, bool]:
    """Rows and columns exchanged, then rows reversed, then columns reversed, by the file's display matrix.

    The matrix takes a point (x, y) of the picture to (a x + c y, b x + d y), y downwards (ISO 14496-12, 8.3.2).
    """
    try:
        data = picture.side_data.get("DISPLAYMATRIX")
    except ValueError:  # beside it is something that PyAV does not know
        quarters = round(picture.rotation / 90) % 4
        return ((False, False, False), (True, True, False), (False, True, True), (True, False, True))[quarters]
    if data is None:
        return False, False, False
    a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        return True, b < 0, c < 0
    return False, d < 0, a < 0
