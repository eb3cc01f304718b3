"""Lists of addresses, as text and as CSV."""

from __future__ import annotations

import pytest

from emovere.datasets.collect.found import Find
from emovere.datasets.collect.listed import listed
from emovere.errors import DatasetError


def read(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return list(listed(path))


def test_text_has_an_address_a_line(tmp_path):
    found = read(tmp_path, "l.txt", "\ufeffhttps://a/1.jpg\r\n\n  # comment\nhttps://a/2.jpg\n")
    assert found == [Find("https://a/1.jpg", provider="list"), Find("https://a/2.jpg", provider="list")]


def test_csv_may_say_more(tmp_path):
    text = 'Emotion,License,URL,author\nhappy,CC BY 4.0,https://a/1.jpg,"Ann, B"\nsad,,https://a/2.jpg\n,,,\n'
    first, second = read(tmp_path, "l.csv", text)
    assert first == Find("https://a/1.jpg", "happy", provider="list", author="Ann, B", licence="by-4.0")
    assert (second.emotion, second.author, second.licence) == ("sad", "", "")


def test_a_password_is_not_passed_on(tmp_path):
    [find] = read(tmp_path, "l.txt", "https://me:secret@a.example/1.jpg")
    assert find.url == "https://***@a.example/1.jpg"
    assert read(tmp_path, "l.txt", "https://a.example/@me.jpg")[0].url == "https://a.example/@me.jpg"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("l.csv", "picture,emotion\nx,y\n", "expected a column url in its first line; got picture, emotion"),
        ("l.csv", "", "expected a column url"),
        ("l.txt", b"\xff\xfe\x00", "in UTF-8"),
        ("l.csv", 'url\n"' + "x" * 200_000 + '"\n', "field larger than field limit"),
    ],
)
def test_what_is_no_list_is_one_line(tmp_path, name, data, message):
    with pytest.raises(DatasetError, match=message):
        read(tmp_path, name, data)
    with pytest.raises(DatasetError, match="No such file"):
        list(listed(tmp_path / "none.txt"))
