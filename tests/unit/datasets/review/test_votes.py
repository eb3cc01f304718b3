"""Votes are kept, taken back to any depth, counted once, and survive a process that is killed."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys

import pytest

from emovere.datasets.review.votes import Vote, VoteBook
from emovere.errors import DatasetError, OutputError

KEY, OTHER = "a" * 64, "b" * 64


def vote(number, kind="relabel", label="sad", labeller="Ada", key=KEY, **more):
    return Vote(f"{labeller}-{number}", labeller, key, kind, label, **more)


def undo(number, of, labeller="Ada", key=KEY):
    return Vote(f"{labeller}-{number}", labeller, key, "undo", undoes=f"{labeller}-{of}")


@pytest.fixture
def book(tmp_path):
    book = VoteBook(tmp_path / "deep" / "votes.db")
    yield book
    book.close()


def test_the_latest_vote_stands_and_undo_goes_back_to_any_depth(book):
    labels = ["sad", "fear", "angry", "happy"]
    book.add([vote(number, label=label) for number, label in enumerate(labels)])
    for number in reversed(range(4)):
        answer, crop = book.standing(KEY, "Ada")
        assert (answer.label, crop) == (labels[number], None)
        assert [one.id for one in book.latest("Ada", 10)] == [f"Ada-{one}" for one in reversed(range(number + 1))]
        book.add([undo(10 + number, number)])
    assert book.standing(KEY, "Ada") == (None, None)
    assert book.latest("Ada", 10) == []
    assert len(book.since(0)) == 8  # nothing is ever taken out


def test_an_earlier_vote_can_be_taken_back_alone(book):
    book.add([vote(1, label="sad"), vote(2, label="fear"), undo(3, 1)])
    assert book.standing(KEY, "Ada")[0].label == "fear"


def test_the_same_id_counts_once(book):
    for _ in range(3):
        book.add([vote(1), vote(2, key=OTHER)])
    assert len(book.since(0)) == 2
    book.add([vote(1, label="happy")])  # what came first stays
    assert book.standing(KEY, "Ada")[0].label == "sad"


def test_labellers_do_not_touch_each_other(book):
    book.add([vote(1), vote(1, labeller="Ben", label="happy")])
    assert book.standing(KEY, "Ada")[0].label == "sad"
    assert book.standing(KEY, "Ben")[0].label == "happy"
    with pytest.raises(DatasetError, match="expected the id of a vote of Ben"):
        book.add([Vote("x", "Ben", KEY, "undo", undoes="Ada-1")])
    assert book.standing(KEY, "Ada")[0].label == "sad"


def test_what_cannot_be_kept_whole_is_not_kept_at_all(book):
    with pytest.raises(DatasetError, match="undoes"):
        book.add([vote(1), undo(2, of=99)])
    assert book.since(0) == []
    book.add([vote(1), undo(2, 1)])
    with pytest.raises(DatasetError, match="undoes"):
        book.add([Vote("x", "Ada", KEY, "undo", undoes="Ada-2")])


def test_crops_stand_beside_answers(book):
    book.add([vote(1), vote(2, "crop", "", box="0 0 10 10"), vote(3, "crop", "", box="5 5 20 20")])
    book.add([vote(1, "crop", "", labeller="Ben", box="1 1 9 9")])
    answer, crop = book.standing(KEY, "Ada")
    assert (answer.kind, crop.box) == ("relabel", "5 5 20 20")
    assert book.crops() == {KEY: ["5 5 20 20", "1 1 9 9"]}
    book.add([undo(4, 3), undo(5, 2)])
    assert book.crops() == {KEY: ["1 1 9 9"]}


def test_they_are_there_after_opening_again(book):
    book.add([vote(1)])
    book.close()
    again = VoteBook(book.path)
    assert again.id == book.id
    assert [one.id for _, one in again.since(0)] == ["Ada-1"]
    assert [one for one, _ in again.since(1)] == []
    again.close()


def test_the_disk_is_waited_for(book):
    pragma = book._db.execute
    assert pragma("PRAGMA synchronous").fetchone()[0] == 2
    assert pragma("PRAGMA journal_mode").fetchone()[0] == "wal"


WRITER = """
import sys
from pathlib import Path
from emovere.datasets.review.votes import Vote, VoteBook
book = VoteBook(Path(sys.argv[1]))
number = 0
while True:
    book.add([Vote(f"id-{number}", "Ada", f"{number:064x}", "accept", "sad")])
    print(number, flush=True)
    number += 1
"""


@pytest.mark.timeout(60)
def test_a_process_that_is_killed_loses_no_vote_that_it_acknowledged(tmp_path):
    path = tmp_path / "votes.db"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        told = [int(writer.stdout.readline()) for _ in range(60)]
        writer.send_signal(signal.SIGKILL)
        told += [int(line) for line in writer.stdout.read().splitlines() if line]
    book = VoteBook(path)
    kept = {one.id for _, one in book.since(0)}
    book.close()
    assert {f"id-{number}" for number in told} <= kept
    assert len(kept) - len(told) in (0, 1)  # one may lie on the disk that was not told any more


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "maybe"}, "kind: expected one of"),
        ({"id": ""}, "id: expected"),
        ({"id": "x" * 81}, "id: expected"),
        ({"labeller": " "}, "labeller: expected a name"),
        ({"labeller": "x" * 61}, "labeller: expected a name"),
        ({"labeller": "a\nb"}, "labeller: expected a name"),
        ({"label": ""}, "label: expected one with relabel"),
        ({"kind": "unsure"}, "label: expected none with unsure"),
        ({"kind": "crop", "label": ""}, "box: expected one with crop"),
        ({"kind": "undo", "label": ""}, "undoes: expected one with undo"),
        ({"undoes": "x"}, "undoes: expected none with relabel"),
    ],
)
def test_what_is_no_vote_is_told(values, words):
    with pytest.raises(DatasetError, match=words):
        Vote(**{"id": "1", "labeller": "Ada", "key": KEY, "kind": "relabel", "label": "sad", **values})


def test_other_files_are_told(tmp_path):
    (tmp_path / "votes.db").write_bytes(b"no database at all, but long enough to be read as one" * 20)
    with pytest.raises(DatasetError, match=r"expected a file of votes.*--folder"):
        VoteBook(tmp_path / "votes.db")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be made"):
        VoteBook(tmp_path / "file" / "votes.db")
    later = tmp_path / "later.db"
    VoteBook(later).close()
    with sqlite3.connect(later) as db:
        db.execute("UPDATE about SET value = '2' WHERE name = 'format'")
    db.close()
    with pytest.raises(DatasetError, match="update emovere"):
        VoteBook(later)


def test_a_disk_that_takes_nothing_more_is_told(book):
    book._db.execute("PRAGMA max_page_count = 12")
    with pytest.raises(OutputError, match="cannot be kept"):
        book.add([vote(number, label="x" * 150) for number in range(400)])
    assert book.since(0) == []
