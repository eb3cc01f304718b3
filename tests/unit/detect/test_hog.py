from __future__ import annotations

import sys

import cv2
import numpy as np
import pytest

from emovere.config import DetectOptions
from emovere.detect import hog as module
from emovere.detect.hog import Hog
from emovere.errors import ConfigError, MissingExtra
from emovere.testing.detectors import portrait
from emovere.types import Frame


def grey(height, width):
    return np.full((height, width, 3), 128, np.uint8)


def test_without_dlib_the_install_line_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(MissingExtra, match=r"^dlib is missing: pip install 'emovere\[hog\]'$"):
        Hog(DetectOptions())


def test_a_dlib_that_lacks_something_itself_is_not_disguised(monkeypatch, tmp_path):
    (tmp_path / "dlib.py").write_text("import something_that_dlib_needs\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "dlib", raising=False)
    with pytest.raises(ModuleNotFoundError, match="something_that_dlib_needs"):
        Hog(DetectOptions())


class TestWithDlib:
    @pytest.fixture(autouse=True)
    def dlib(self):
        return pytest.importorskip("dlib")

    def test_it_says_who_answers_and_gives_no_landmarks(self, dlib, capfd):
        hog = Hog(DetectOptions())
        (found,) = hog.detect([Frame(portrait())])
        assert (hog.info.name, hog.info.version, hog.info.engine) == ("hog", dlib.__version__, "dlib")
        assert found.landmarks is None
        assert capfd.readouterr() == ("", "")

    def test_options_are_checked(self):
        with pytest.raises(ConfigError, match=r"detect\.size"):
            Hog(DetectOptions(size=8))

    def test_a_clear_face_scores_high_and_a_blurred_one_lower(self):
        hog = Hog(DetectOptions(score=0))
        blurred = np.asarray(cv2.GaussianBlur(portrait(), (0, 0), 12), np.uint8)
        clear, hard = hog.detect([Frame(portrait()), Frame(blurred)])
        assert clear.scores[0] > 0.99
        assert len(hard) == 0 or hard.scores[0] < clear.scores[0]

    def test_the_least_score_is_applied_as_it_is_given_back(self):
        image = np.asarray(cv2.GaussianBlur(portrait(), (0, 0), 8), np.uint8)
        for score in (0.3, 0.7, 0.95):
            (found,) = Hog(DetectOptions(score=score)).detect([Frame(image)])
            assert (found.scores >= score - 1e-6).all()
        counts = [len(Hog(DetectOptions(score=score)).detect([Frame(portrait())])[0]) for score in (0.7, 1.0)]
        assert counts == [1, 0]

    def test_scores_and_margins_are_each_others_inverse(self):
        for score in (0.1, 0.5, 0.7, 0.99):
            margin = np.array([module._margin_of(score)], np.float32)
            assert module._score_of(margin)[0] == pytest.approx(score, abs=1e-5)
        assert module._margin_of(0.0) == module.LEAST_MARGIN

    def test_another_doubling_finds_smaller_faces(self):
        image = grey(200, 300)
        image[60:100, 120:154] = cv2.resize(portrait()[20:420, 90:430], (34, 40), interpolation=cv2.INTER_AREA)
        counts = [len(Hog(DetectOptions(), upsample=n).detect([Frame(image)])[0]) for n in (1, 2)]
        assert counts == [0, 1]

    def test_a_view_of_a_larger_array_gives_the_same(self):
        wide = np.concatenate([portrait(), grey(*portrait().shape[:2])], axis=1)
        hog = Hog(DetectOptions())
        whole, view = hog.detect([Frame(portrait()), Frame(wide[:, : portrait().shape[1]])])
        np.testing.assert_array_equal(whole.boxes, view.boxes)

    def test_a_face_at_the_edge_has_a_box_that_ends_there(self):
        image = np.ascontiguousarray(portrait()[70:])
        (found,) = Hog(DetectOptions(score=0.3)).detect([Frame(image)])
        assert (found.boxes >= 0).all()
        assert (found.boxes <= [image.shape[1], image.shape[0]] * 2).all()
