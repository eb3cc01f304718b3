"""What is said: modest words, and nothing that a program could take for something else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emovere.cues.cue import LONGEST_LABEL, Cue
from emovere.labels import FERPLUS8


@pytest.mark.parametrize(
    ("label", "text"),
    [("surprise", "looks surprised"), ("fear", "looks afraid"), ("happy", "looks happy"), ("neutral", "looks neutral")],
)
def test_a_face_looks_and_a_person_is_numbered_where_there_are_several(label, text):
    assert Cue(label).text == text
    assert Cue(label, 2).text == f"person 2 {text}"


def test_every_label_is_an_adjective():
    assert {Cue(label).text.split()[1] for label in FERPLUS8} == {
        *("angry", "disgusted", "afraid", "happy", "sad", "surprised", "neutral", "contemptuous"),
    }


@pytest.mark.parametrize("label", ["", "--", "\x1b[31m", "\udce9", "$(reboot)", "a\nb; rm -rf ~", "-w/etc/x"])
def test_a_hostile_label_is_only_words(label):
    text = Cue(label).text
    assert text.startswith("looks ")
    assert len(text) > len("looks ")
    assert all(word.isalnum() for word in text.split(" "))


@given(st.text(max_size=100), st.none() | st.integers(0, 10**6))
def test_any_label_is_short_plain_text(label, person):
    text = Cue(label, person).text
    assert text.encode()
    assert len(text) <= LONGEST_LABEL + len("person 1000000 looks ")
    assert all(word.isalnum() for word in text.split(" "))
