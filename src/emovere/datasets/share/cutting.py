"""Faces out of the pictures of a layout, cut as ``emovere analyze`` cuts them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from emovere.align.crop import SIDE, crop_faces
from emovere.config import DetectOptions
from emovere.datasets.share.listing import NO_FACE, SEVERAL, UNREADABLE, Box, LeftOut, Listed, Listing
from emovere.detect.base import Detector
from emovere.detect.choose import create
from emovere.errors import EmovereError
from emovere.geometry import iou_matrix
from emovere.sources.photo import read_photo
from emovere.types import Faces, Frame, UInt8

MARGIN = 0.35
"""A picture in which nothing is found is looked at once more with so much of its longest side added at every edge:
faces that fill their picture are missed without it."""


@dataclass(frozen=True, eq=False)
class CutFace:
    """One face of a picture."""

    listed: Listed
    image: UInt8
    """(48, 48) uint8, grey."""
    box: str
    """x1 y1 x2 y2 in the picture, whole pixels; empty for a picture that is a crop already."""
    whole: bool = False
    """Whether no face was found, so that the whole picture was taken."""


def cut_faces(listing: Listing, detect: DetectOptions, *, whole: bool = False) -> Iterator[CutFace | LeftOut]:
    """The face of each picture, in the listing's order.

    A grey picture of 48 x 48 pixels is a crop and is taken as it is. Of several faces the one counts that lies where
    the layout says, else the largest; where pictures are not known to be of one person, several are none. whole: a
    picture in which no face is found is taken whole.
    """
    cut = _Cutting(listing, detect, whole)
    return (cut(one) for one in listing.pictures)


class _Cutting:
    def __init__(self, listing: Listing, detect: DetectOptions, whole: bool) -> None:
        self._one_subject, self._options, self._whole = listing.one_subject, detect, whole
        self._made: Detector | None = None

    @property
    def _detector(self) -> Detector:
        # made when it is needed: sets of crops need none
        self._made = self._made or create(self._options.name, self._options)
        return self._made

    def __call__(self, listed: Listed) -> CutFace | LeftOut:
        try:
            frame = next(iter(read_photo(listed.file)))
        except EmovereError as error:
            return LeftOut(str(listed.file), UNREADABLE, str(error))
        if frame.size == (SIDE, SIDE) and (frame.image == frame.image[..., :1]).all():
            return CutFace(listed, np.ascontiguousarray(frame.image[..., 0]), "")
        faces = self._detector.detect([frame])[0]
        if not len(faces):
            frame, faces, shift = self._with_margin(frame)
        else:
            shift = 0
        if not len(faces):
            return _taken_whole(listed, frame, shift) if self._whole else _none(listed)
        if len(faces) > 1 and listed.box is None and not self._one_subject:
            return LeftOut(str(listed.file), SEVERAL, f"{len(faces)} faces found; expected one")
        meant = _meant(faces, listed.box, shift)
        if meant is None:
            return LeftOut(str(listed.file), NO_FACE, "no face found where the annotation says there is one")
        image: UInt8 = crop_faces(frame, meant, self._detector.box_in_crop).images[0]
        return CutFace(listed, image, box_text(meant.boxes[0] - shift))

    def _with_margin(self, frame: Frame) -> tuple[Frame, Faces, int]:
        margin = round(MARGIN * max(frame.size))
        wide = cv2.copyMakeBorder(frame.image, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
        framed = Frame(np.asarray(wide, np.uint8), source=frame.source)
        return framed, self._detector.detect([framed])[0], margin


def box_text(box: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> str:
    """``x1 y1 x2 y2``, whole pixels."""
    return " ".join(str(round(float(edge))) for edge in box)


def _meant(faces: Faces, box: Box | None, shift: int) -> Faces | None:
    """The one face that counts: faces come largest first."""
    if box is None:
        return _only(faces, 0)
    overlap = iou_matrix(np.array([box], np.float32) + shift, faces.boxes)[0]
    return _only(faces, int(overlap.argmax())) if overlap.max() > 0 else None


def _only(faces: Faces, place: int) -> Faces:
    landmarks = None if faces.landmarks is None else faces.landmarks[place : place + 1]
    return Faces(faces.boxes[place : place + 1], faces.scores[place : place + 1], landmarks)


def _none(listed: Listed) -> LeftOut:
    return LeftOut(str(listed.file), NO_FACE, "no face found")


def _taken_whole(listed: Listed, framed: Frame, margin: int) -> CutFace:
    """The picture without its margin, squeezed to a crop."""
    height, width = (length - 2 * margin for length in framed.size)
    grey = cv2.cvtColor(framed.image[margin : margin + height, margin : margin + width], cv2.COLOR_RGB2GRAY)
    image = np.asarray(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
    return CutFace(listed, image, f"0 0 {width} {height}", whole=True)
