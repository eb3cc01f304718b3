import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from emovere.datasets.faceset import FaceSet
from emovere.datasets.rows import FaceRows
from emovere.datasets.share.splitting import assign, deal, parse_parts, renamed, training_part
from emovere.errors import ConfigError, DatasetError

PARTS = {"Training": 0.8, "PublicTest": 0.1, "PrivateTest": 0.1}


def rows_of(labels, splits=None, **columns):
    count = len(labels)
    images = np.arange(count, dtype=np.uint32).view(np.uint8).reshape(count, 4)
    images = np.repeat(images, 576, axis=1).reshape(count, 48, 48)
    named = np.full(count, "") if splits is None else np.array(splits)
    return FaceRows(FaceSet(images, np.array(labels, np.int64), named, ("a", "b", "c"))).with_columns(**columns)


def shares(faces, names):
    return {name: np.bincount(faces.labels[faces.splits == name], minlength=3).tolist() for name in names}


def test_faces_without_groups_fill_every_class_to_the_face():
    labels = np.repeat([0, 1, 2], [500, 70, 31])
    dealt = deal(rows_of(labels), np.arange(601), PARTS, 0)
    assert shares(dealt.rows.faces, PARTS) == {
        "Training": [400, 56, 25],
        "PublicTest": [50, 7, 3],
        "PrivateTest": [50, 7, 3],
    }
    assert (dealt.groups, dealt.largest, dealt.tied, dealt.torn, dealt.dropped) == (0, 0, 0, 0, 0)


def test_the_seed_decides_and_nothing_else_does(rng):
    labels = rng.integers(0, 3, 300)
    groups = rng.integers(0, 120, 300)
    splits = [deal(rows_of(labels), groups, PARTS, seed).rows.faces.splits.tolist() for seed in (1, 1, 2)]
    assert splits[0] == splits[1]
    assert splits[0] != splits[2]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_group_is_parted_and_nothing_is_lost(data):
    count = data.draw(st.integers(2, 60))
    labels = data.draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    groups = np.array(data.draw(st.lists(st.integers(0, 20), min_size=count, max_size=count)))
    dealt = deal(rows_of(labels), groups, {"x": 0.5, "y": 0.3, "z": 0.2}, data.draw(st.integers(0, 9)))
    splits = dealt.rows.faces.splits
    assert set(splits.tolist()) <= {"x", "y", "z"}
    assert all(len(set(splits[groups == group].tolist())) == 1 for group in set(groups.tolist()))
    assert dealt.rows.keys.tolist() == rows_of(labels).keys.tolist()


@pytest.mark.parametrize("seed", range(5))
def test_classes_are_as_even_as_those_of_scikit_learn(seed):
    """Five equal parts of persons with 1 to 20 faces, as StratifiedGroupKFold deals them out."""
    generator = np.random.default_rng(seed)
    groups = np.repeat(np.arange(150), generator.integers(1, 20, 150))
    labels = generator.choice(3, len(groups), p=[0.7, 0.25, 0.05])
    fold = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
    theirs = np.array([np.bincount(labels[test], minlength=3) for _, test in fold.split(labels, labels, groups)])
    counts = np.zeros((150, 3), np.int64)
    np.add.at(counts, (groups, labels), 1)
    parts = assign(counts, np.full(5, 0.2), seed)
    ours = np.array([counts[parts == part].sum(axis=0) for part in range(5)])
    total = counts.sum(axis=0)
    assert np.abs(ours / total - 0.2).max() <= np.abs(theirs / total - 0.2).max() + 1e-9
    assert np.abs(ours / total - 0.2).max() < 0.05


def test_a_group_larger_than_a_part_goes_to_the_largest():
    labels = np.zeros(100, np.int64)
    groups = np.where(np.arange(100) < 40, 0, np.arange(100))
    dealt = deal(rows_of(labels), groups, PARTS, 0)
    assert set(dealt.rows.faces.splits[:40].tolist()) == {"Training"}
    assert shares(dealt.rows.faces, PARTS)["PublicTest"][0] == 10
    assert (dealt.groups, dealt.largest) == (1, 40)


