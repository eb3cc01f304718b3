"""Two people of public-domain portraits for the docs' pictures, side by side, and a clip in which they tilt.

Grace Hopper is matplotlib's sample picture, Eileen Collins is scikit-image's ``astronaut``; both are works of the
United States government. Needs ``pip install scikit-image``.
"""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import cv2
import matplotlib
import numpy as np

HOPPER = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
SIDE = 500
FRAMES = 60
MOST_DEGREES = 14


def portraits() -> list[np.ndarray]:
    """Hopper's and Collins's heads and shoulders, each ``(SIDE, SIDE, 3)``, BGR."""
    skimage = importlib.util.find_spec("skimage")
    if skimage is None or skimage.origin is None:
        raise SystemExit(
            "scikit-image is missing, whose astronaut.png is one of the portraits: pip install scikit-image"
        )
    collins = Path(skimage.origin).parent / "data" / "astronaut.png"
    return [
        cv2.resize(_read(HOPPER)[20:520, 6:506], (SIDE, SIDE), interpolation=cv2.INTER_AREA),
        cv2.resize(_read(collins)[0:420, 20:440], (SIDE, SIDE), interpolation=cv2.INTER_CUBIC),
    ]


def write_portrait(path: Path, place: int) -> Path:
    """Write one of the two."""
    cv2.imwrite(str(path), portraits()[place])
    return path


def write_photo(path: Path) -> Path:
    """Write the two side by side."""
    cv2.imwrite(str(path), np.hstack(portraits()))
    return path


def write_clip(path: Path) -> Path:
    """Write the two tilting and coming nearer by turns, as Motion JPEG in an AVI file of 12 frames a second."""
    people = portraits()
    out = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 12, (2 * SIDE, SIDE))
    for number in range(FRAMES):
        phase = 2 * math.pi * number / FRAMES
        out.write(np.hstack([_tilted(one, phase + place * 2.2) for place, one in enumerate(people)]))
    out.release()
    return path


def _read(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise SystemExit(f"{path} cannot be read as a picture")
    return picture


def _tilted(person: np.ndarray, phase: float) -> np.ndarray:
    middle = (SIDE / 2, SIDE * 0.6)
    matrix = cv2.getRotationMatrix2D(middle, MOST_DEGREES * math.sin(phase), 1.12 + 0.08 * math.sin(2 * phase))
    return cv2.warpAffine(person, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
