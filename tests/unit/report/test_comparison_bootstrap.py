"""Intervals that cover what they promise to, although neighbouring seconds resemble each other."""

import math

import numpy as np
import pytest

from emovere.report.comparison_bootstrap import RESAMPLES, block_length, bounds, deviations
from emovere.report.comparison_difference import Shares, difference
from emovere.report.comparison_seconds import Seconds


def autoregressive(rng, count, alike):
    """An AR(1) process of unit variance: each value keeps the share ``alike`` of the one before."""
    noise = rng.standard_normal(count + 300) * math.sqrt(1 - alike**2)
    values = np.empty_like(noise)
    level = 0.0
    for place, step in enumerate(noise):
        level = values[place] = alike * level + step
    return values[300:]


def clip(rng, seconds, alike, frames_a_second):
    """(frames, 2) readings whose seconds resemble each other like an AR(1) process."""
    happy = 0.5 + 0.1 * np.clip(autoregressive(rng, seconds * frames_a_second, alike ** (1 / frames_a_second)), -4, 4)
    return np.column_stack([happy, 1 - happy]).astype(np.float32)


def shares(name, readings, frames_a_second):
    seconds = Seconds(2)
    for place, mix in enumerate(readings):
        seconds.frame(place / frames_a_second, mix[None])
    return Shares(name, seconds.rows())


def frame_wise(rng, first, second):
    """The bootstrap that takes frames for independent, for comparison."""
    means = [rng.choice(side[:, 0], (200, len(side))).mean(axis=1) for side in (first, second)]
    return np.quantile(means[1] - means[0], [0.025, 0.975])


@pytest.mark.parametrize(("seconds", "least"), [(60, 0.86), (200, 0.9)])
def test_intervals_cover_the_truth_and_those_over_frames_do_not(rng, seconds, least):
    rate, alike, repeats = 5, 0.7, 120
    ours = naive = 0
    for _ in range(repeats):
        first, second = clip(rng, seconds, alike, rate), clip(rng, seconds, alike, rate)
        found = difference(shares("a", first, rate), shares("b", second, rate)).mean
        ours += found.low[0] <= 0 <= found.high[0]
        low, high = frame_wise(rng, first, second)
        naive += low <= 0 <= high
    assert least <= ours / repeats <= 0.99
    assert naive / repeats < 0.5


def test_a_true_difference_is_found(rng):
    first, second = clip(rng, 120, 0.7, 5), clip(rng, 120, 0.7, 5)
    second += np.array([0.2, -0.2], np.float32)
    found = difference(shares("a", first, 5), shares("b", second, 5)).mean
    assert found.low[0] < 0.2 < found.high[0]
    assert found.clear(0)
    assert found.high[1] < 0


def test_blocks_grow_with_the_likeness_of_seconds_and_with_the_series(rng):
    def length(count, alike):
        return np.median([block_length(autoregressive(rng, count, alike)[:, None]) for _ in range(15)])

    assert length(300, 0) < length(300, 0.7) < length(300, 0.9)
    assert length(100, 0.7) < length(1000, 0.7)
    assert length(60, 0.99) <= 20


@pytest.mark.parametrize("count", [1, 2, 3, 5, 20, 100])
def test_blocks_of_any_series(rng, count):
    for series in (np.zeros((count, 3)), rng.standard_normal((count, 3)), np.linspace(-1, 1, count)[:, None]):
        assert 1 <= block_length(series) <= max(1, count // 3)


def test_the_likest_label_decides(rng):
    quick, slow = autoregressive(rng, 300, 0), autoregressive(rng, 300, 0.9)
    assert block_length(np.column_stack([quick, slow])) == block_length(slow[:, None])


def test_without_likeness_the_spread_is_that_of_independent_seconds(rng):
    values = rng.standard_normal((400, 1))
    spread = deviations(values, np.ones(400), 1, rng).std() / (1 + 2.9694 / 1.96 / 400)
    assert spread == pytest.approx(values.std() / 20, rel=0.05)


def test_every_second_is_drawn_as_often_as_any_other(rng):
    """Also those at the ends, which a bootstrap that is not circular draws less often."""
    drawn = [deviations(np.eye(11)[:, [k]], np.ones(11), 3, rng).mean() for k in (0, 5, 10)]
    np.testing.assert_allclose(drawn, 0, atol=0.006)


def test_a_long_recording_is_drawn_in_parts(rng, monkeypatch):
    import emovere.report.comparison_bootstrap as tested

    values, times = rng.standard_normal((500, 4)), np.ones(500)
    whole = deviations(values, times, 7, np.random.default_rng(1))
    monkeypatch.setattr(tested, "CELLS", 1000)
    np.testing.assert_array_equal(whole, deviations(values, times, 7, np.random.default_rng(1)))
    assert whole.shape == (RESAMPLES, 4)


def test_bounds_leave_out_two_and_a_half_percent_on_either_side():
    low, high = bounds(np.arange(1001.0)[:, None])
    assert (low[0], high[0]) == pytest.approx((25, 975))
