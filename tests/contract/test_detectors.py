"""Every registered detector passes the contract kit, and the kit catches detectors that break the contract."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from emovere import registry
from emovere.config import DetectOptions
from emovere.testing.detectors import (
    CHECKS,
    answers_in_pixels_of_the_original,
    check_faces,
    finds_five_faces,
    finds_no_face_where_none_is,
    finds_one_face,
    is_the_same_in_a_batch,
    leaves_the_frame_alone,
    names_the_subjects_right_first,
    portrait,
    says_who_it_is,
)
from emovere.types import Faces, Frame, ModelInfo


@pytest.fixture(params=registry.names("detectors"))
def detector(request):
    if request.param in ("yunet", "depth"):
        request.getfixturevalue("yunet_weights")
    if request.param == "hog":
        pytest.importorskip("dlib")
    return registry.factory("detectors", request.param)(DetectOptions())


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_contract(detector, check):
    check(detector)


def test_real_photos_show_as_many_faces_as_there_are(detector, shared):
    from PIL import Image

    least = {"one_smiling": 1, "two_standing": 2, "two_waving": 2}  # a child before the two who wave looks down
    for name, count in least.items():
        frame = Frame(np.asarray(Image.open(shared(f"photos/{name}.jpg")).convert("RGB")))
        (found,) = detector.detect([frame])
        check_faces(found, frame)
        large = found.boxes[:, 2] - found.boxes[:, 0] > 0.04 * frame.size[1]
        assert large.sum() >= count, f"{name}: {found.boxes}"
        if name != "two_waving":
            assert len(found) == count, f"{name}: {found.boxes}"


FACE = (150.0, 60.0, 380.0, 330.0)


@dataclasses.dataclass(frozen=True)
class Fake:
    """A detector that says what it is told; (512, 606) pictures are answered with ``FACE``."""

    answer: object
    info: ModelInfo = dataclasses.field(default_factory=lambda: ModelInfo("fake"))
    box_in_crop: tuple[float, float, float, float] = (0, 0, 48, 48)

    def detect(self, frames):
        return [self.answer(frame) for frame in frames]


def faces(boxes, scores=None, landmarks=None):
    boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
    return Faces(boxes, np.full(len(boxes), 0.9, np.float32) if scores is None else scores, landmarks)


def mirrored(frame):
    points = np.array([[300, 150], [230, 150], [265, 190], [290, 240], [240, 240]], np.float32)
    return faces([FACE], landmarks=points[None])


def scribbler(frame):
    frame.image[0, 0] = 0
    return Faces.empty()


class Forgetful:
    """Answers a batch in the reverse order."""

    info, box_in_crop = ModelInfo("forgetful"), (0, 0, 48, 48)

    def detect(self, frames):
        return [faces([(0, 0, frame.size[1] / 2, frame.size[0] / 2)]) for frame in reversed(frames)]


@pytest.mark.parametrize(
    ("check", "broken", "complaint"),
    [
        (finds_no_face_where_none_is, Fake(lambda f: faces([(0, 0, 9, 9)])), "where none is"),
        (finds_one_face, Fake(lambda f: Faces.empty()), "expected 1 face; got 0"),
        (finds_one_face, Fake(lambda f: faces([(0, 400, 90, 500)])), "not in the box"),
        (finds_one_face, Fake(lambda f: faces([(-5, 0, 300, 300)])), "outside the picture"),
        (finds_one_face, Fake(lambda f: faces([(0, 0, 9, 9), FACE])), "largest first"),
        (finds_one_face, Fake(lambda f: faces([FACE], np.array([1.5], np.float32))), "from 0 to 1"),
        (finds_five_faces, Fake(lambda f: faces([FACE] * 5)), "in cells"),
        (answers_in_pixels_of_the_original, Fake(lambda f: faces([FACE])), "elsewhere"),
        (names_the_subjects_right_first, Fake(mirrored), "right eye first"),
        (is_the_same_in_a_batch, Forgetful(), "differ"),
        (leaves_the_frame_alone, Fake(scribbler), "changed"),
        (says_who_it_is, Fake(faces, box_in_crop=(48, 0, 0, 48)), "x1 < x2"),
        (says_who_it_is, Fake(faces, info=ModelInfo("")), "name"),
    ],
)
def test_the_kit_catches(check, broken, complaint):
    with pytest.raises(AssertionError, match=complaint):
        check(broken)


def test_the_portrait_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        portrait()[0, 0] = 1
