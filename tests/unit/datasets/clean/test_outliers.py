"""Faces far from all others."""

from __future__ import annotations

import numpy as np

from emovere.datasets.clean import outliers as module
from emovere.datasets.clean.options import CleanOptions
from emovere.datasets.clean.outliers import distances, outliers


def features(count: int) -> np.ndarray:
    random = np.random.default_rng(0)
    centres = random.normal(0, 1, (4, 32))
    return (centres[np.arange(count) % 4] + random.normal(0, 0.1, (count, 32))).astype(np.float32)


def test_the_odd_one_is_farthest():
    values = features(200)
    values[17] = np.random.default_rng(5).normal(0, 1, 32)
    far = distances(values, 10)
    assert far.argmax() == 17
    assert far[17] > 5 * np.median(far)
    (found,) = outliers(values, CleanOptions(outliers=0.005))
    assert (found.row, found.reason, found.action) == (17, "outlier", "")


def test_by_hand():
    values = np.array([[1, 0], [2, 0], [0, 3], [0, -1]], np.float32)
    assert np.allclose(distances(values, 1), [0, 0, 1, 1])
    assert np.allclose(distances(values, 99), [2 / 3, 2 / 3, 4 / 3, 4 / 3])


def test_large_sets_are_compared_with_some(monkeypatch):
    values = features(400)
    values[123] = -values[123]
    monkeypatch.setattr(module, "REFERENCES", 100)
    assert distances(values, 5).argmax() == 123


def test_too_few_to_say():
    assert distances(np.ones((0, 4), np.float32), 3).tolist() == []
    assert distances(np.ones((1, 4), np.float32), 3).tolist() == [0]
    assert outliers(np.ones((3, 4), np.float32), CleanOptions(outliers=1.0)) == []
