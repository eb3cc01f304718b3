from pathlib import Path

import pytest

from emovere.datasets.share.listing import Listed, Listing, emotion_name, find_named, read_text
from emovere.errors import ConfigError, DatasetError
from emovere.labels import FER7


@pytest.mark.parametrize(
    ("word", "name"), [("Anger", "angry"), ("joy", "happy"), ("CONTEMPT", "contempt"), ("hungry", None), ("", None)]
)
def test_words_for_emotions(word, name):
    assert emotion_name(word) == name


def test_only_some_labels_are_kept_in_the_order_that_is_wanted():
    pictures = tuple(Listed(Path(f"{name}.png"), name) for name in FER7)
    kept = Listing("x", Path(), FER7, pictures).keep("sad,happy")
    assert kept.label_names == ("sad", "happy")
    assert [one.label for one in kept.pictures] == ["happy", "sad"]
    assert len(kept.left_out) == 5


@pytest.mark.parametrize(("labels", "message"), [("happy", "at least two"), ("happy,hapy", "did you mean 'happy'")])
def test_labels_that_are_none_are_said(labels, message):
    with pytest.raises(ConfigError, match=message):
        Listing("x", Path(), FER7, ()).keep(labels)


def test_the_nearest_folder_of_a_name_is_found(tmp_path):
    (tmp_path / "a" / "b" / "Emotion").mkdir(parents=True)
    assert find_named(tmp_path, ("emotion",)) == tmp_path / "a" / "b" / "Emotion"
    (tmp_path / "EMOTION").mkdir()
    assert find_named(tmp_path, ("emotion",)) == tmp_path / "EMOTION"
    assert find_named(tmp_path, ("emotion2",)) is None


def test_a_text_that_is_none_is_one_line(tmp_path):
    (tmp_path / "x.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match=r"x.txt: cannot be read: it is no text"):
        read_text(tmp_path / "x.txt")
