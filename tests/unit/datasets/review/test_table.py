"""Votes in FER+'s layout, which read_ferplus reads back."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.datasets.review.conftest import made_rows

from emovere.datasets.ferplus import read_ferplus, with_votes
from emovere.datasets.folder import write_folder
from emovere.datasets.review.review import Review
from emovere.datasets.review.votes import Vote
from emovere.errors import DatasetError
from emovere.labels import FERPLUS_COLUMNS


def test_ferplus_reads_it_back(review, tmp_path, rows):
    for who, label in (("Ada", "happy"), ("Ben", "sad")):
        review.add([Vote(f"{who}-{face}", who, review.faces.key(face), "relabel", label) for face in range(3)])
    review.add([Vote("x", "Cem", review.faces.key(0), "not a face")])
    assert review.write_votes(tmp_path / "votes.csv") == 4  # three faces, one of which has two rows
    table = read_ferplus(tmp_path / "votes.csv")
    assert table.names == rows.faces.names
    votes = with_votes(rows.faces, table, "votes.csv").votes
    assert votes.shape == (20, 10)
    expected = np.zeros(10, np.int64)
    expected[[FERPLUS_COLUMNS.index("happiness"), FERPLUS_COLUMNS.index("sadness")]] = 1
    assert votes[1].tolist() == expected.tolist()
    expected[FERPLUS_COLUMNS.index("NF")] = 1
    assert votes[[0, 19]].tolist() == [expected.tolist()] * 2
    assert not votes[3:19].any()


def test_a_set_of_other_classes_has_their_columns(tmp_path):
    write_folder(made_rows(4, ("awake", "asleep")), tmp_path / "set")
    review = Review(tmp_path / "set")
    review.add([Vote("1", "Ada", review.faces.key(2), "relabel", "asleep")])
    review.write_votes(tmp_path / "votes.csv")
    review.close()
    lines = (tmp_path / "votes.csv").read_text().splitlines()
    assert lines[0] == "Usage,Image name,awake,asleep,unknown,NF"
    assert lines[3] == "Training,fer0000002.png,0,1,0,0"


def test_without_votes_there_is_nothing_to_write(review, tmp_path):
    with pytest.raises(DatasetError, match="none yet"):
        review.write_votes(tmp_path / "votes.csv")
    assert not (tmp_path / "votes.csv").exists()
