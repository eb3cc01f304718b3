import pytest

from emovere.datasets.share.listing import NO_LABEL
from emovere.datasets.share.own_folders import read_own_folders
from emovere.errors import DatasetError


def test_folders_become_classes(tmp_path, draw):
    draw(tmp_path / "laughing" / "1.png")
    draw(tmp_path / "grim" / "deeper" / "2.png")
    (tmp_path / "grim" / "clip.mp4").write_bytes(b"clip")
    listing = read_own_folders(tmp_path)
    assert listing.label_names == ("grim", "laughing")
    assert [(one.file.name, one.label) for one in listing.pictures] == [("2.png", "grim"), ("1.png", "laughing")]
    assert [one.kind for one in listing.left_out] == [NO_LABEL]
    assert not listing.one_subject


def test_words_for_emotions_become_their_names_in_their_order(tmp_path, draw):
    for name in ("joy", "Sadness", "anger", "contempt", "happy"):
        draw(tmp_path / name / "1.png")
    listing = read_own_folders(tmp_path)
    assert listing.label_names == ("angry", "happy", "sad", "contempt")
    assert sorted(one.label for one in listing.pictures) == ["angry", "contempt", "happy", "happy", "sad"]


def test_folders_that_will_not_do_are_said(tmp_path, draw):
    draw(tmp_path / "happy" / "1.png")
    with pytest.raises(DatasetError, match="expected a folder of pictures for each class, two at least; got 1"):
        read_own_folders(tmp_path)
    (tmp_path / "sad").mkdir()
    with pytest.raises(DatasetError, match="sad: no picture in it"):
        read_own_folders(tmp_path)