def test_splits_that_are_there_stay_and_draw_their_groups_to_them():
    splits = ["Training", "test", "", "", "", "Training", ""]
    groups = np.array([0, 1, 0, 1, 1, 1, 6])
    dealt = deal(rows_of([0, 1, 0, 1, 1, 1, 2], splits), groups, {"Training": 0.5, "test": 0.5}, 0)
    # the second group stands in both splits already: the first of them by name draws the rest
    expected = ["Training", "test", "Training", "Training", "Training", "Training"]
    assert dealt.rows.faces.splits.tolist()[:6] == expected
    assert (dealt.tied, dealt.torn) == (3, 1)


def test_one_split_is_dealt_out_again_and_the_others_stay():
    labels = np.zeros(100, np.int64)
    splits = ["Training"] * 90 + ["test"] * 10
    dealt = deal(rows_of(labels, splits), np.arange(100), {"Training": 0.9, "PublicTest": 0.1}, 3, again=["Training"])
    found = dealt.rows.faces.splits.tolist()
    assert found[90:] == ["test"] * 10
    assert (found.count("Training"), found.count("PublicTest")) == (81, 9)
    with pytest.raises(DatasetError, match="no face in split 'train'; there are: Training, test"):
        deal(rows_of(labels, splits), np.arange(100), PARTS, 0, again=["train"])
    with pytest.raises(DatasetError, match="every face has a split already"):
        deal(rows_of(labels, splits), np.arange(100), PARTS, 0)
    anew = deal(rows_of(labels, splits), np.arange(100), PARTS, 0, again=None).rows.faces
    assert set(anew.splits.tolist()) == set(PARTS)


def test_made_faces_are_learned_from_or_left_out():
    count = 200
    made = ["flipped" if row % 2 else "" for row in range(count)]
    groups = np.arange(count) // 2
    dealt = deal(rows_of(np.zeros(count, np.int64), made=made), groups, PARTS, 0)
    kinds = np.array(dealt.rows.column("made"))
    splits = dealt.rows.faces.splits
    assert set(splits[kinds == "flipped"].tolist()) == {"Training"}
    assert shares(dealt.rows.faces[kinds == ""], PARTS) == {
        "Training": [80, 0, 0], "PublicTest": [10, 0, 0], "PrivateTest": [10, 0, 0],
    }  # fmt: skip
    assert dealt.dropped == 20
    assert "20 made faces left out" in " ".join(dealt.told())
    alone = deal(rows_of(np.zeros(3, np.int64), made=["", "flipped", ""]), np.arange(3), PARTS, 0).rows
    assert alone.faces.splits[alone.column("made").index("flipped")] == "Training"


def test_parts_are_read():
    assert parse_parts("Training=0.8, test =.2") == {"Training": 0.8, "test": 0.2}
    assert training_part({"a": 0.2, "b": 0.8}) == "b"
    assert training_part({"train": 0.2, "b": 0.8}) == "train"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Training", "expected NAME=SHARE"),
        ("Training=0.8,Training=0.2", "expected NAME=SHARE"),
        ("Training=x,test=0.5", "expected NAME=SHARE"),
        ("Training=nan,test=0.5", "expected NAME=SHARE"),
        ("Training=-0.5,test=1.5", "expected NAME=SHARE"),
        ("Training=0.8,test=0.1", "shares that add up to 1; got 0.9"),
        ("", "expected NAME=SHARE"),
    ],
)
def test_parts_that_are_none_are_said(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_parts(text)


def test_splits_are_renamed():
    rows = rows_of([0, 1], ["test", "Training"])
    assert renamed(rows, ["test=PrivateTest"]).faces.splits.tolist() == ["PrivateTest", "Training"]
    with pytest.raises(DatasetError, match="no face in split 'val'; there are: Training, test"):
        renamed(rows, ["val=PublicTest"])
    with pytest.raises(ConfigError, match="expected OLD=NEW"):
        renamed(rows, ["test"])
