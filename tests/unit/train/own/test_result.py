"""What may be claimed, and how many faces it would take."""

from __future__ import annotations

import numpy as np
import pytest

from emovere.evaluate.metrics import wilson_interval
from emovere.train.own.result import WIDEST, HeldOut, faces_for


def held_out(count: int, right: int, **more: object) -> HeldOut:
    truth = np.arange(count) % 2
    answers = np.where(np.arange(count) < right, truth, 1 - truth)
    return HeldOut(("a", "b"), truth.astype(np.int64), answers.astype(np.int64), 0.2, **more)


@pytest.mark.parametrize("width", [0.1, 0.2, 0.3])
def test_so_many_faces_make_every_interval_so_narrow(width):
    needed = faces_for(width)
    assert all(np.diff(wilson_interval(right, needed))[0] <= width for right in range(needed + 1))
    half = (needed - 2) // 2
    assert np.diff(wilson_interval(half, 2 * half))[0] > width * 0.99


def test_too_few_faces_claim_nothing():
    few = held_out(40, 39)
    assert not few.enough
    text = few.text()
    assert "39 of 40; too few to claim anything: 93 held-out faces are needed, about 465 in all" in text
    assert "where there are about 200" in text
    assert "%" not in text.splitlines()[0]
    assert "accuracy" not in few.to_dict()
    assert few.to_dict()["needed"] == faces_for(WIDEST) == 93


def test_enough_faces_claim_with_their_interval():
    result = held_out(100, 80)
    assert "80 of 100, 80.0 % [71.1, 86.7]" in result.text()
    assert result.to_dict()["interval"] == [pytest.approx(0.7112, abs=1e-4), pytest.approx(0.8666, abs=1e-4)]
    assert "a      40 of 50" in result.text()


def test_what_is_no_better_than_one_answer_is_said():
    assert "not shown to be better than always answering a, which reaches 50.0 %" in held_out(100, 55).text()
    assert "always answering" not in held_out(100, 70).text()


@pytest.mark.parametrize(("before", "verdict"), [(50, "they differ"), (78, "no difference is shown")])
def test_the_network_that_was_begun_with_is_compared(before, verdict):
    theirs = held_out(100, before).answers
    result = held_out(100, 80, start_name="light", start_answers=theirs)
    assert f"light as it was, on the same faces: {before} of 100" in result.text()
    assert f"told right by the new one alone, 0 by it alone: {verdict}" in result.text()
    assert result.to_dict()["start"]["right"] == before


def test_with_too_few_faces_the_comparison_is_no_claim_either():
    result = held_out(20, 18, start_name="light", start_answers=held_out(20, 3).answers)
    assert "light as it was, on the same faces: 3 of 20" in result.text()
    assert "differ" not in result.text()
    assert "p" not in result.to_dict()["start"]
