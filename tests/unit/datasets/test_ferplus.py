import dataclasses

import numpy as np
import pytest

from emovere.datasets.faceset import FaceSet
from emovere.datasets.fer2013 import load_fer2013
from emovere.datasets.ferplus import VoteTable, read_ferplus, with_votes
from emovere.errors import DatasetError, LabelMismatch
from emovere.labels import FER7, FERPLUS_COLUMNS


def written(tmp_path, lines):
    path = tmp_path / "fer2013new.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_rows_are_joined_in_their_order(tmp_path, faces, csv_lines, ferplus_lines):
    data = tmp_path / "fer2013.csv"
    data.write_bytes(b"".join(csv_lines))
    read = load_fer2013(data, ferplus=written(tmp_path, ferplus_lines))
    assert read.votes is not None
    assert read.votes[3].tolist() == [0] * 9 + [10]
    assert read.votes[5].tolist() == [0, 0, 0, 0, 0, 9, 0, 0, 1, 0]


def test_pictures_with_ferplus_names_are_joined_by_name(tmp_path, faces, ferplus_lines):
    table = read_ferplus(written(tmp_path, ferplus_lines))
    # the row of the face that is none has no name, so that fer0000004 is the original's row 5
    some = dataclasses.replace(faces[np.array([5, 0])], names=("fer0000004.png", "fer0000000.jpg"))
    joined = with_votes(some, table, "x")
    assert joined.votes is not None
    assert joined.votes.argmax(axis=1).tolist() == [5, 0]
    with pytest.raises(LabelMismatch, match="fer0000099 and 0 others have none"):
        with_votes(dataclasses.replace(some, names=("fer0000099.png", "fer0000000.png")), table, "x")


def test_a_missing_row_is_a_mismatch(tmp_path, faces, ferplus_lines):
    table = read_ferplus(written(tmp_path, ferplus_lines[:-1]))
    with pytest.raises(LabelMismatch, match="expected one row of votes for each of 12 faces; got 11"):
        with_votes(faces, table, "x")


def test_splits_that_disagree_are_a_mismatch(tmp_path, faces, ferplus_lines):
    ferplus_lines[9] = ferplus_lines[9].replace("PublicTest", "PrivateTest")
    with pytest.raises(LabelMismatch, match="face 9 is in PublicTest, but its row of votes says PrivateTest"):
        with_votes(faces, read_ferplus(written(tmp_path, ferplus_lines)), "x")


def test_pictures_that_lost_their_rows_are_a_mismatch(tmp_path, exported):
    with pytest.raises(LabelMismatch, match=r"not in the order of rows .* give fer2013\.csv"):
        load_fer2013(exported["folders"], ferplus=exported["ferplus"])


def test_rows_one_place_out_are_noticed(shared):
    named = [f"votes_{name}" for name in FERPLUS_COLUMNS]
    table = pytest.importorskip("pyarrow.parquet").read_table(
        shared("data/fer2013.parquet"), columns=["label", "usage", *named]
    )
    labels = table.column("label").to_numpy().astype(np.int64)
    splits = np.array(table.column("usage").to_pylist())
    votes = np.stack([table.column(name).to_numpy() for name in named], axis=1).astype(np.int64)
    faces = FaceSet(np.zeros((len(labels), 1, 1), np.uint8), labels, splits, FER7)
    names = ("",) * len(labels)
    joined = with_votes(faces, VoteTable(splits, names, votes), "x")
    np.testing.assert_array_equal(joined.votes, votes)
    shifted = np.concatenate([np.roll(votes[splits == name], 1, axis=0) for name in dict.fromkeys(splits)])
    with pytest.raises(LabelMismatch, match="votes and labels agree on 18% of the faces"):
        with_votes(faces, VoteTable(splits, names, shifted), "x")


@pytest.mark.parametrize(
    ("line", "text", "message"),
    [
        (0, "emotion,pixels,Usage", "line 1 lacks image name, neutral, happiness"),
        (3, "Training,fer0000002.png,1,2", "line 4: expected 12 columns; got 4"),
        (3, "Training,fer0000002.png,1,2,3,4,x,6,7,8,9,10", "line 4: expected a number of votes; got 'x'"),
        (3, "Training,fer0000002.png,1,2,3,4,-5,6,7,8,9,10", "line 4: expected a number of votes; got '-5'"),
        (3, "Test,fer0000002.png,1,2,3,4,5,6,7,8,9,10", "line 4: expected a Usage .*; got 'Test'"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, ferplus_lines, line, text, message):
    ferplus_lines[line] = text
    with pytest.raises(DatasetError, match=message):
        read_ferplus(written(tmp_path, ferplus_lines))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x01" * 100, b"\x00" * 50])
def test_what_is_no_vote_file_is_one_line(tmp_path, content):
    path = tmp_path / "fer2013new.csv"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=r"expected FER\+'s fer2013new\.csv") as caught:
        read_ferplus(path)
    assert "\n" not in str(caught.value)


def test_a_header_alone_and_no_file(tmp_path, ferplus_lines):
    with pytest.raises(DatasetError, match="expected a row of votes for each face; there is none"):
        read_ferplus(written(tmp_path, ferplus_lines[:1]))
    with pytest.raises(DatasetError, match="cannot be read"):
        read_ferplus(tmp_path / "nothing.csv")
