from __future__ import annotations

import numpy as np
import pytest

from emovere.geometry import iou_matrix
from emovere.train.faces.labels import FaceLabels
from emovere.train.faces.marked import FACE, IGNORED, Marks
from emovere.train.faces.pasting import FaceBank, paste_decoys, paste_faces


@pytest.fixture
def bank():
    """A face that is black but for a white nose."""
    image = np.zeros((1, 48, 48), np.uint8)
    image[0, 26:31, 20:25] = 255
    landmarks = np.array([[[14, 18], [33, 18], [22, 28], [16, 36], [31, 36]]], np.float32)
    return FaceBank(image, FaceLabels(np.ones(1, np.float32), np.array([[4, 0, 43, 47]], np.float32), landmarks), 0.7)


@pytest.mark.parametrize("plain", [True, False])
def test_a_pasted_face_stands_where_its_mark_says(bank, plain):
    for seed in range(12):
        image = np.full((128, 128, 1), 60, np.uint8)
        rng = np.random.default_rng(seed)
        marks = paste_faces(image, Marks.empty(), bank, rng, count=1, degrees=15, plain=plain)
        assert marks.kinds.tolist() == [FACE]
        if (marks.boxes[0, 2:] - marks.boxes[0, :2]).min() < 20:
            continue
        bright = np.clip(image[:, :, 0].astype(float) - 110, 0, None)
        y, x = np.mgrid[:128, :128]
        nose = np.array([(x * bright).sum(), (y * bright).sum()]) / bright.sum()
        np.testing.assert_allclose(nose, marks.landmarks[0, 2], atol=0.8)


def test_nothing_is_pasted_over_what_is_marked(bank):
    box = np.array([[0, 0, 128, 128]], np.float32)
    for kind in (FACE, IGNORED):
        marks = Marks(box, np.zeros((1, 5, 2), np.float32), np.array([kind]))
        image = np.full((128, 128, 1), 60, np.uint8)
        assert len(paste_faces(image, marks, bank, np.random.default_rng(0), count=3, degrees=0, plain=False)) == 1
        paste_decoys(image, marks, bank, np.random.default_rng(0))
        assert (image == 60).all()


def test_pasted_faces_do_not_overlap(bank):
    image = np.full((256, 256, 3), 60, np.uint8)
    marks = paste_faces(image, Marks.empty(), bank, np.random.default_rng(2), count=12, degrees=0, plain=False)
    assert len(marks) > 3
    overlaps = iou_matrix(marks.boxes, marks.boxes) - np.eye(len(marks))
    assert overlaps.max() < 0.1


def test_a_decoy_changes_the_picture_and_leaves_no_mark(bank):
    changed = 0
    for seed in range(10):
        image = np.random.default_rng(9).integers(0, 255, (128, 128, 1)).astype(np.uint8)
        before = image.copy()
        paste_decoys(image, Marks.empty(), bank, np.random.default_rng(seed))
        changed += int((image != before).any())
    assert changed >= 8


def test_faces_that_the_teacher_does_not_see_are_not_pasted():
    labels = FaceLabels(np.array([0.9, 0.2], np.float32), np.zeros((2, 4), np.float32), np.zeros((2, 5, 2), np.float32))
    assert len(FaceBank(np.zeros((2, 48, 48), np.uint8), labels, 0.7)) == 1
