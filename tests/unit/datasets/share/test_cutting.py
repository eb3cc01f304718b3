from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from emovere.align.crop import crop_faces
from emovere.config import DetectOptions
from emovere.datasets.share import cutting
from emovere.datasets.share.cutting import MARGIN, CutFace, cut_faces
from emovere.datasets.share.listing import NO_FACE, SEVERAL, UNREADABLE, LeftOut, Listed, Listing
from emovere.detect.choose import create
from emovere.sources.photo import read_photo
from emovere.types import Faces


@dataclass
class Fixed:
    """A detector that finds what it is told, picture by picture."""

    answers: list[list[tuple[float, float, float, float]]]
    box_in_crop: tuple[float, float, float, float] = (4.0, 4.0, 44.0, 44.0)
    sizes: list[tuple[int, int]] = field(default_factory=list)

    def detect(self, frames):
        self.sizes += [frame.size for frame in frames]
        found = [np.array(self.answers.pop(0), np.float32).reshape(-1, 4) for _ in frames]
        return [Faces(boxes, np.ones(len(boxes), np.float32)) for boxes in found]


@pytest.fixture
def answering(monkeypatch):
    def answer(*answers):
        detector = Fixed([list(one) for one in answers])
        monkeypatch.setattr(cutting, "create", lambda name, options: detector)
        return detector

    return answer


@pytest.fixture
def picture(tmp_path, draw) -> Path:
    draw(tmp_path / "face.png", 100)
    return tmp_path / "face.png"


def cut(file, *, box=None, one_subject=True, whole=False):
    listing = Listing("x", file.parent, ("a", "b"), (Listed(file, "a", box=box),), one_subject=one_subject)
    (found,) = cut_faces(listing, DetectOptions(), whole=whole)
    return found


def test_a_crop_is_taken_as_it_is_and_needs_no_detector(tmp_path, draw, monkeypatch):
    monkeypatch.setattr(cutting, "create", lambda *_: pytest.fail("a detector was made"))
    image = draw(tmp_path / "crop.png")
    found = cut(tmp_path / "crop.png")
    assert isinstance(found, CutFace)
    assert np.array_equal(found.image, image)
    assert found.box == ""


def test_the_largest_of_several_faces_counts(picture, answering):
    detector = answering([(10, 10, 60, 60), (70, 70, 90, 90)])
    found = cut(picture)
    frame = next(iter(read_photo(picture)))
    faces = Faces(np.array([[10, 10, 60, 60]], np.float32), np.ones(1, np.float32))
    assert np.array_equal(found.image, crop_faces(frame, faces, detector.box_in_crop).images[0])
    assert found.box == "10 10 60 60"


def test_the_face_that_the_layout_means_counts(picture, answering):
    answering([(10, 10, 60, 60), (70, 70, 90, 90)])
    assert cut(picture, box=(68, 72, 92, 95)).box == "70 70 90 90"
    answering([(10, 10, 60, 60)])
    found = cut(picture, box=(70, 70, 90, 90))
    assert isinstance(found, LeftOut)
    assert (found.kind, found.reason) == (NO_FACE, "no face found where the annotation says there is one")


def test_several_faces_are_none_where_anybody_may_be_meant(picture, answering):
    answering([(10, 10, 60, 60), (70, 70, 90, 90)])
    found = cut(picture, one_subject=False)
    assert (found.kind, found.reason) == (SEVERAL, "2 faces found; expected one")


def test_a_face_that_fills_the_picture_is_found_with_a_margin(picture, answering):
    margin = round(MARGIN * 100)
    detector = answering([], [(margin + 2, margin + 3, margin + 98, margin + 97)])
    found = cut(picture)
    assert detector.sizes == [(100, 100), (100 + 2 * margin, 100 + 2 * margin)]
    assert found.box == "2 3 98 97"
    assert not found.whole


def test_without_a_face_the_picture_is_left_out_or_taken_whole(tmp_path, draw, answering):
    image = draw(tmp_path / "face.png", 96)
    answering([], [])
    assert cut(tmp_path / "face.png").kind == NO_FACE
    answering([], [])
    found = cut(tmp_path / "face.png", whole=True)
    assert found.whole
    assert found.box == "0 0 96 96"
    assert np.abs(found.image - image.reshape(48, 2, 48, 2).mean(axis=(1, 3))).max() <= 1


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(20)])
def test_a_damaged_picture_is_left_out(tmp_path, content):
    (tmp_path / "bad.png").write_bytes(content)
    found = cut(tmp_path / "bad.png")
    assert found.kind == UNREADABLE
    assert "\n" not in found.reason


@pytest.mark.usefixtures("yunet_weights")
def test_a_photo_is_cut_as_analyze_cuts_it(shared):
    photo = shared("photos/one_smiling.jpg")
    found = cut(photo)
    detector = create("yunet", DetectOptions())
    frame = next(iter(read_photo(photo)))
    expected = crop_faces(frame, detector.detect([frame])[0], detector.box_in_crop).images[0]
    assert np.array_equal(found.image, expected)
