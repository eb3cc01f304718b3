"""The contract of a detector, as checks that any detector must pass.

    import pytest
    from emovere.testing.detectors import CHECKS

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_contract(check):
        check(MyDetector(DetectOptions()))

A check takes the detector and raises AssertionError where it breaks the contract (emovere.detect.base).
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import cv2
import numpy as np

from emovere.detect.base import Detector
from emovere.geometry import iou_matrix
from emovere.types import Faces, Float32, Frame, UInt8

SAME_BOX = 0.65
"""Least intersection over union of two boxes that count as one: a detector that looks at sizes in steps of 1.2, as
dlib's does, answers up to that much larger or smaller."""

GREY = 128


@functools.cache
def portrait() -> UInt8:
    """(606, 512, 3) uint8 RGB: one frontal face. Rear Admiral Grace Hopper, public domain, out of matplotlib."""
    from matplotlib import cbook
    from PIL import Image

    path = cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    with Image.open(str(path)) as picture:
        image = np.asarray(picture.convert("RGB"))
    image.setflags(write=False)
    return image


def montage() -> UInt8:
    """(1212, 1536, 3) uint8 RGB: the portrait five times, in places 0, 1, 2, 3 and 5 of two rows of three."""
    face = portrait()
    blank = np.full_like(face, GREY)
    return np.vstack([np.hstack([face, face, face]), np.hstack([face, blank, face])])


def check_faces(found: Faces, frame: Frame) -> None:
    """Everything that must hold of the faces of one frame, whatever is in it."""
    height, width = frame.size
    assert found.boxes.dtype == np.float32, f"boxes: expected float32; got {found.boxes.dtype}"
    assert found.scores.dtype == np.float32, f"scores: expected float32; got {found.scores.dtype}"
    assert np.isfinite(found.boxes).all(), "boxes: not all are finite"
    assert (found.boxes >= 0).all(), "boxes: some begin outside the picture"
    assert (found.boxes <= [width, height, width, height]).all(), "boxes: some end outside the picture"
    sides = found.boxes[:, 2:] - found.boxes[:, :2]
    assert (sides > 0).all(), "boxes: some are empty"
    areas = sides.prod(axis=1)
    assert (np.diff(areas) <= 0).all(), "faces: expected the largest first"
    assert ((found.scores >= 0) & (found.scores <= 1)).all(), "scores: expected values from 0 to 1"
    if found.landmarks is not None and len(found):
        assert found.landmarks.dtype == np.float32, f"landmarks: expected float32; got {found.landmarks.dtype}"
        assert np.isfinite(found.landmarks).all(), "landmarks: not all are finite"
        middle = found.landmarks.mean(axis=1)
        outside = ((middle < found.boxes[:, :2]) | (middle > found.boxes[:, 2:])).any(axis=1)
        assert not outside.any(), "landmarks: some faces' lie outside their boxes"


def says_who_it_is(detector: Detector) -> None:
    """``info`` names it, and ``box_in_crop`` is a box."""
    assert detector.info.name, "info.name: expected a name"
    x1, y1, x2, y2 = detector.box_in_crop
    assert x1 < x2, f"box_in_crop: expected x1 < x2; got {detector.box_in_crop}"
    assert y1 < y2, f"box_in_crop: expected y1 < y2; got {detector.box_in_crop}"


def finds_nothing_in_no_frames(detector: Detector) -> None:
    """No frame gives an empty list."""
    assert detector.detect([]) == []


def finds_no_face_where_none_is(detector: Detector) -> None:
    """Black, white and noise hold no face."""
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    for name, image in (("black", np.zeros_like(noise)), ("white", np.full_like(noise, 255)), ("noise", noise)):
        assert not len(_found(detector, image)), f"{name}: a face was found where none is"


def finds_one_face(detector: Detector) -> None:
    """A portrait holds one face, where it is."""
    found = _found(detector, portrait())
    assert len(found) == 1, f"portrait: expected 1 face; got {len(found)}"
    x1, y1, x2, y2 = found.boxes[0]
    assert x1 < 270 < x2, "portrait: the nose's column, 270, is not in the box"
    assert y1 < 180 < y2, "portrait: the nose's row, 180, is not in the box"
    assert x2 - x1 < 300, "portrait: the box is wider than the head"


