"""Pictures of one's own in folders."""

from __future__ import annotations

import pytest

from emovere.datasets.collect.own_folder import in_folder
from emovere.errors import DatasetError


def test_the_first_folder_names_the_emotion(tmp_path):
    mine = tmp_path / "mine"
    for name in ("happy/1.jpg", "happy/deep/2.PNG", "sad/3.webp", "4.jpg", "notes.txt", "clip.mp4", ".hidden/5.jpg"):
        (mine / name).parent.mkdir(parents=True, exist_ok=True)
        (mine / name).write_bytes(b"x")
    found = {find.url: find.emotion for find in in_folder(mine)}
    assert found == {
        "mine/4.jpg": "",
        "mine/happy/1.jpg": "happy",
        "mine/happy/deep/2.PNG": "happy",
        "mine/sad/3.webp": "sad",
    }
    assert all(find.path.exists() and find.provider == "folder" for find in in_folder(mine))


def test_where_the_folder_lies_is_not_said(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "1.jpg").write_bytes(b"x")
    monkeypatch.chdir(tmp_path / "mine")
    from pathlib import Path

    assert [find.url for find in in_folder(Path())] == ["mine/1.jpg"]


def test_a_folder_that_cannot_be_listed_is_one_line(tmp_path):
    with pytest.raises(DatasetError, match="cannot be listed"):
        list(in_folder(tmp_path / "none"))
