"""Two files that only grow: what they say after a crash, and who may have them."""

from __future__ import annotations

import errno
import json
import os

import pytest

from emovere.datasets.collect.found import Find
from emovere.datasets.collect.ledger import COLLECTED, FOUND, TRIES, Asked, Ledger, Query
from emovere.errors import DatasetError, OutputError

QUERY = Query("openverse", "happy", "glad face")
FIND = Find("https://a/1.jpg", "happy", "glad face", "openverse", "https://a/", "Ann", "by-4.0", "https://l/")
OTHER = Find("https://a/2.jpg", "happy", "glad face", "openverse")


def entry(find=FIND, digest="ab" * 32):
    return {
        **{"sha256": digest, "file": f"pictures/ab/{digest}.jpg", "emotion": find.emotion, "query": find.query},
        **{"provider": find.provider, "url": find.url, "page": find.page, "author": find.author},
        **{"licence": find.licence, "licence_url": find.licence_url, "collected": "2026-01-01"},
        **{"width": 96, "height": 80, "bytes": 1234},
    }


def test_everything_is_there_again(tmp_path):
    with Ledger(tmp_path / "new" / "out") as ledger:
        assert ledger.note_page(QUERY, [FIND, OTHER, FIND], "2") == [FIND, OTHER]
        assert ledger.note_page(QUERY, [OTHER], "3") == []
        ledger.note_refused(OTHER.url, "no picture", "is text")
        ledger.note_kept(entry())
    with Ledger(tmp_path / "new" / "out") as ledger:
        assert list(ledger.finds.values()) == [FIND, OTHER]
        assert ledger.asked == {QUERY: Asked(pages=2, finds=2, next="")}  # a page without news ends a query
        assert ledger.refused == {OTHER.url: ("no picture", "is text")}
        assert ledger.kept == {FIND.url: "ab" * 32}
        assert ledger.pictures["ab" * 32]["bytes"] == 1234
        assert ledger.emotions == {"happy": {"ab" * 32}}
        assert ledger.is_settled(FIND)
        assert ledger.is_settled(OTHER)


def test_a_failure_waits_and_is_given_up_after_three_runs(tmp_path):
    for run in range(TRIES):
        with Ledger(tmp_path) as ledger:
            ledger.note_page(QUERY, [FIND], "")
            assert not ledger.is_settled(FIND), run
            ledger.note_failed(FIND.url, "timed out", "nothing came")
    with Ledger(tmp_path) as ledger:
        assert ledger.is_settled(FIND)
        assert ledger.failed[FIND.url] == ("timed out", "nothing came")


def test_a_kept_picture_still_wants_a_line_for_other_words(tmp_path):
    with Ledger(tmp_path) as ledger:
        ledger.note_kept(entry())
        assert not ledger.is_settled(Find(FIND.url, "sad", "tearful"))
        assert ledger.is_settled(FIND)


@pytest.mark.parametrize("name", [FOUND, COLLECTED])
@pytest.mark.parametrize("lost", [1, 10, 60])
def test_a_torn_line_is_cut_off_and_the_rest_is_whole(tmp_path, name, lost):
    with Ledger(tmp_path) as ledger:
        ledger.note_page(QUERY, [FIND], "2")
        ledger.note_kept(entry())
        ledger.note_page(QUERY, [OTHER], "3")
        ledger.note_kept(entry(OTHER, "cd" * 32))
    path = tmp_path / name
    whole = path.read_bytes()
    path.write_bytes(whole[:-lost])
    with Ledger(tmp_path) as ledger:
        assert path.read_bytes() == whole[: whole.index(b"\n") + 1]
        assert FIND.url in ledger.kept
        assert (OTHER.url in ledger.kept) == (name == FOUND)
        ledger.note_page(QUERY, [Find("https://a/3.jpg", "happy", "glad face")], "9")
    lines = (tmp_path / FOUND).read_text().splitlines()
    assert all(json.loads(line) for line in lines)


@pytest.mark.parametrize(
    "damage", ["{]\n", "[1]\n", "3\n", '{"url": "x"}\n', '{"found": [{"evil": 1}]}\n', "[" * 9000 + "\n"]
)
def test_other_damage_is_one_line(tmp_path, damage):
    (tmp_path / FOUND).write_text(damage)
    with pytest.raises(DatasetError, match=r"found\.jsonl: line 1 is damaged"), Ledger(tmp_path):
        pass


def test_a_folder_of_others_is_left_alone(tmp_path):
    (tmp_path / "set.json").write_text("{}")
    with pytest.raises(OutputError, match=r"expected an empty folder .* holds set\.json"), Ledger(tmp_path):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set.json"]
    with pytest.raises(OutputError, match="cannot be written"), Ledger(tmp_path / "set.json" / "below"):
        pass


def test_one_at_a_time(tmp_path):
    with (
        Ledger(tmp_path),
        pytest.raises(OutputError, match="another `emovere data collect` is at work"),
        Ledger(tmp_path),
    ):
        pass
    with Ledger(tmp_path):
        pass


def test_what_a_crash_left_beside_the_pictures_is_taken_away(tmp_path):
    with Ledger(tmp_path) as ledger:
        ledger.note_kept(entry())
    (tmp_path / "pictures" / "ab").mkdir(parents=True)
    (tmp_path / "pictures" / "ab" / ".abab.jpg.x1.part").write_bytes(b"half")
    (tmp_path / "pictures" / "ab" / "whole.jpg").write_bytes(b"whole")
    with Ledger(tmp_path):
        assert [path.name for path in (tmp_path / "pictures" / "ab").iterdir()] == ["whole.jpg"]


def no_room(_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_whole_lines(tmp_path, monkeypatch):
    with Ledger(tmp_path) as ledger:
        ledger.note_page(QUERY, [FIND], "2")
        whole = (tmp_path / FOUND).read_bytes()

        class Full:
            """A file that takes ten bytes and then has no room."""

            def __init__(self, inner):
                self._inner, self._room = inner, 10

            def write(self, data):
                if not self._room:
                    no_room(0)
                room, self._room = self._room, 0
                return self._inner.write(data[:room])

            def __getattr__(self, name):
                return getattr(self._inner, name)

        ledger._files[FOUND] = Full(ledger._files[FOUND])
        with pytest.raises(OutputError, match=r"found\.jsonl: cannot be written: No space left"):
            ledger.note_page(QUERY, [OTHER], "3")
        assert (tmp_path / FOUND).read_bytes() == whole
        assert OTHER.url not in {find.url for find in ledger.finds.values()}

    with Ledger(tmp_path) as ledger:
        monkeypatch.setattr(os, "fsync", no_room)
        with pytest.raises(OutputError, match="No space left on device"):
            ledger.note_kept(entry())
        assert (tmp_path / COLLECTED).read_bytes() == b""
        assert not ledger.kept
