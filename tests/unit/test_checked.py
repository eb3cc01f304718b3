"""Boxes whose crop is no face are left out, whichever detector found them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from emovere import checked
from emovere.checked import Checked, create_checked
from emovere.config import DetectOptions, Options
from emovere.errors import ConfigError
from emovere.pipeline import Analyzer
from emovere.types import Faces, Frame, ModelInfo


class Everything:
    """A detector that finds the same boxes in every frame."""

    info, box_in_crop, whole_frames_only = ModelInfo("everything"), (0.0, 0.0, 48.0, 48.0), True

    def __init__(self, *boxes, landmarks=False):
        self.boxes = np.array(boxes, np.float32).reshape(-1, 4)
        self.landmarks = landmarks

    def detect(self, frames):
        count = len(self.boxes)
        marks = np.tile(self.boxes.reshape(-1, 2, 2)[:, :1], (1, 5, 1)) + np.float32(
            [[14, 18], [33, 18], [23, 28], [16, 36], [31, 36]]
        )
        scores = np.linspace(0.9, 0.8, count, dtype=np.float32)
        return [Faces(self.boxes, scores, marks if self.landmarks else None) for _ in frames]


class Bright:
    """A check to which bright crops are faces."""

    info = ModelInfo("bright")

    def __init__(self):
        self.calls = []

    def read(self, crops):
        self.calls.append(crops.shape)
        return (crops.mean(axis=(1, 2)) / 255).astype(np.float32)


def picture(*bright):
    """200 x 100 pixels, dark but for some squares of 48 pixels."""
    image = np.full((100, 200, 3), 10, np.uint8)
    for left, top in bright:
        image[top : top + 48, left : left + 48] = 250
    return image


BOXES = ((0, 0, 48, 48), (60, 20, 108, 68), (120, 0, 168, 48))


@pytest.mark.parametrize("landmarks", [False, True])
def test_what_is_unlikely_goes_and_the_rest_stays_as_it_is(landmarks):
    within, check = Everything(*BOXES, landmarks=landmarks), Bright()
    frames = [Frame(picture((60, 20))), Frame(picture()), Frame(picture((0, 0), (120, 0)))]
    found = Checked(within, check, 0.5).detect(frames)
    assert [faces.boxes[:, 0].tolist() for faces in found] == [[60], [], [0, 120]]
    np.testing.assert_allclose(found[2].scores, [0.9, 0.8])
    assert (found[0].landmarks is not None) == landmarks
    assert len(check.calls) == 1, "the crops of all frames go through the network together"
    assert check.calls[0] == (9, 48, 48)


def test_no_frame_and_no_face_are_nothing():
    assert Checked(Everything(), Bright(), 0.5).detect([]) == []
    (found,) = Checked(Everything(), Bright(), 0.5).detect([Frame(picture())])
    assert len(found) == 0


def test_it_speaks_for_the_detector_within():
    wrapped = Checked(Everything(), Bright(), 0.5)
    assert wrapped.info.name == "everything"
    assert wrapped.box_in_crop == (0.0, 0.0, 48.0, 48.0)
    assert wrapped.whole_frames_only
    assert wrapped.verifier.name == "bright"


def test_results_name_it():
    wrapped = Checked(Everything(*BOXES), Bright(), 0.5)
    report = Analyzer(detector=wrapped).analyze(picture((60, 20)))
    assert {role: info.name for role, info in report.models.items()} == {
        "detector": "everything",
        "classifier": "light",
        "verifier": "bright",
    }
    assert [len(frame) for frame in report.frames] == [1]


def test_zero_switches_it_off(monkeypatch):
    within = Everything(*BOXES)
    monkeypatch.setattr(checked, "create", lambda name, options: within)
    assert create_checked(DetectOptions(check=0.0)) is within


@pytest.mark.parametrize("least", [-0.1, 1.5])
def test_no_probability_is_an_error(least):
    with pytest.raises(ConfigError, match=r"detect\.check: expected a number from 0 to 1"):
        create_checked(DetectOptions(check=least))


def test_a_detector_that_is_handed_in_is_taken_as_it_is():
    within = Everything(*BOXES)
    analyzer = Analyzer(Options(detect=dataclasses.replace(DetectOptions(), check=0.9)), detector=within)
    assert analyzer.detector is within
    assert len(analyzer.analyze(picture()).frames[0]) == 3
