from __future__ import annotations

import pytest

from emovere.sources.clock import Clock


def test_time_by_stamps_and_by_arrival():
    clock = Clock()
    times = [clock.time_of(100 + at, stamp) for at, stamp in [(0, 7.0), (0.3, 7.04), (0.31, 7.08)]]
    assert times == pytest.approx([0, 0.04, 0.08])
    assert clock.time_of(100.51, 3.0) == pytest.approx(0.28)  # a step backwards: by arrival
    assert clock.time_of(100.55, 3.04) == pytest.approx(0.32)
    assert clock.time_of(100.59, 90_000.0) == pytest.approx(0.36)  # a jump: by arrival
    assert clock.time_of(100.79, None) == pytest.approx(0.56)
    assert clock.time_of(100.79, None) == pytest.approx(0.561)  # never the same twice
    clock.start_anew()
    assert clock.time_of(110.79, 5.0) == pytest.approx(10.561)  # a gap is a gap


def test_a_file_that_comes_faster_than_it_plays_keeps_its_time():
    clock = Clock()
    assert [clock.time_of(100 + i / 1000, i / 25) for i in range(100)] == pytest.approx([i / 25 for i in range(100)])


@pytest.mark.parametrize("stamp", [float("nan"), float("inf"), float("-inf"), 5.0])
def test_stamps_that_say_nothing(stamp):
    clock = Clock()
    assert [clock.time_of(i / 10, stamp) for i in range(5)] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
