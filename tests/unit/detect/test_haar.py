from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from emovere.config import DetectOptions
from emovere.detect.haar import CASCADE, Haar, apart
from emovere.errors import EngineError
from emovere.testing.detectors import portrait
from emovere.types import Frame


def box(*rows):
    return np.array(rows, np.float32).reshape(-1, 4)


def test_a_nested_box_goes_whichever_is_stronger():
    boxes = box((0, 0, 100, 100), (30, 30, 60, 60))
    assert apart(boxes, np.float32([9, 4])) == [0]
    assert apart(boxes, np.float32([4, 9])) == [1]


def test_neighbours_that_overlap_a_little_both_stay():
    boxes = box((0, 0, 100, 100), (70, 0, 170, 100), (300, 0, 400, 100))
    assert sorted(apart(boxes, np.float32([5, 9, 7]))) == [0, 1, 2]


def test_a_box_overlapping_only_one_that_went_stays():
    boxes = box((0, 0, 100, 100), (45, 0, 145, 100), (90, 0, 190, 100))
    assert sorted(apart(boxes, np.float32([9, 5, 3]))) == [0, 2]


def test_equal_strengths_do_not_depend_on_the_order():
    boxes = box((0, 0, 100, 100), (10, 0, 110, 100))
    assert apart(boxes, np.float32([5, 5])) == [0]
    assert apart(boxes[::-1], np.float32([5, 5])) == [1]


def test_no_box_none_kept():
    assert apart(box(), np.zeros(0, np.float32)) == []


def test_a_clear_face_scores_above_a_blurred_one():
    haar = Haar(DetectOptions())
    image = portrait()
    hard = cv2.GaussianBlur(image, (0, 0), 9)
    clear, blurred = haar.detect([Frame(image), Frame(np.asarray(hard, np.uint8))])
    assert clear.scores[0] > 0.6
    assert len(blurred) == 0 or blurred.scores[0] < clear.scores[0]


def test_it_says_which_file_answers():
    haar = Haar(DetectOptions())
    path = Path(cv2.__file__).parent / "data" / CASCADE
    assert haar.info.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (haar.info.name, haar.info.version) == ("haar", "alt2")
    assert haar.detect([Frame(portrait())])[0].landmarks is None


def test_an_opencv_without_cascades_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(cv2, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(EngineError, match=r"cascade is missing; pip install 'opencv-python-headless>=4\.9,<5'"):
        Haar(DetectOptions())