def finds_five_faces(detector: Detector) -> None:
    """Five portraits side by side hold five faces, one in each."""
    image, (height, width) = montage(), portrait().shape[:2]
    found = _found(detector, image)
    assert len(found) == 5, f"montage: expected 5 faces; got {len(found)}"
    middle = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    cells = sorted(int(y // height) * 3 + int(x // width) for x, y in middle)
    assert cells == [0, 1, 2, 3, 5], f"montage: faces were found in cells {cells}"


def is_the_same_in_a_batch(detector: Detector) -> None:
    """Frames of several sizes together give what they give one by one, in their order."""
    frames = [Frame(image) for image in (portrait(), np.zeros((64, 48, 3), np.uint8), montage(), portrait()[::2, ::2])]
    together = detector.detect(frames)
    assert len(together) == len(frames), f"batch: expected {len(frames)} results; got {len(together)}"
    for frame, found in zip(frames, together, strict=True):
        (alone,) = detector.detect([frame])
        np.testing.assert_array_equal(found.boxes, alone.boxes, "batch: boxes differ from those one by one")
        np.testing.assert_array_equal(found.scores, alone.scores, "batch: scores differ from those one by one")


def answers_in_pixels_of_the_original(detector: Detector) -> None:
    """A picture four times as large gives boxes and landmarks four times as large."""
    small = _found(detector, portrait())
    large = _found(detector, np.asarray(cv2.resize(portrait(), None, fx=4, fy=4), np.uint8))
    assert len(large) == len(small), f"enlarged: expected {len(small)} faces; got {len(large)}"
    _same_boxes(large.boxes, small.boxes * 4, "enlarged")
    if small.landmarks is not None and large.landmarks is not None:
        apart = np.abs(large.landmarks - small.landmarks * 4).max()
        assert apart < 0.1 * (large.boxes[:, 2] - large.boxes[:, 0]).min(), (
            f"enlarged: landmarks are {apart:.0f} px off"
        )


def names_the_subjects_right_first(detector: Detector) -> None:
    """Landmarks, where there are any: the subject's right eye and mouth corner lie left in the picture, eyes on top."""
    landmarks = _found(detector, portrait()).landmarks
    if landmarks is None:
        return
    right_eye, left_eye, nose, right_mouth, left_mouth = landmarks[0]
    assert right_eye[0] < left_eye[0], "landmarks: expected the subject's right eye first"
    assert right_mouth[0] < left_mouth[0], "landmarks: expected the subject's right mouth corner before the left"
    assert max(right_eye[1], left_eye[1]) < nose[1] < min(right_mouth[1], left_mouth[1]), "landmarks: order or rows"


def survives_odd_shapes(detector: Detector) -> None:
    """Pictures of no pixel, of one, of one row, or very wide or high, are no error and hold no face."""
    noise = np.random.default_rng(0)
    for height, width in ((0, 0), (1, 1), (3, 5), (1, 700), (31, 33), (32, 640), (640, 32), (2500, 2), (12, 3000)):
        for image in (
            np.full((height, width, 3), GREY, np.uint8),
            noise.integers(0, 256, (height, width, 3), np.uint8),
        ):
            assert not len(_found(detector, image)), f"{width} x {height}: a face was found where none is"


def survives_a_very_wide_picture(detector: Detector) -> None:
    """A face in a picture twenty times as wide as high may be missed, and what is found lies inside."""
    face = np.asarray(cv2.resize(portrait(), (160, 190), interpolation=cv2.INTER_AREA), np.uint8)
    wide = np.full((190, 3800, 3), GREY, np.uint8)
    wide[:, 1000:1160] = face
    found = _found(detector, wide)
    assert len(found) <= 1, f"wide: expected at most 1 face; got {len(found)}"


def cuts_boxes_at_the_edge(detector: Detector) -> None:
    """A face that leaves the picture has a box that ends with the picture."""
    _found(detector, np.ascontiguousarray(portrait()[70:]))
    _found(detector, np.ascontiguousarray(portrait()[:, 190:]))


def leaves_the_frame_alone(detector: Detector) -> None:
    """Looking changes nothing."""
    image = portrait().copy()
    detector.detect([Frame(image)])
    np.testing.assert_array_equal(image, portrait(), "the frame's pixels were changed")


CHECKS: tuple[Callable[[Detector], None], ...] = (
    says_who_it_is,
    finds_nothing_in_no_frames,
    finds_no_face_where_none_is,
    finds_one_face,
    finds_five_faces,
    is_the_same_in_a_batch,
    answers_in_pixels_of_the_original,
    names_the_subjects_right_first,
    survives_odd_shapes,
    survives_a_very_wide_picture,
    cuts_boxes_at_the_edge,
    leaves_the_frame_alone,
)
"""Every check; each takes a detector."""


def _found(detector: Detector, image: UInt8) -> Faces:
    frame = Frame(image)
    (found,) = detector.detect([frame])
    check_faces(found, frame)
    return found


def _same_boxes(got: Float32, expected: Float32, where: str) -> None:
    overlap = iou_matrix(got, expected).max(axis=1)
    assert (overlap > SAME_BOX).all(), (
        f"{where}: boxes are elsewhere (overlap {overlap.min():.2f}, expected {SAME_BOX})"
    )
