"""Names in a file."""

from __future__ import annotations

import pytest

from emovere.errors import InputError
from emovere.scale.lists import named


def test_a_list_stands_for_its_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "names.txt").write_bytes(b"\xef\xbb\xbfa b.jpg\r\n\r\n#2.png\n\xff.jpg\nlast")
    (tmp_path / "@here.jpg").touch()
    got = list(named(["x.jpg", "@names.txt", "@here.jpg"]))
    assert got == ["x.jpg", "a b.jpg", "#2.png", "\udcff.jpg", "last", "@here.jpg"]


def test_a_list_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match=r"@.*none\.txt: expected a text file with a name a line; No such file"):
        list(named([f"@{tmp_path}/none.txt"]))
