"""Kappas beside independent computations, and what they say where they can say nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from emovere.datasets.review.agreement import agreements, cohen_kappa, fleiss_kappa
from emovere.errors import ShapeError

FLEISS_1971 = np.array(
    [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
)
"""Ten subjects, fourteen raters, five categories: the textbook example, whose kappa is 0.210."""


def plain_fleiss(ratings):
    """Fleiss' kappa by its definition, one pair of raters at a time: faces of lists of answers."""
    pairs = same = 0
    for answers in ratings:
        for one in range(len(answers)):
            for other in range(len(answers)):
                if one != other:
                    pairs += 1
                    same += answers[one] == answers[other]
    everything = [answer for answers in ratings for answer in answers]
    chance = sum((everything.count(one) / len(everything)) ** 2 for one in set(everything))
    return (same / pairs - chance) / (1 - chance)


@pytest.mark.parametrize("seed", range(5))
def test_cohen_is_scikit_learns(seed):
    rng = np.random.default_rng(seed)
    first = rng.integers(1, 12, 300)
    second = np.where(rng.random(300) < 0.7, first, rng.integers(1, 12, 300))
    found = agreements({"Ada": first.astype(np.int16), "Ben": second.astype(np.int16)}, 11)
    assert len(found) == 1
    assert found[0].kappa == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)
    assert found[0].same == pytest.approx((first == second).mean())
    assert found[0].low < found[0].kappa < found[0].high


def test_fleiss_is_the_textbooks_and_that_of_its_definition():
    assert fleiss_kappa(FLEISS_1971) == pytest.approx(0.210, abs=5e-4)
    rng = np.random.default_rng(3)
    truth = rng.integers(1, 6, 120)
    codes = {name: np.where(rng.random(120) < 0.6, truth, rng.integers(1, 6, 120)).astype(np.int16) for name in "abc"}
    whole = agreements(codes, 5)[-1]
    assert whole.labellers == ("a", "b", "c")
    assert whole.kappa == pytest.approx(plain_fleiss(list(zip(*codes.values(), strict=True))), abs=1e-12)
    assert whole.low < whole.kappa < whole.high


def test_only_faces_that_all_have_voted_on_count():
    first = np.array([1, 2, 1, 2, 0, 1, 0], np.int16)
    second = np.array([1, 2, 2, 0, 2, 1, 0], np.int16)
    third = np.array([1, 1, 2, 0, 2, 0, 1], np.int16)
    found = {one.labellers: one for one in agreements({"a": first, "b": second, "c": third}, 2)}
    assert found["a", "b"].faces == 4
    assert found["a", "b"].kappa == pytest.approx(cohen_kappa_score([1, 2, 1, 1], [1, 2, 2, 1]))
    assert found["a", "b", "c"].faces == 3
    assert found["a", "b", "c"].kappa == pytest.approx(plain_fleiss([(1, 1, 1), (2, 2, 1), (1, 2, 2)]))


def test_where_kappa_says_nothing():
    assert math.isnan(cohen_kappa(np.zeros((3, 3), np.int64)))
    assert math.isnan(cohen_kappa(np.diag([7, 0, 0])))
    assert math.isnan(fleiss_kappa(np.zeros((0, 3), np.int64)))
    assert math.isnan(fleiss_kappa(np.array([[3, 0], [3, 0]])))
    nobody = agreements({"a": np.array([1, 0], np.int16), "b": np.array([0, 1], np.int16)}, 2)
    assert nobody == []
    three = agreements({name: np.array([0, 0], np.int16) for name in "abc"}, 2)
    assert [one.faces for one in three] == [0]
    assert three[0].to_dict() == {
        "labellers": ["a", "b", "c"], "faces": 0, "same": None, "kappa": None, "low": None, "high": None
    }  # fmt: skip


def test_less_agreement_than_chance_is_below_0():
    assert cohen_kappa(np.array([[0, 5], [5, 0]])) == pytest.approx(-1)


@pytest.mark.parametrize("counts", [np.zeros((2, 3), np.int64), np.zeros(3, np.int64)])
def test_wrong_shapes_are_told(counts):
    with pytest.raises(ShapeError, match="expected"):
        cohen_kappa(counts)


def test_fleiss_needs_the_same_number_of_votes():
    with pytest.raises(ShapeError, match="same number of votes"):
        fleiss_kappa(np.array([[2, 0], [1, 0]]))
    with pytest.raises(ShapeError, match="expected"):
        fleiss_kappa(np.array([1, 2]))
