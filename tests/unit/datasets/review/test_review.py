"""A review as a whole: where it is kept, and that it finds itself again."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.datasets.review.conftest import made_rows

from emovere.datasets.folder import write_folder
from emovere.datasets.review.review import Review, order_id, usual_folder
from emovere.datasets.review.votes import Vote
from emovere.errors import ConfigError


def test_it_lies_within_a_set_and_beside_any_other_layout(folder, tmp_path):
    assert usual_folder(folder) == folder / "review"
    assert usual_folder(tmp_path / "fer2013.csv") == tmp_path / "fer2013.csv.review"
    assert usual_folder(Path()) == Path.cwd().with_name(f"{Path.cwd().name}.review")


def test_votes_stay_with_their_faces_when_the_set_changes(folder, rows, tmp_path):
    review = Review(folder)
    review.add([Vote(str(face), "Ada", review.faces.key(face), "accept", "sad") for face in (2, 9)])
    review.close()
    write_folder(rows[list_of(range(5, 20))], tmp_path / "less")
    again = Review(tmp_path / "less", folder / "review")
    assert again.standing.of("Ada", again.faces.find([rows.keys[9]]).tolist()) == [5]
    assert again.standing.unknown == 1
    assert again.name == "less"
    again.close()


def list_of(places):
    import numpy as np

    return np.array(list(places))


def test_agreement_is_told_once_two_share_a_face(review):
    assert review.agreement() == []
    for who, labels in (("Ada", ("sad", "fear", "sad")), ("Ben", ("sad", "fear", "fear"))):
        review.add(
            [Vote(f"{who}{place}", who, review.faces.key(place), "relabel", one) for place, one in enumerate(labels)]
        )
    (found,) = review.agreement()
    assert (found.labellers, found.faces) == (("Ada", "Ben"), 3)
    assert found.kappa == pytest.approx(0.4)


def test_an_order_is_known_again(review):
    as_it_is = review.queue(by="set")
    assert order_id(as_it_is) == order_id(review.queue(by="set")) != order_id(review.queue(by="doubt"))


def test_the_network_cannot_doubt_labels_that_it_does_not_know(tmp_path):
    write_folder(made_rows(4, ("awake", "asleep")), tmp_path / "set")
    review = Review(tmp_path / "set")
    assert review.queue().by == "set"
    with pytest.raises(ConfigError, match="does not know the labels awake, asleep"):
        review.queue(by="doubt")
    review.close()
