from __future__ import annotations

import numpy as np
import pytest

from emovere.errors import OutputError
from emovere.train.faces import labels as rooms
from emovere.train.faces.labels import label_faces, label_scenes
from emovere.types import Faces


class Teacher:
    """Sees one face in every picture, and a second one only where the picture is enlarged."""

    def __init__(self, size: int) -> None:
        self.size, self.asked = size, 0

    def detect(self, frames):
        self.asked += len(frames)
        return [self.one(frame.size) for frame in frames]

    def one(self, size):
        scale = 2 if size[0] >= 80 else 1
        boxes = np.array([[4, 6, 24, 30], [30, 6, 38, 16]], np.float32)[:scale]
        boxes = (boxes + 0.5) * scale - 0.5
        landmarks = boxes[:, None, :2].repeat(5, axis=1) + 3
        return Faces(boxes, np.array([0.8, 0.72], np.float32)[:scale], landmarks.astype(np.float32))


def test_faces_seen_twice_are_one_and_tiny_ones_are_added(parquet, monkeypatch):
    monkeypatch.setattr(rooms, "_teacher", Teacher)
    said = []
    labels = label_scenes(parquet, said.append)
    assert "YuNet" in said[0]
    assert labels.scene.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    one = labels.of(2)
    np.testing.assert_allclose(one.boxes, [[4, 6, 24, 30], [30, 6, 38, 16]], atol=1e-5)
    np.testing.assert_allclose(one.native, [0.8, 0])
    np.testing.assert_allclose(one.zoomed, [0.8, 0.72])
    np.testing.assert_allclose(one.scores, [0.8, 0.72])
    assert len(labels.of(99).boxes) == 0


def test_the_teacher_is_asked_once(parquet, monkeypatch):
    monkeypatch.setattr(rooms, "_teacher", Teacher)
    first = label_scenes(parquet, lambda _: None)
    monkeypatch.setattr(rooms, "_teacher", None)
    np.testing.assert_array_equal(label_scenes(parquet).boxes, first.boxes)


def test_kept_answers_that_are_damaged_are_told(parquet, monkeypatch):
    monkeypatch.setattr(rooms, "_teacher", Teacher)
    label_scenes(parquet, lambda _: None)
    kept = rooms.taught(parquet, "yunet").with_suffix(".npz")
    kept.write_bytes(b"PK")
    with pytest.raises(OutputError, match="is damaged; delete it, and YuNet is asked again"):
        label_scenes(parquet)


def test_a_face_is_told_in_pixels_of_its_crop(monkeypatch):
    class Whole:
        """Its box are the crop's corner pixels, its landmarks the first pixel's middle."""

        def __init__(self, size: int) -> None:
            pass

        def detect(self, frames):
            margin, side = rooms.MARGIN, 48 * rooms.ENLARGED
            seen = [frame.image[margin, margin, 0] > 0 for frame in frames]
            first = margin + (rooms.ENLARGED - 1) / 2
            box = np.array([[first, first, first + side - rooms.ENLARGED, first + side - rooms.ENLARGED]], np.float32)
            face = Faces(box, np.array([0.9], np.float32), np.full((1, 5, 2), first, np.float32))
            return [face if one else Faces.empty() for one in seen]

    monkeypatch.setattr(rooms, "_teacher", Whole)
    images = np.stack([np.full((48, 48), 200, np.uint8), np.zeros((48, 48), np.uint8)])
    labels = label_faces(images, lambda _: None)
    np.testing.assert_allclose(labels.scores, [0.9, 0])
    np.testing.assert_allclose(labels.boxes[0], [0, 0, 47, 47], atol=1e-4)
    np.testing.assert_allclose(labels.landmarks[0], 0, atol=1e-4)


def test_yunet_finds_a_real_face_enlarged(shared, yunet_weights):
    from PIL import Image

    from emovere.config import DetectOptions
    from emovere.detect.yunet import YuNet
    from emovere.types import Frame

    photo = Frame(np.asarray(Image.open(shared("photos/one_smiling.jpg")).convert("RGB")))
    x1, y1, x2, y2 = YuNet(DetectOptions()).detect([photo])[0].boxes[0].astype(int)
    face = np.asarray(Image.fromarray(photo.image[y1:y2, x1:x2]).convert("L").resize((48, 48)))
    labels = label_faces(face[None], lambda _: None)
    assert labels.scores[0] > 0.7
    assert abs(labels.landmarks[0, 0, 1] - labels.landmarks[0, 1, 1]) < 8
    assert labels.landmarks[0, 0, 0] < labels.landmarks[0, 1, 0]
