"""What holds now, by labeller and face: always as the votes on the disk have it."""

from __future__ import annotations

import numpy as np
import pytest

from emovere.datasets.review.votes import Vote
from emovere.labels import FERPLUS8

CODE = {name: place + 1 for place, name in enumerate((*FERPLUS8, "rejected", "unsure", "not a face"))}


@pytest.fixture
def say(review):
    def say(who, face, kind, label="", number=[0], **more):  # noqa: B006 - counts through a test
        number[0] += 1
        vote = Vote(f"{who}-{number[0]}", who, review.faces.key(face), kind, label, **more)
        review.add([vote])
        return vote

    return say


def undo(say, vote, face):
    return say(vote.labeller, face, "undo", undoes=vote.id)


def test_votes_and_undos_are_followed(review, say):
    first = say("Ada", 3, "relabel", "sad")
    second = say("Ada", 3, "not a face")
    assert review.standing.of("Ada", [2, 3]) == [0, CODE["not a face"]]
    undo(say, second, 3)
    assert review.standing.of("Ada", [3]) == [CODE["sad"]]
    undo(say, first, 3)
    assert review.standing.of("Ada", [3]) == [0]
    assert review.standing.of("Nobody", [3]) == [0]


def test_opening_again_gives_the_same(review, say, begin):
    votes = [say("Ada", face, "relabel", "fear") for face in range(6)]
    say("Ada", 2, "unsure")
    for face in (2, 4):
        undo(say, votes[face], face)
    say("Ben", 1, "reject", "disgust")
    cropped = say("Ben", 1, "crop", box="0 0 9 9")
    say("Ben", 2, "crop", box="0 0 9 9")
    undo(say, cropped, 1)
    again = begin()
    assert again.standing.labellers() == ("Ada", "Ben")
    for name in ("Ada", "Ben"):
        assert np.array_equal(again.standing.codes()[name], review.standing.codes()[name])
        assert again.standing.cropped(name, range(4)) == review.standing.cropped(name, range(4))
    assert again.standing.of("Ada", range(6)) == [
        CODE["fear"],
        CODE["fear"],
        CODE["unsure"],
        CODE["fear"],
        0,
        CODE["fear"],
    ]
    assert again.standing.cropped("Ben", [1, 2]) == [False, True]


def test_votes_of_another_process_are_followed(review, say, begin):
    other = begin()
    vote = say("Ada", 5, "accept", "surprise")
    other.standing.follow()
    assert other.standing.of("Ada", [5]) == [CODE["surprise"]]
    undo(say, vote, 5)
    other.standing.follow()
    assert other.standing.progress() == {"Ada": 0}


def test_what_is_shown(review, say):
    for face, mine, theirs in ((0, "sad", "sad"), (1, "sad", "fear"), (2, "", "fear"), (3, "sad", ""), (4, "", "sad")):
        for who, label in (("Ada", mine), ("Ben", theirs)):
            if label:
                say(who, face, "relabel", label)
    say("Cem", 4, "unsure")
    standing = review.standing

    def shown(show, blind=False):
        return np.flatnonzero(standing.shown("Ada", show, blind=blind)).tolist()

    assert shown("voted") == [0, 1, 3]
    assert shown("open") == [2, *range(4, 19)]
    assert len(shown("all")) == 19
    assert shown("disputed") == [1, 4]
    assert shown("disputed", blind=True) == [1]


def test_others_are_hidden_from_who_has_not_voted_where_it_is_blind(review, say):
    say("Ben", 1, "relabel", "sad")
    say("Ben", 2, "relabel", "sad")
    say("Ada", 2, "relabel", "fear")
    ben = {"Ben": CODE["sad"]}
    assert review.standing.others("Ada", [0, 1, 2], blind=False) == [{}, ben, ben]
    assert review.standing.others("Ada", [0, 1, 2], blind=True) == [{}, {}, ben]


def test_votes_on_what_is_not_in_the_set_are_kept_and_counted_apart(review, begin):
    review.add(
        [Vote("1", "Ada", "0" * 64, "accept", "sad"), Vote("2", "Ada", review.faces.key(1), "accept", "dreaming")]
    )
    assert review.standing.unknown == 2
    assert review.standing.progress() == {}
    assert begin().standing.unknown == 2
