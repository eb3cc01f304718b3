"""Answers, their codes and the columns in which they are counted."""

from __future__ import annotations

import numpy as np
import pytest

from emovere.datasets.review.ballot import ANSWERS, Ballot
from emovere.errors import DatasetError
from emovere.labels import FER7, FERPLUS8, FERPLUS_COLUMNS, FERPLUS_TO_LABEL


def test_fer2013_is_counted_in_ferplus_columns():
    ballot = Ballot(FER7)
    assert ballot.choices == FERPLUS8
    assert ballot.columns == FERPLUS_COLUMNS
    for label in FERPLUS8:
        code = ballot.code("relabel", label)
        assert FERPLUS_TO_LABEL[FERPLUS_COLUMNS[ballot.column_of()[code - 1]]] == label
        assert ballot.code("accept", label) == code
    names = [FERPLUS_COLUMNS[ballot.column_of()[ballot.code(answer, "") - 1]] for answer in ("unsure", "not a face")]
    assert names == ["unknown", "NF"]
    assert FERPLUS_COLUMNS[ballot.column_of()[ballot.code("reject", "sad") - 1]] == "unknown"


def test_some_of_the_labels_in_another_order_fit_as_well():
    ballot = Ballot(("neutral", "sad"))
    assert ballot.columns == FERPLUS_COLUMNS
    assert ballot.choices[:2] == ("neutral", "sad")
    assert sorted(ballot.choices) == sorted(FERPLUS8)


def test_classes_of_ones_own_have_columns_of_their_own():
    ballot = Ballot(("awake", "asleep"))
    assert ballot.choices == ("awake", "asleep")
    assert ballot.columns == ("awake", "asleep", "unknown", "NF")
    codes = np.array([ballot.code("accept", "asleep"), 0, ballot.code("not a face", "")], np.int16)
    votes = ballot.columns_of(ballot.count([codes, codes]))
    assert votes.tolist() == [[0, 2, 0, 0], [0, 0, 0, 0], [0, 0, 0, 2]]


def test_a_class_may_be_called_as_an_answer():
    ballot = Ballot(("unsure", "sure"))
    assert ballot.code("relabel", "unsure") != ballot.code("unsure", "")


def test_every_answer_has_a_code_of_its_own():
    ballot = Ballot(FER7)
    codes = {ballot.code(answer, "sad") for answer in ANSWERS}
    assert len(codes) == len(ANSWERS) - 1  # accept and relabel both say what the face shows
    assert 0 not in codes
    assert max(codes) == len(ballot.categories)


def test_a_label_that_is_gone_counts_nothing():
    assert Ballot(("awake", "asleep")).code("accept", "dreaming") == 0
    assert Ballot(FER7).code("crop", "") == 0


def test_bad_labels_and_no_votes_are_told():
    with pytest.raises(DatasetError, match="different names"):
        Ballot(("sad", "sad"))
    with pytest.raises(DatasetError, match="none yet"):
        Ballot(FER7).count([])
