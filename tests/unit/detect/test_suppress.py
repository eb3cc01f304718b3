"""Greedy suppression, against the plain loop of the textbooks and by its properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from emovere.detect.suppress import MOST, suppress
from emovere.geometry import iou_matrix


def box(*rows):
    return np.array(rows, np.float32).reshape(-1, 4)


def plain(boxes, scores, overlap):
    """One box at a time, as in every textbook."""
    kept = []
    for row in sorted(range(len(boxes)), key=lambda k: (-scores[k], k)):
        if all(iou_matrix(boxes[row][None], boxes[k][None])[0, 0] <= overlap for k in kept):
            kept.append(row)
    return kept


@settings(deadline=None, max_examples=60)
@given(count=some.integers(0, 60), seed=some.integers(0, 10**6), overlap=some.sampled_from([0.0, 0.3, 0.5, 0.9]))
def test_it_is_the_plain_loop(count, seed, overlap):
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, 80, (count, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(1, 60, (count, 2))], axis=1).astype(np.float32)
    scores = rng.choice(np.float32([0.1, 0.5, 0.5, 0.9]), count)
    assert suppress(boxes, scores, overlap).tolist() == plain(boxes, scores, overlap)


def test_no_box_none_kept():
    kept = suppress(box(), np.zeros(0, np.float32), 0.3)
    assert kept.shape == (0,)
    assert kept.dtype == np.int64


def test_the_surest_stays_and_those_apart_stay():
    boxes = box((0, 0, 10, 10), (1, 0, 11, 10), (50, 0, 60, 10))
    assert suppress(boxes, np.float32([0.8, 0.9, 0.7]), 0.3).tolist() == [1, 2]


@pytest.mark.timeout(20)
def test_thousands_of_boxes_take_no_time_and_no_memory():
    scores = np.linspace(0, 1, 20 * MOST, dtype=np.float32)
    boxes = np.tile(np.float32([0, 0, 10, 10]), (len(scores), 1))
    assert suppress(boxes, scores, 0.3).tolist() == [len(scores) - 1]
