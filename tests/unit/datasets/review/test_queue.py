"""The doubtful first: by findings, by the network, or as the set stands."""

from __future__ import annotations

import pytest

from emovere.datasets.patch import Patch, Verdict, write_patch
from emovere.datasets.review.findings import Hint, read_findings
from emovere.datasets.review.queue import hints_of, queue_by_hints
from emovere.errors import ConfigError
from emovere.labels import FER7


@pytest.fixture
def verdicts(rows):
    key = [str(one) for one in rows.keys]
    return (
        Verdict(key[4], "drop", "blurred", 0.4),
        Verdict(key[7], "relabel", "label", 0.9, label="sadness"),
        Verdict(key[7], "drop", "dark", 0.5),
        Verdict(key[7], "drop", "dark", 0.3),
        Verdict(key[2], "keep", "label", 1.0),
        Verdict(key[3], "drop", "people", 1.0),
        Verdict(key[0], "drop", "exact copy", 1.0),
        Verdict("0" * 64, "drop", "no face", 1.0),
    )


def test_findings_come_first_by_their_score(review, verdicts, tmp_path):
    write_patch(Patch(verdicts, FER7), tmp_path / "found.jsonl")
    hints = hints_of(review.faces, read_findings(tmp_path / "found.jsonl"))
    assert set(hints) == {4, 7}
    assert hints[7] == (Hint("label", 0.9, "sad"), Hint("dark", 0.5))
    queue = queue_by_hints(review.faces, hints)
    assert queue.order.tolist()[:4] == [7, 4, 0, 1]
    assert queue.position_of[queue.order].tolist() == list(range(19))
    assert queue.reasons() == {"blurred": 1, "dark": 1, "label": 1}


def test_a_sets_own_patches_are_findings_and_hide_no_face(begin, folder, verdicts):
    (folder / "patches").mkdir()
    write_patch(Patch(verdicts, FER7), folder / "patches" / "10-clean.jsonl")
    review = begin()
    assert len(review.faces) == 19
    queue = review.queue()
    assert queue.by == "findings"
    assert queue.order[0] == 7


def test_findings_of_a_file_join_them(review, tmp_path, rows):
    write_patch(Patch((Verdict(str(rows.keys[11]), "drop", "drawing", 0.2),), FER7), tmp_path / "found.jsonl")
    queue = review.queue([tmp_path / "found.jsonl"])
    assert (queue.by, int(queue.order[0])) == ("findings", 11)


def test_without_findings_the_network_doubts(review):
    queue = review.queue()
    assert queue.by == "doubt"
    doubts, likeliest = review.faces.doubts()
    assert doubts[queue.order].tolist() == sorted(doubts.tolist(), reverse=True)
    for face, (hint,) in queue.hints.items():
        assert hint.reason == "network"
        assert hint.label == FER7[likeliest[face]] != FER7[review.faces.label_of[face]]
    assert review.queue(by="set").order.tolist() == list(range(19))


def test_orders_that_cannot_be_are_told(review):
    with pytest.raises(ConfigError, match="did you mean 'doubt'"):
        review.queue(by="doubts")
