"""Word lists, and the queries that are made of them."""

from __future__ import annotations

from collections import Counter

import pytest

from emovere.datasets.collect.words import load_words, queries
from emovere.errors import ConfigError
from emovere.labels import FER7


def test_the_shipped_list_has_fer2013s_size():
    words = load_words("english")
    assert tuple(words.emotions) == FER7
    assert sum(map(len, words.emotions.values())) == 184
    everything = [word for column in words.emotions.values() for word in column]
    assert len(set(everything)) == 184
    assert len(words.people) == 20
    asked = queries(words)
    assert len(asked) == len(set(asked)) == 552


def test_emotions_take_turns_and_meet_the_same_people():
    words = load_words("english")
    asked = queries(words)
    assert [emotion for emotion, _ in asked[:7]] == list(words.emotions)
    assert asked[3] == ("happy", "happy face")
    for emotion in words.emotions:
        met = Counter(p for p in words.people for e, q in asked if e == emotion and q.endswith(f" {p}"))
        assert set(met) >= set(words.people)


def test_a_list_of_ones_own_may_have_any_classes(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('alone = ""\neach = 2\n[emotions]\nbored = ["bored", "yawning  wide"]\n[people]\nage = ["child"]\n')
    assert queries(load_words(path)) == [
        ("bored", "bored"),
        ("bored", "yawning wide"),
        ("bored", "bored child"),
        ("bored", "yawning wide child"),
    ]


def test_only_the_emotions_that_are_wanted():
    words = load_words("english")
    assert {emotion for emotion, _ in queries(words, ("fear", "sad"))} == {"fear", "sad"}
    with pytest.raises(ConfigError, match="unknown emotion 'hapy'; did you mean 'happy'"):
        queries(words, ("hapy",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("emotions = 3", r"expected a table \[emotions\]"),
        ("", r"expected a table \[emotions\]"),
        ("[emotions]\nhappy = []", "emotions.happy: expected a list of words"),
        ('[emotions]\nhappy = ["ok", 3]', "emotions.happy: expected a list of words"),
        ('[emotions]\n"a,b" = ["ok"]', "expected printable names"),
        ('[emotions]\nhappy = ["ok"]\n[peple]\nage = ["x"]', "unknown key 'peple'; did you mean 'people'"),
        ('each = 0\n[emotions]\nhappy = ["ok"]', "each as a whole number"),
        ("not toml", "expected a TOML file"),
    ],
)
def test_a_list_that_will_not_do_gets_one_line(tmp_path, text, message):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        load_words(path)
    assert "\n" not in str(caught.value)


def test_an_unknown_name_is_told_with_what_else_there_is():
    with pytest.raises(ConfigError, match=r"unknown word list 'englsh'; did you mean 'english'\?.*folder"):
        load_words("englsh")
