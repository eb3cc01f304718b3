"""Faces cut out of whole pictures: grey in the framing that the networks know, and in colour at full size."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from emovere.align.crop import SIDE, crop_faces, to_framing
from emovere.checked import create_checked
from emovere.config import DetectOptions
from emovere.datasets.clean.looks import turn_and_tilt
from emovere.datasets.clean.pictures import Found, Pictures
from emovere.detect.base import Detector
from emovere.errors import InputError
from emovere.sources.photo import read_photo
from emovere.types import Faces, Float32, Frame, UInt8

BATCH = 8
"""Pictures that go through the detector together."""

LARGEST = 1024
"""Longest side of a colour crop, in pixels."""

MOST = 32
"""Faces that are taken of one picture, the largest first."""

MARGIN = 0.25
"""A picture without a face is looked at once more with so much of its longest side around it: faces that fill their
picture are missed without it."""

DOMINANT = 4.0
"""A face so many times as large as every other, in area, is the one that a picture is of."""


@dataclass(frozen=True, eq=False)
class CutFace:
    """One face of one picture."""

    found: Found
    grey: UInt8
    """(48, 48) uint8."""
    colour: UInt8
    """(S, S, 3) uint8 RGB, the same part of the picture in its own size; S from 48 to LARGEST."""
    box: Float32
    """(4,) x1 y1 x2 y2 in the picture, pixels."""
    turn: float
    """How far the head is turned (`turn_and_tilt`); nan where the detector gives no landmarks."""
    faces: int
    """Faces in the picture."""
    dominant: bool
    """Whether it is the one that the picture is of."""
    digest: str
    """SHA-256 of the picture's file."""


@dataclass(frozen=True)
class NoFace:
    """A picture that gives no face, and why."""

    found: Found
    reason: str
    """no face, or unreadable."""
    note: str = ""


def cut_pictures(pictures: Pictures, options: DetectOptions) -> Iterator[tuple[Found, list[CutFace] | NoFace]]:
    """Every picture with its faces, in the pictures' order; a picture that was found for several emotions is read once.

    Raises WeightsError, ModelError or ConfigError where there is no such detector.
    """
    detector = create_checked(options)
    waiting: list[tuple[Found, Frame | NoFace, str]] = []
    for found in pictures.found:
        waiting.append(_read(found))
        if len(waiting) == BATCH:
            yield from _cut(waiting, detector)
            waiting = []
    yield from _cut(waiting, detector)


def _read(found: Found) -> tuple[Found, Frame | NoFace, str]:
    try:
        frame = next(iter(read_photo(found.file)))
        return found, frame, hashlib.sha256(found.file.read_bytes()).hexdigest()
    except (InputError, OSError) as error:
        return found, NoFace(found, "unreadable", str(error)), ""


def _cut(
    waiting: Iterable[tuple[Found, Frame | NoFace, str]], detector: Detector
) -> Iterator[tuple[Found, list[CutFace] | NoFace]]:
    read = [(found, frame, digest) for found, frame, digest in waiting]
    seen = iter(detector.detect([frame for _, frame, _ in read if isinstance(frame, Frame)]))
    for found, frame, digest in read:
        if isinstance(frame, NoFace):
            yield found, frame
            continue
        faces = next(seen)
        if not len(faces):
            framed, faces, shift = _with_margin(frame, detector)
        else:
            framed, shift = frame, 0
        if not len(faces):
            yield found, NoFace(found, "no face", "no face found in the picture")
        else:
            yield found, list(_faces(found, framed, faces, detector, shift, digest))


def _faces(found: Found, frame: Frame, faces: Faces, detector: Detector, shift: int, digest: str) -> Iterator[CutFace]:
    crops = crop_faces(frame, faces, detector.box_in_crop)
    areas = (faces.boxes[:, 2:] - faces.boxes[:, :2]).prod(axis=1)
    largest = int(areas.argmax())
    alone = len(faces) == 1 or bool(areas[largest] >= DOMINANT * np.delete(areas, largest).max())
    for place in range(min(len(faces), MOST)):
        landmarks = None if faces.landmarks is None else faces.landmarks[place]
        turn = float("nan") if landmarks is None else float(turn_and_tilt(landmarks[None])[0][0])
        colour = colour_crop(frame.image, to_framing(faces.boxes[place], landmarks, detector.box_in_crop))
        box = faces.boxes[place] - shift
        dominant = alone and place == largest
        yield CutFace(found, crops.images[place], colour, box, turn, len(faces), dominant, digest)


def colour_crop(image: UInt8, to_crop: Float32) -> UInt8:
    """The part of an (H, W, 3) picture that a (2, 3) map brings to 48 x 48, in the picture's own size: (S, S, 3)."""
    scale = float(np.sqrt(abs(np.linalg.det(to_crop[:, :2].astype(np.float64)))))
    side = int(np.clip(round(SIDE / max(scale, 1e-6)), SIDE, LARGEST))
    factor = side / SIDE
    matrix = to_crop.astype(np.float64) * factor
    matrix[:, 2] += (factor - 1) / 2
    how = cv2.INTER_AREA if scale * factor < 0.7 else cv2.INTER_CUBIC
    warped = cv2.warpAffine(image, matrix, (side, side), flags=how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)


def _with_margin(frame: Frame, detector: Detector) -> tuple[Frame, Faces, int]:
    margin = round(MARGIN * max(frame.size))
    wide = cv2.copyMakeBorder(frame.image, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    framed = dataclasses.replace(frame, image=np.asarray(wide, np.uint8))
    return framed, detector.detect([framed])[0], margin
