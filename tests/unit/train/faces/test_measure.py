from __future__ import annotations

import numpy as np
import pytest

from emovere.train.faces.labels import Labels
from emovere.train.faces.measure import judge, landmark_error, truth_of
from emovere.types import Faces

LANDMARKS = np.array([[4, 6], [14, 6], [9, 11], [5, 16], [13, 16]], np.float32)


def shifted(x):
    return LANDMARKS + np.array([x, 0], np.float32)


def truth(*rows):
    """rows: x, native score, zoomed score of a 20 px wide face each."""
    boxes = np.array([[x, 0, x + 20, 24] for x, _, _ in rows], np.float32).reshape(-1, 4)
    marks = np.array([shifted(x) for x, _, _ in rows], np.float32).reshape(-1, 5, 2)
    scores = np.array([row[1:] for row in rows], np.float32).reshape(-1, 2)
    return truth_of(Labels(np.zeros(len(rows), np.int64), boxes, marks, scores[:, 0], scores[:, 1]))


def found(*rows, off=0.0):
    """rows: x and score."""
    boxes = np.array([[x, 0, x + 20, 24] for x, _ in rows], np.float32).reshape(-1, 4)
    marks = np.array([shifted(x + off) for x, _ in rows], np.float32).reshape(-1, 5, 2)
    return Faces(boxes, np.array([score for _, score in rows], np.float32), marks)


def test_recall_and_false_boxes_at_a_score():
    judged = judge(
        [found((0, 0.9), (50, 0.6), (200, 0.8)), found((300, 0.3))],
        [truth((0, 0.8, 0.8), (50, 0.75, 0), (100, 0.9, 0.9)), truth()],
    )
    assert judged.photos == 2
    assert judged.recall(0.7) == pytest.approx(1 / 3)
    assert judged.recall(0.5) == pytest.approx(2 / 3)
    assert (judged.false(0.85), judged.false(0.5), judged.false(0.1)) == (0, 1, 2)
    assert judged.recall(judged.score_with(0)) == pytest.approx(1 / 3)
    assert judged.false(judged.score_with(0)) == 0
    assert judged.false(judged.score_with(1)) == 1
    assert judged.score_with(2) == 0.0
    assert judged.mean_recall == pytest.approx(2 / 3)


def test_a_second_box_on_a_face_is_false():
    judged = judge([found((0, 0.9), (2, 0.8))], [truth((0, 0.8, 0.8))])
    assert judged.false(0.5) == 1
    assert judged.recall(0.85) == 1


def test_boxes_of_which_the_teacher_is_not_sure_count_neither_way():
    judged = judge([found((0, 0.9), (60, 0.9))], [truth((0, 0.5, 0.5), (60, 0, 0.9))])
    assert len(judged.scores) == 0
    assert len(judged.found) == 0
    assert np.isnan(judged.recall(0.5))
    assert judged.score_with(2) == 0.0


def test_recall_by_size():
    judged = judge([found((0, 0.9))], [truth((0, 0.8, 0.8), (100, 0.8, 0.8))])
    assert judged.recall(0.5, (20, 40)) == 0.5
    assert np.isnan(judged.recall(0.5, (40, 80)))


def test_landmarks_are_measured_in_distances_between_the_eyes():
    assert landmark_error(shifted(1), LANDMARKS) == pytest.approx(0.1)
    judged = judge([found((0, 0.9), off=0.5)], [truth((0, 0.8, 0.8))])
    assert judged.errors[0] == pytest.approx(0.05)


def test_a_detector_without_landmarks_is_measured_by_its_boxes_alone():
    plain = Faces(np.array([[0, 0, 20, 24]], np.float32), np.array([0.9], np.float32))
    judged = judge([plain], [truth((0, 0.8, 0.8))])
    assert judged.recall(0.5) == 1
    assert np.isnan(judged.errors[0])
