from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from emovere import weights
from emovere.config import DetectOptions
from emovere.detect.yunet import YuNet
from emovere.errors import EngineError, Offline
from emovere.testing.detectors import portrait
from emovere.types import Frame


@pytest.fixture
def yunet(yunet_weights):
    return YuNet(DetectOptions())


def grey(height, width):
    return np.full((height, width, 3), 128, np.uint8)


def test_landmarks_lie_where_the_face_has_them(yunet):
    (found,) = yunet.detect([Frame(portrait())])
    x1, y1, x2, y2 = found.boxes[0]
    unit = (found.landmarks[0] - [x1, y1]) / [x2 - x1, y2 - y1]
    expected = [[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.33, 0.8], [0.67, 0.8]]
    np.testing.assert_allclose(unit, expected, atol=0.13)


def test_colours_arrive_in_opencvs_order(yunet, yunet_weights):
    image = portrait()[:600, :512].copy()
    image[:, :, 2] //= 3
    (found,) = yunet.detect([Frame(image)])
    bare = cv2.FaceDetectorYN.create(str(yunet_weights), "", (512, 600), 0.7, 0.3, 5000)
    rows = bare.detect(np.ascontiguousarray(image[:, :, ::-1]))[1]
    np.testing.assert_allclose(found.scores, rows[:, 14], atol=1e-6)
    np.testing.assert_allclose(found.boxes[0, :2], rows[0, :2], atol=1e-3)


def test_the_least_score_is_applied(yunet_weights):
    frame = Frame(portrait())
    score = float(YuNet(DetectOptions()).detect([frame])[0].scores[0])
    assert len(YuNet(DetectOptions(score=score - 0.01)).detect([frame])[0]) == 1
    assert len(YuNet(DetectOptions(score=min(1.0, score + 0.01))).detect([frame])[0]) == 0


def test_a_smaller_size_loses_small_faces(yunet_weights):
    image = grey(1200, 1200)
    image[500:595, 500:580] = cv2.resize(portrait(), (80, 95), interpolation=cv2.INTER_AREA)
    counts = [len(YuNet(DetectOptions(size=size)).detect([Frame(image)])[0]) for size in (64, 1280)]
    assert counts == [0, 1]


def test_a_large_face_that_full_resolution_would_miss_is_found(yunet):
    image = np.asarray(cv2.resize(portrait()[40:420, 100:430], None, fx=8, fy=8), np.uint8)
    assert len(yunet.detect([Frame(image)])[0]) == 1


@pytest.mark.parametrize("shape", [(32, 640), (640, 32), (20, 640), (640, 5), (32, 32), (600, 12_000)])
def test_no_face_is_invented_in_low_or_narrow_pictures(yunet, rng, shape):
    """OpenCV 4.14 answers with whatever lies in memory where a side of its input is 32 pixels."""
    for _ in range(3):
        dirt = rng.random((400, 400), np.float32) * 1e6
        frames = [Frame(rng.integers(0, 256, (*shape, 3), np.uint8)), Frame(grey(*shape))]
        del dirt
        assert [len(found) for found in yunet.detect(frames)] == [0, 0]


def test_a_face_in_a_low_picture_is_still_found(yunet):
    image = grey(60, 640)
    image[:60, 300:351] = cv2.resize(portrait(), (51, 60), interpolation=cv2.INTER_AREA)
    (found,) = yunet.detect([Frame(image)])
    assert len(found) == 1
    assert 300 < found.boxes[0].reshape(2, 2).mean(axis=0)[0] < 351
    assert found.boxes[0, 3] <= 60


def test_it_says_which_file_answers_and_is_quiet(yunet, capfd):
    yunet.detect([Frame(portrait())])
    assert yunet.info.name == "yunet"
    assert yunet.info.sha256 == weights.entry("yunet").sha256
    assert capfd.readouterr() == ("", "")


def test_without_its_file_and_offline_it_says_where_to_put_it():
    with pytest.raises(Offline, match=r"face_detection_yunet_2023mar\.onnx"):
        YuNet(DetectOptions())


def test_a_file_that_opencv_cannot_load_is_one_line(monkeypatch):
    path = weights.place("yunet")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a network")
    entry = dataclasses.replace(weights.entry("yunet"), sha256=weights.sha256_of(path))
    monkeypatch.setattr(weights, "entry", lambda name: entry)
    with pytest.raises(EngineError, match="OpenCV cannot load it") as raised:
        YuNet(DetectOptions())
    assert "\n" not in str(raised.value)
