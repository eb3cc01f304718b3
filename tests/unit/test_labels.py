"""What a person may write for --labels."""

from __future__ import annotations

import pytest

from emovere.errors import ConfigError
from emovere.labels import FER7, FERPLUS8, FERPLUS_COLUMNS, FERPLUS_TO_LABEL, columns_of, parse_labels


def test_the_orders_that_files_depend_on():
    assert FER7 == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    assert FERPLUS8[:7] == FER7
    assert [FERPLUS_TO_LABEL[name] for name in FERPLUS_COLUMNS[:3]] == ["neutral", "happy", "surprise"]
    assert set(FERPLUS_TO_LABEL.values()) == set(FERPLUS8)


@pytest.mark.parametrize(
    ("text", "head", "labels"),
    [
        ("fer7", "fer7", FER7),
        ("ferplus8", "ferplus8", FERPLUS8),
        ("sad, happy", "fer7", ("sad", "happy")),
        ("contempt,happy", "ferplus8", ("contempt", "happy")),
    ],
)
def test_label_sets_and_lists(text, head, labels):
    assert parse_labels(text) == (head, labels)


@pytest.mark.parametrize(
    ("text", "says"),
    [("hapy,sad", "did you mean 'happy'"), ("happy", "at least two"), ("", "at least two"), ("sad,sad", "once")],
)
def test_a_wrong_list_is_one_clear_line(text, says):
    with pytest.raises(ConfigError, match=says):
        parse_labels(text)


def test_columns_in_the_order_asked_for():
    assert columns_of(("neutral", "angry"), FER7) == [6, 0]
