"""Readings second by second: neither the frame rate nor where a second begins matters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emovere.report.comparison_seconds import LONGEST_S, Seconds


def rows_of(times, probs):
    seconds = Seconds(probs[0].shape[1])
    for time_s, faces in zip(times, probs, strict=True):
        seconds.frame(time_s, faces)
    return seconds.rows()


def faces(*mixes):
    return np.array(mixes, np.float32).reshape(len(mixes), -1)


NONE = np.zeros((0, 2), np.float32)


def test_a_frame_counts_until_the_next_one():
    rows = rows_of([0.0, 0.25, 0.5], [faces([1, 0]), faces([0, 1]), faces([0.4, 0.6])])
    # three quarters of a second: the last frame stands for as long as the one before it
    np.testing.assert_allclose(rows, [[0.35, 0.40, 0.25, 0.50, 0.75, 0.75]], rtol=1e-6)


def test_time_is_shared_out_between_seconds():
    rows = rows_of([0.0, 0.8, 1.6, 2.4], [faces([1, 0]), faces([0, 1]), faces([1, 0]), NONE])
    np.testing.assert_allclose(
        rows,
        [[0.8, 0.2, 0.8, 0.2, 1, 1], [0.4, 0.6, 0.4, 0.6, 1, 1], [0.4, 0, 0.4, 0, 0.4, 0.4]],
        atol=1e-6,
    )


def test_every_face_counts_and_seconds_without_one_are_left_out():
    rows = rows_of([0.0, 1.0, 2.0, 3.0], [faces([1, 0], [0.2, 0.8]), NONE, NONE, faces([0.5, 0.5])])
    np.testing.assert_allclose(rows, [[1.2, 0.8, 1, 1, 2, 1], [0.5, 0.5, 1, 0, 1, 1]], rtol=1e-6)


def test_a_long_gap_counts_as_one_second():
    rows = rows_of([0.0, 100.0, 100.5], [faces([1, 0]), faces([0, 1]), NONE])
    np.testing.assert_allclose(rows[:, -1], [LONGEST_S, 0.5])


def test_times_that_begin_anew_are_taken_as_they_come():
    rows = rows_of([5.0, 5.5, 0.0, 0.5, 1.0], [faces([1, 0])] * 5)
    np.testing.assert_allclose(rows[:, -1], [0.5, 1.0, 0.5])


def test_one_frame_or_none():
    assert Seconds(2).rows().shape == (0, 6)
    assert rows_of([0.0], [NONE]).shape == (0, 6)
    np.testing.assert_allclose(rows_of([3.0], [faces([1, 0])]), [[1, 0, 1, 0, 1, 1]])


def test_asking_in_between_changes_nothing():
    times, probs = np.arange(40) * 0.13, [faces([0.3, 0.7])] * 40
    asked = Seconds(2)
    for time_s, mix in zip(times, probs, strict=True):
        asked.frame(time_s, mix)
        asked.rows()
    np.testing.assert_array_equal(asked.rows(), rows_of(times, probs))


@pytest.mark.parametrize("offset", [0.0, 0.37, 7200.015])
def test_thirty_and_ten_frames_a_second_agree(offset):
    def shares(times):
        level = 0.5 + 0.4 * np.sin(2 * np.pi * times / 7.3)
        rows = rows_of(offset + times, [faces([p, 1 - p]) for p in level])
        return rows[:, :4].sum(axis=0) / rows[:, 4].sum(), rows

    dense, by_second = shares(np.arange(0, 60, 1 / 30))
    sparse, coarse = shares(np.arange(0, 60, 1 / 10))
    np.testing.assert_allclose(dense, sparse, atol=0.006)
    assert by_second[:, -1].sum() == pytest.approx(60, abs=1e-6)
    assert coarse[:, -1].sum() == pytest.approx(60, abs=1e-6)
    np.testing.assert_allclose(by_second, coarse, atol=0.11)


def test_a_rate_that_varies_gives_the_same_means(rng):
    times = np.cumsum(rng.choice([1 / 60, 1 / 30, 0.3], 2000))
    level = 0.5 + 0.4 * np.sin(2 * np.pi * times / 7.3)
    rows = rows_of(times, [faces([p, 1 - p]) for p in level])
    even = 0.5 + 0.4 * np.sin(2 * np.pi * np.arange(times[0], times[-1], 1 / 100) / 7.3)
    assert rows[:, 0].sum() / rows[:, 4].sum() == pytest.approx(even.mean(), abs=0.015)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.integers(0, 3))
def test_any_times_give_seconds_of_at_most_a_second(times, count):
    rows = rows_of(times, [np.full((count, 2), 0.5, np.float32)] * len(times))
    assert np.isfinite(rows).all()
    assert (rows[:, -1] <= 1 + 1e-6).all() or not np.all(np.diff(times) > 0)
    assert rows[:, -1].sum() <= LONGEST_S * len(times) + 1e-6
    np.testing.assert_allclose(rows[:, 4], count * rows[:, 5], rtol=1e-6)


def test_an_hour_takes_half_a_megabyte():
    seconds = Seconds(7)
    mix = np.full((1, 7), 1 / 7, np.float32)
    for second in range(3600):
        seconds.frame(float(second), mix)
    assert len(seconds._done) * 8 < 500_000
