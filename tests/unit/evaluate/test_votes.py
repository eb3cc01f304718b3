import numpy as np
import pytest

from emovere.evaluate.votes import majority, vote_shares
from emovere.labels import FERPLUS8, FERPLUS_COLUMNS


def votes(**counts):
    row = np.zeros((1, 10), np.int64)
    for name, count in counts.items():
        row[0, FERPLUS_COLUMNS.index(name)] = count
    return row


@pytest.mark.parametrize(
    ("counts", "label"),
    [
        ({"happiness": 6, "neutral": 4}, "happy"),
        ({"happiness": 5, "neutral": 5}, None),
        ({"anger": 5, "disgust": 1, "fear": 1, "sadness": 3}, "angry"),
        ({"anger": 4, "sadness": 4, "fear": 2}, None),
        ({"unknown": 8, "neutral": 2}, None),
        ({"NF": 10}, None),
        ({"contempt": 4, "unknown": 3, "fear": 1, "neutral": 1, "sadness": 1}, "contempt"),
        ({"neutral": 1, "fear": 1}, None),
        ({}, None),
    ],
)
def test_the_majority_rule(counts, label):
    assert majority(votes(**counts)).tolist() == [-1 if label is None else FERPLUS8.index(label)]


def test_shares_leave_out_unknown_and_no_face():
    shares = vote_shares(np.concatenate([votes(surprise=3, fear=1, unknown=4), votes(unknown=5, NF=5)]))
    assert dict(zip(FERPLUS8, shares[0].tolist(), strict=True)) == {
        **dict.fromkeys(FERPLUS8, 0.0),
        "surprise": 0.75,
        "fear": 0.25,
    }
    assert not shares[1].any()


def test_no_row_of_votes():
    none = np.zeros((0, 10), np.int64)
    assert vote_shares(none).shape == (0, 8)
    assert majority(none).shape == (0,)


def test_the_majority_subset_of_private_test(shared):
    named = [f"votes_{name}" for name in FERPLUS_COLUMNS]
    table = pytest.importorskip("pyarrow.parquet").read_table(shared("data/fer2013.parquet"), columns=["usage", *named])
    rows = np.array(table.column("usage").to_pylist()) == "PrivateTest"
    cast = np.stack([table.column(name).to_numpy() for name in named], axis=1).astype(np.int64)[rows]
    found = majority(cast)
    counts = np.bincount(found[found >= 0], minlength=8)
    assert counts.sum() == 3153
    assert dict(zip(FERPLUS8, counts.tolist(), strict=True)) == {
        "neutral": 1090,
        "happy": 893,
        "surprise": 396,
        "sad": 384,
        "angry": 273,
        "fear": 83,
        "disgust": 18,
        "contempt": 16,
    }
