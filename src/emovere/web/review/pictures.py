"""Whole pictures of a set's faces, as the page shows them: decoded here, upright, brought down to a screen's size."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from emovere.datasets.review.review import Review
from emovere.errors import UnreadableImage
from emovere.sources.photo import read_photo

LONGEST = 1600
"""Longest side of what is sent, in pixels."""


def picture_file(review: Review, key: str, column: str) -> Path:
    """The file of a face's ``picture`` or ``colour``. Raises UnreadableImage where the set knows none that is there.

    A path that is not absolute must lie within the set's folder.
    """
    face = int(review.faces.find([key])[0])
    named = str(review.faces.about([face])[0].get(column, "")) if face >= 0 else ""
    if not named:
        raise UnreadableImage("the set knows no such picture of this face")
    path = review.path / named
    within = Path(named).is_absolute() or path.resolve().is_relative_to(review.path.resolve())
    if not within or not path.is_file():
        raise UnreadableImage(f"{named}: expected a picture in the set's folder; it is not there")
    return path


def as_jpeg(path: Path) -> tuple[bytes, int, int]:
    """A picture no larger than LONGEST, and its width and height before. Raises UnreadableImage."""
    image = next(iter(read_photo(path))).image
    height, width = image.shape[:2]
    scale = LONGEST / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    done, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
    if not done:
        raise UnreadableImage(f"{path.name}: cannot be shown")
    return data.tobytes(), width, height
