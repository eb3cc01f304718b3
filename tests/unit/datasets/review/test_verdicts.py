"""What votes come to: the majority's patch, laid over the set as any other."""

from __future__ import annotations

import pytest

from emovere.datasets.folder import read_folder
from emovere.datasets.laid import lay_over
from emovere.datasets.patch import Patch, Verdict, read_patch
from emovere.datasets.review.votes import Vote
from emovere.labels import FER7


@pytest.fixture
def vote(review):
    """Votes such as ``vote(3, Ada="sad", Ben="accept")``."""

    def vote(face, **said):
        own = FER7[review.faces.label_of[face]]
        for who, what in said.items():
            kind = what if what in ("accept", "reject", "not a face", "unsure") else "relabel"
            label = {"accept": own, "reject": own, "relabel": what}.get(kind, "")
            review.add([Vote(f"{who}-{face}-{what}", who, review.faces.key(face), kind, label)])

    return vote


@pytest.fixture
def said(review, tmp_path):
    """Of faces what the patch says."""

    def said():
        review.write_patch(tmp_path / "people.jsonl")
        patch = read_patch(tmp_path / "people.jsonl")
        assert all(one.reason == "people" for one in patch.verdicts)
        return {int(review.faces.find([one.key])[0]): one for one in patch.verdicts}

    return said


def test_one_labeller_decides_alone(vote, said):
    vote(1, Ada="accept")
    vote(2, Ada="happy")
    vote(3, Ada="not a face")
    vote(4, Ada="reject")
    vote(5, Ada="unsure")
    found = said()
    assert {face: one.action for face, one in found.items()} == {1: "keep", 2: "relabel", 3: "drop", 4: "drop"}
    assert (found[2].label, found[2].by, found[2].score) == ("happy", "Ada", 1.0)
    assert found[3].votes == {"NF": 1}


def test_more_than_half_is_needed(vote, said):
    vote(1, Ada="sad", Ben="accept")
    vote(2, Ada="sad", Ben="sad", Cem="accept")
    vote(3, Ada="sad", Ben="angry", Cem="accept")
    vote(4, Ada="fear", Ben="fear", Cem="accept", Dee="unsure")
    found = said()
    assert set(found) == {2}
    assert found[2].score == pytest.approx(2 / 3, abs=1e-3)
    assert found[2].votes == {"sadness": 2, "fear": 1}
    assert found[2].note == "2 sad, 1 fear"
    assert found[2].by == "Ada, Ben, Cem"


def test_different_grounds_to_leave_a_face_out_are_one(vote, said):
    vote(1, Ada="reject", Ben="not a face", Cem="accept")
    assert said()[1].action == "drop"


def test_an_expression_for_which_the_set_has_no_label_is_dropped(vote, said):
    vote(1, Ada="contempt", Ben="contempt")
    found = said()[1]
    assert (found.action, found.votes) == ("drop", {"contempt": 2})


def test_a_face_whose_rows_differ_gets_one_label(vote, said, review, folder, tmp_path):
    vote(0, Ada="accept")
    assert (said()[0].action, said()[0].label) == ("relabel", "angry")
    rows, applied = lay_over(read_folder(folder), [read_patch(tmp_path / "people.jsonl")])
    assert rows.faces.labels[[0, 19]].tolist() == [0, 0]
    assert applied.relabelled == 1


def test_crops_are_the_median_and_not_of_dropped_faces(vote, review, tmp_path):
    for who, box in (("Ada", "0 0 10 10"), ("Ben", "2 2 14 14"), ("Cem", "4 4 12 12")):
        review.add([Vote(f"{who}-{face}", who, review.faces.key(face), "crop", box=box) for face in (1, 2, 3)])
    vote(2, Ada="not a face")
    vote(3, Ada="accept")
    done = review.write_patch(tmp_path / "people.jsonl")
    assert (done.kept, done.dropped, done.cropped, done.open) == (1, 1, 2, 0)
    crops = {one.key: one for one in read_patch(tmp_path / "people.jsonl").verdicts}
    assert crops[review.faces.key(1)].box == "2 2 12 12"
    # keep would take the crop back
    assert crops[review.faces.key(3)].action == "crop"


def test_the_patch_takes_back_what_a_program_said(vote, review, folder, tmp_path):
    rows = read_folder(folder)
    program = Patch(
        (Verdict(review.faces.key(1), "drop", "dark", 0.9), Verdict(review.faces.key(2), "drop", "dark")), FER7
    )
    vote(1, Ada="accept")
    review.write_patch(tmp_path / "people.jsonl", "emovere data review")
    people = read_patch(tmp_path / "people.jsonl")
    assert people.header["command"] == "emovere data review"
    assert people.header["set"] == "noise"
    laid, applied = lay_over(rows, [program, people])
    assert applied.dropped == 1
    assert review.faces.key(1) in laid.keys


def test_nothing_was_said(review, tmp_path):
    done = review.write_patch(tmp_path / "people.jsonl")
    assert done.verdicts == ()
    assert read_patch(tmp_path / "people.jsonl").labels == FER7
