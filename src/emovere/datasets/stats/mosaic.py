"""Many faces of a class in one picture, drawn by lot, to be looked over at a glance."""

from __future__ import annotations

import base64
import io
import zlib

import numpy as np
from PIL import Image

from emovere.datasets.faceset import FaceSet
from emovere.types import UInt8

COLUMNS, ROWS = 8, 5
"""Faces across and down one picture; on a telephone they are still about 45 pixels wide."""

PICTURE = COLUMNS * ROWS
"""Faces of one picture; a class has two, side by side where there is room."""

GROUND = 128
"""Grey value between faces: neither light nor dark pages glare around it."""

GAP = 2
"""Pixels between faces."""


def drawn(faces: FaceSet, label: int, seed: int, most: int = 2 * PICTURE) -> FaceSet:
    """Faces of one class drawn by lot, in the set's order; the same for the same seed, whatever else the set holds."""
    rows = np.flatnonzero(faces.labels == label)
    generator = np.random.default_rng([seed, zlib.crc32(faces.label_names[label].encode())])
    return faces[np.sort(generator.permutation(rows)[:most])]


def mosaic(images: UInt8, columns: int = COLUMNS) -> UInt8:
    """(N, S, S) uint8 -> one (H, W) uint8 picture with so many across; N must be 1 at least. The ground is grey."""
    count, side = images.shape[:2]
    columns = min(columns, count)
    down = -(-count // columns)
    step = side + GAP
    picture = np.full((down * step - GAP, columns * step - GAP), GROUND, np.uint8)
    for place, image in enumerate(images):
        top, left = place // columns * step, place % columns * step
        picture[top : top + side, left : left + side] = image
    return picture


def jpeg(picture: UInt8, quality: int = 88) -> str:
    """(H, W) uint8 grey as a data URI."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="JPEG", quality=quality)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
