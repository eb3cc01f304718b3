import json

import numpy as np
import pytest

from emovere.datasets.stats.summary import ordered_splits, source_name, summarise
from emovere.datasets.stats.text import counts_text, findings_text, summary_text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("FER2013 row 17", "FER2013"),
        ("https://www.flickr.com/photos/1", "flickr.com"),
        ("http://[bad", "unknown"),
        ("", "unknown"),
    ],
)
def test_sources_in_short(text, name):
    assert source_name(text) == name


def test_splits_stand_in_their_order():
    assert ordered_splits(["test", "", "PrivateTest", "Training", "test"]) == ["Training", "PrivateTest", "test", ""]


@pytest.fixture
def summary(rows_of):
    rows = rows_of(
        [0, 0, 0, 1], ["Training", "Training", "test", ""],
        source=["FER2013 row 1", "FER2013 row 2", "https://a.example/x", ""], licence=["CC0", "CC0", "", "CC0"],
        author=["me", "you", "me", "me"], group=["p", "p", "q", ""], box=["0 0 30 40", "x", "", "10 10 60 30"],
        made=["", "flipped", "", ""],
    )  # fmt: skip
    return summarise(rows, "mine")


def test_everything_is_counted(summary):
    assert summary.splits == {"Training": (2, 0), "test": (1, 0), "": (0, 1)}
    assert summary.counts == (3, 1)
    assert summary.sources == {"FER2013": 2, "a.example": 1, "unknown": 1}
    assert [(one.name, one.faces, one.authors) for one in summary.licences] == [("CC0", 3, 2), ("unknown", 1, 1)]
    assert (summary.groups, summary.made) == (2, {"flipped": 1})
    assert summary.sides.tolist() == [30.0, 20.0]
    assert summary.agreement is None


def test_it_can_be_json(summary):
    told = json.loads(json.dumps(summary.to_dict(), allow_nan=False))
    assert told["splits"]["Training"] == [2, 0]
    assert told["imbalance"]["ratio"] == 3.0
    assert len(told["sharpness"]) == len(told["quantiles"])


def test_a_set_without_faces_can_be_summed_up(rows_of):
    empty = summarise(rows_of([], []), "empty")
    assert empty.counts == (0, 0)
    assert json.loads(json.dumps(empty.to_dict(), allow_nan=False))["imbalance"]["ratio"] is None
    assert "0 faces in 2 classes" in summary_text(empty)


def test_the_table_adds_up(summary):
    lines = counts_text(summary).splitlines()
    assert [line.split() for line in lines] == [
        ["a", "b", "all"],
        ["Training", "2", "0", "2"],
        ["test", "1", "0", "1"],
        ["(no", "split)", "0", "1", "1"],
        ["all", "3", "1", "4"],
        ["share", "75.0", "%", "25.0", "%"],
    ]
    text = summary_text(summary)
    assert "3.0 : 1 from largest to smallest" in text
    assert "licences     CC0 3, unknown 1" in text
    assert "made faces   flipped 1" in text


def test_nothing_wrong_is_said():
    assert findings_text([], "3 faces") == "nothing wrong: 3 faces\n"


def test_the_commonest_sources_are_named_and_the_rest_counted(rows_of):
    rows = rows_of([0] * 30, ["x"] * 30, source=[f"https://{k}.example/" for k in range(30)])
    assert "22 more" in summary_text(summarise(rows, "many"))
    assert np.isfinite(summarise(rows, "many").pixels.sharpness).all()
