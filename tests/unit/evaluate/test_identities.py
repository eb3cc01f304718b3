"""Identity scores on cases that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from emovere.evaluate.identities import identity_scores

LEFT, RIGHT = np.array([0, 0, 10, 10], np.float32), np.array([50, 0, 60, 10], np.float32)


def test_all_right_is_one_whatever_the_numbers_are():
    truth = [{0: LEFT, 1: RIGHT}] * 4
    scores = identity_scores(truth, [{7: LEFT + 1, 3: RIGHT}] * 4)
    assert (scores.switches, scores.idf1, scores.recall, scores.false) == (0, 1.0, 1.0, 0)


def test_a_swap_in_the_middle_is_two_switches_and_half_the_score():
    found = [{1: LEFT, 2: RIGHT}] * 2 + [{2: LEFT, 1: RIGHT}] * 2
    scores = identity_scores([{0: LEFT, 1: RIGHT}] * 4, found)
    assert (scores.switches, scores.idf1, scores.recall) == (2, 0.5, 1.0)


def test_missed_and_invented_faces_count_against_it():
    scores = identity_scores([{0: LEFT}] * 4, [{1: LEFT}, {}, {1: LEFT, 9: RIGHT}, {1: LEFT}])
    assert scores.recall == 0.75
    assert scores.false == 1
    assert scores.idf1 == pytest.approx(2 * 3 / (4 + 4))
    assert scores.switches == 0


def test_coming_back_under_the_same_number_is_no_switch():
    scores = identity_scores([{0: LEFT}, {}, {0: LEFT}, {0: LEFT}], [{1: LEFT}, {}, {1: LEFT}, {2: LEFT}])
    assert scores.switches == 1


def test_nothing_at_all_is_nan():
    scores = identity_scores([{}], [{}])
    assert np.isnan(scores.idf1)
    assert np.isnan(scores.recall)
