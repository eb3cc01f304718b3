"""Looking for the face in small pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from emovere.classify.check import Check
from emovere.config import DetectOptions
from emovere.datasets.clean.looks import LOWEST, look, turn_and_tilt
from emovere.datasets.clean.options import FaceOptions
from emovere.detect.yunet import YuNet
from emovere.pipeline import Analyzer


@pytest.fixture
def crops(shared, yunet_weights):
    """Five faces of photographs, cut as analyze does."""
    files = [shared(f"photos/{name}.jpg") for name in ("one_smiling", "two_standing", "two_waving")]
    seen = [item for item in Analyzer().stream(files) if hasattr(item, "crops")]
    return np.concatenate([item.crops.images for item in seen])


@pytest.fixture
def looked(yunet_weights):
    detector = YuNet(DetectOptions(score=LOWEST))
    return lambda images: look(images, detector, Check(), FaceOptions())


def test_faces_are_seen_at_once(crops, looked):
    seen = looked(crops)
    assert len(crops) >= 4
    assert seen.best.min() > 0.6
    assert (seen.turned == 0).all()
    aside, tilt = turn_and_tilt(seen.landmarks)
    assert np.abs(tilt).max() < 15
    assert aside.max() < 0.45


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_face_that_lies_on_its_side_is_seen_once_it_is_turned(crops, looked, quarters):
    seen = looked(np.ascontiguousarray(np.rot90(crops, quarters, axes=(1, 2))))
    assert (seen.best > 0.5).mean() > 0.7
    assert np.abs(seen.turned).max() >= 60


def test_what_is_no_face_is_none_in_any_view(looked, scribbles):
    images = np.stack([*scribbles[:6], np.zeros((48, 48), np.uint8), np.full((48, 48), 255, np.uint8)])
    seen = looked(images)
    assert seen.best.max() < 0.5
    assert (seen.count == 0).all()


def test_landmarks_lie_where_the_face_is(crops, looked):
    seen = looked(crops)
    medians = np.median(seen.landmarks, axis=0)
    assert np.abs(medians - [[14.3, 18.3], [32.7, 18.3], [23.5, 28.3], [15.7, 35.6], [31.3, 35.6]]).max() < 4
    moved = np.stack(
        [cv2.warpAffine(crop, np.float32([[1, 0, 5], [0, 1, 0]]), (48, 48), borderMode=1) for crop in crops]
    )
    shifts = looked(moved).landmarks[:, :, 0] - seen.landmarks[:, :, 0]
    assert abs(np.median(shifts) - 5) < 1


def test_turn_and_tilt_by_hand():
    ahead = [[14, 18], [32, 18], [23, 28], [16, 36], [30, 36]]
    aside = [[14, 18], [32, 18], [32, 28], [16, 36], [30, 36]]
    tilted = [[14, 14], [32, 32], [18, 28], [9, 30], [20, 40]]
    unknown = np.full((5, 2), np.nan)
    turn, tilt = turn_and_tilt(np.array([ahead, aside, tilted, unknown], np.float32))
    assert np.allclose(turn[:2], [0, 0.5])
    assert np.isclose(tilt[2], 45)
    assert np.isnan(turn[3])


def test_none(looked):
    assert len(looked(np.zeros((0, 48, 48), np.uint8)).score) == 0
