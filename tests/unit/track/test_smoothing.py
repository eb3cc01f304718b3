"""Smoothing is by seconds: the frame rate changes nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest

from emovere.track.smoothing import Smoother

ONE = np.array([1], np.int64)
CALM = np.array([[0.1, 0.9]], np.float32)
GLAD = np.array([[0.9, 0.1]], np.float32)


def after_a_change(rate: float, seconds: float, constant: float = 0.4) -> float:
    smoother = Smoother(constant)
    smoother.update(0.0, ONE, CALM)
    value = 0.0
    for k in range(1, round(seconds * rate) + 1):
        value = float(smoother.update(k / rate, ONE, GLAD)[0, 0])
    return value


@pytest.mark.parametrize("rate", [5, 10, 25, 30, 120])
def test_the_frame_rate_does_not_matter(rate):
    assert after_a_change(rate, 0.4) == pytest.approx(0.9 - 0.8 * np.exp(-1), abs=1e-4)
    assert after_a_change(rate, 2.0) == pytest.approx(0.9 - 0.8 * np.exp(-5), abs=1e-4)


def test_without_a_time_constant_readings_stay_as_they_are():
    smoother = Smoother(0)
    smoother.update(0.0, ONE, CALM)
    np.testing.assert_array_equal(smoother.update(0.1, ONE, GLAD), GLAD)


def test_everybody_has_a_memory_of_their_own_and_it_can_be_let_go():
    smoother = Smoother(0.4)
    both = np.array([1, 2], np.int64)
    smoother.update(0.0, both, np.concatenate([CALM, GLAD]))
    np.testing.assert_allclose(smoother.update(0.1, both[::-1], np.concatenate([GLAD, CALM])), [GLAD[0], CALM[0]])
    smoother.forget(1)
    np.testing.assert_array_equal(smoother.update(0.2, ONE, GLAD), GLAD)


def test_rows_sum_to_one_and_no_face_is_fine():
    smoother = Smoother(0.4)
    rng = np.random.default_rng(0)
    for k in range(20):
        probs = rng.dirichlet(np.ones(7), 3).astype(np.float32)
        out = smoother.update(k / 10, np.arange(1, 4), probs)
        np.testing.assert_allclose(out.sum(axis=1), 1, atol=1e-5)
    assert smoother.update(9.0, np.zeros(0, np.int64), np.zeros((0, 7), np.float32)).shape == (0, 7)


def test_what_is_known_goes_through_json():
    a, b = Smoother(0.4), Smoother(0.4)
    a.update(0.0, ONE, CALM)
    b.restore(json.loads(json.dumps(a.state())))
    np.testing.assert_allclose(a.update(0.3, ONE, GLAD), b.update(0.3, ONE, GLAD), atol=1e-6)
