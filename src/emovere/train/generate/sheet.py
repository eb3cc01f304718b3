"""Rows of faces as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from emovere.files import atomic_write
from emovere.types import UInt8

FORMATS = {".png": "PNG", ".jpg": "JPEG"}

_GAP = 2
_LETTER = 7
"""Width of a letter of the caption, in pixels; a little generous."""


def draw_grid(rows: Sequence[tuple[str, UInt8]], path: Path) -> None:
    """Draw rows of (N, S, S) uint8 faces, each with a caption at its left, as a PNG or a JPEG; rows may differ in N.

    Raises OutputError where the file cannot be written.
    """
    side = rows[0][1].shape[-1] + _GAP
    left = _GAP + _LETTER * max(len(caption) for caption, _ in rows)
    width = left + side * max(len(faces) for _, faces in rows)
    sheet = np.full((side * len(rows) + _GAP, width), 255, np.uint8)
    for place, (_, faces) in enumerate(rows):
        for column, face in enumerate(faces):
            top, start = _GAP + place * side, left + column * side
            sheet[top : top + len(face), start : start + len(face)] = face
    picture = Image.fromarray(sheet)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size=12)
    for place, (caption, _) in enumerate(rows):
        draw.text((_GAP, place * side + side // 2), caption, fill=0, font=font, anchor="lm")
    with atomic_write(path, "wb") as file:
        picture.save(file, format=FORMATS[path.suffix], optimize=True, quality=80)
