"""The token bucket."""

from __future__ import annotations

import pytest

from emovere.web import rate
from emovere.web.rate import Rate


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_the_pace():
    clock = Clock()
    bucket = Rate(2.0, clock)
    assert [bucket.take("a") for _ in range(4)] == [0.0] * 4
    assert bucket.take("a") == pytest.approx(0.5)
    clock.now += 0.5
    assert bucket.take("a") == 0.0
    assert bucket.take("a") > 0
    clock.now += 1000
    assert [bucket.take("a") for _ in range(5)].count(0.0) == 4


def test_waiting_as_long_as_told_is_enough():
    clock = Clock()
    bucket = Rate(0.3, clock)
    assert bucket.take("a") == 0.0
    clock.now += bucket.take("a") + 1e-6
    assert bucket.take("a") == 0.0


def test_each_address_has_its_own():
    bucket = Rate(0.5, Clock())
    assert bucket.take("10.0.0.1") == 0.0
    assert bucket.take("10.0.0.1") > 0
    assert bucket.take("10.0.0.2") == 0.0
    assert bucket.take("no address") == 0.0


def test_the_addresses_of_one_household_count_as_one():
    bucket = Rate(0.5, Clock())
    assert bucket.take("2001:db8:1:2::1") == 0.0
    assert bucket.take("2001:db8:1:2:ffff::1") > 0
    assert bucket.take("2001:db8:1:3::1") == 0.0


def test_no_limit():
    bucket = Rate(0.0, Clock())
    assert not any(bucket.take("a") for _ in range(1000))


def test_memory_stays_bounded(monkeypatch):
    monkeypatch.setattr(rate, "REMEMBERED", 50)
    clock = Clock()
    bucket = Rate(1.0, clock)
    for i in range(500):
        bucket.take(f"10.0.{i // 250}.{i % 250}")
        clock.now += 0.1
    assert len(bucket._buckets) <= 51


def test_who_asks_all_the_time_is_not_forgotten(monkeypatch):
    monkeypatch.setattr(rate, "REMEMBERED", 10)
    bucket = Rate(0.5, Clock())
    assert bucket.take("greedy") == 0.0
    for i in range(30):
        bucket.take(f"10.0.0.{i}")
    assert bucket.take("greedy") > 0
