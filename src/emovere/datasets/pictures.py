"""One face crop out of the bytes of a picture file, and back."""

from __future__ import annotations

import io

import cv2
import numpy as np
import numpy.typing as npt

from emovere.datasets.emotions import SIDE
from emovere.errors import DatasetError


def decode_face(data: bytes, where: str) -> npt.NDArray[np.uint8]:
    """Decode a PNG, JPEG or WebP of a face: bytes -> (48, 48) uint8 grey.

    ``where`` names the picture in messages. Raises DatasetError for bytes that are no whole picture, and for a
    picture of another size.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.size != (SIDE, SIDE):
                width, height = picture.size
                raise DatasetError(f"{where}: expected a picture of {SIDE} x {SIDE} pixels; got {width} x {height}")
            return np.array(picture if picture.mode == "L" else picture.convert("L"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DatasetError(f"{where}: the picture is damaged and cannot be decoded; copy it again") from error


def encode_face(image: npt.NDArray[np.uint8]) -> bytes:
    """(S, S) uint8 grey -> the bytes of a PNG, without loss."""
    done, data = cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 6])
    if not done:
        raise DatasetError(f"expected a grey picture; got {image.shape} {image.dtype}")
    return bytes(data.tobytes())
