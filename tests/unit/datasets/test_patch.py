import json

import numpy as np
import pytest

from emovere.datasets.faceset import FaceSet
from emovere.datasets.laid import Applied, lay_over
from emovere.datasets.patch import Patch, Verdict, label_place, read_patch, square, write_patch
from emovere.datasets.rows import FaceRows
from emovere.errors import DatasetError, LabelMismatch
from emovere.labels import FER7

KEY = "0123456789abcdef" * 4


def made():
    """Six faces: the second and the fifth, of another split, are copies of one another."""
    images = np.random.default_rng(3).integers(0, 256, (6, 48, 48), np.uint8)
    images[4] = images[1]
    splits = np.array(["Training"] * 4 + ["PublicTest"] * 2)
    return FaceRows(FaceSet(images, np.array([0, 1, 2, 3, 1, 5]), splits, FER7, names=tuple("abcdef")))


def patch(*verdicts):
    return Patch(tuple(verdicts), FER7)


def says(rows, row, action, reason="label", **more):
    return Verdict(str(rows.keys[row]), action, reason, **more)


def test_a_patch_is_written_and_read(tmp_path):
    said = Patch(
        (
            Verdict(KEY, "drop", "no face", 0.98, by="emovere data clean", note="a wall"),
            Verdict(KEY, "relabel", "people", 0.7, label="sad", by="Ünal", votes={"sadness": 2, "NF": 1}),
            Verdict(KEY, "crop", "people", box="1 2.5 30 40"),
        ),
        FER7,
        {"set": "FER2013", "made": "2026-01-31", "by": "emovere data clean"},
    )
    write_patch(said, tmp_path / "p.jsonl")
    assert read_patch(tmp_path / "p.jsonl") == said
    assert len((tmp_path / "p.jsonl").read_text().splitlines()) == 4


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "expected a patch"),
        (["[1]"], "expected a JSON object in each line"),
        (['{"patch": 2}'], "is of format 2"),
        (['{"patch": 1, "labels": "x"}'], "line 1: expected labels"),
        (['{"patch": 1}', '{"key": "x", "action": "drop", "reason": "small"}'], "line 2: key: expected 64"),
        (['{"patch": 1}', json.dumps({"key": KEY, "action": "burn", "reason": "small"})], "line 2: action: expected"),
        (['{"patch": 1}', json.dumps({"key": KEY, "action": "drop", "reason": "ugly"})], "line 2: reason: expected"),
        (
            ['{"patch": 1}', json.dumps({"key": KEY, "action": "drop", "reason": "small", "score": 2})],
            "score: expected",
        ),
        (['{"patch": 1}', json.dumps({"key": KEY, "action": "relabel", "reason": "label"})], "label: expected one"),
        (
            ['{"patch": 1}', json.dumps({"key": KEY, "action": "crop", "reason": "people", "box": "1 2 0 4"})],
            "box: exp",
        ),
        (
            ['{"patch": 1}', json.dumps({"key": KEY, "action": "keep", "reason": "people", "votes": {"joy": 1}})],
            "votes:",
        ),
        (['{"patch": 1}', '{"action": "drop"}'], "expected key, action, reason"),
        (['{"patch": 1}', '{"key'], "expected a JSON object in each line"),
    ],
)
def test_what_is_no_patch_is_said(tmp_path, lines, message):
    (tmp_path / "p.jsonl").write_text("\n".join(lines))
    with pytest.raises(DatasetError, match=message):
        read_patch(tmp_path / "p.jsonl")


def test_a_missing_patch_is_said(tmp_path):
    with pytest.raises(DatasetError, match="cannot be read: No such file"):
        read_patch(tmp_path / "p.jsonl")


def test_faces_are_dropped_and_labelled_anew_and_the_set_stays():
    rows = made()
    laid, done = lay_over(rows, [patch(says(rows, 0, "drop", "blurred"), says(rows, 3, "relabel", label="sadness"))])
    assert laid.faces.names == tuple("bcdef")
    assert laid.faces.labels.tolist() == [1, 2, 4, 1, 5]
    assert done == Applied(dropped=1, relabelled=1, cropped=0, unknown=0)
    assert rows.faces.labels.tolist() == [0, 1, 2, 3, 1, 5]


def test_of_copies_the_held_out_one_stays():
    rows = made()
    laid, done = lay_over(rows, [patch(says(rows, 1, "drop", "copy across splits"))])
    assert laid.faces.names == tuple("acdef")
    assert done.dropped == 1
    laid, _ = lay_over(rows, [patch(says(rows, 1, "drop", "conflicting copy"))])
    assert laid.faces.names == tuple("acdf")


def test_only_the_splits_that_are_named_are_touched():
    rows = made()
    wanted = patch(says(rows, 1, "drop", "blurred"), says(rows, 5, "drop", "dark"))
    assert lay_over(rows, [wanted], splits=["Training"])[0].faces.names == tuple("acdef")
    copies = patch(says(rows, 1, "drop", "exact copy"))
    assert lay_over(rows, [copies], splits=["Training"])[0].faces.names == tuple("acdef")
    assert lay_over(rows, [copies], splits=["PublicTest"])[0].faces.names == tuple("abcdef")


def test_the_last_patch_that_speaks_of_a_face_holds():
    rows = made()
    first = patch(says(rows, 0, "drop", "dark"), says(rows, 2, "drop", "dark"))
    second = patch(says(rows, 0, "keep", "people"))
    laid, _ = lay_over(rows, [first, second])
    assert laid.faces.names == tuple("abdef")
    assert lay_over(rows, [second, first])[0].faces.names == tuple("bdef")


def test_within_a_patch_drop_goes_before_relabel():
    rows = made()
    both = patch(says(rows, 0, "relabel", label="sad"), says(rows, 0, "drop", "dark"))
    assert lay_over(rows, [both])[0].faces.names == tuple("bcdef")


def test_a_face_is_cut_anew_out_of_its_picture():
    rows = made().with_columns(picture=("", "", "x.jpg", "", "", ""))
    asked = []

    def cut(picture, box):
        asked.append((picture, box))
        return np.full((48, 48), 9, np.uint8)

    wanted = patch(says(rows, 2, "crop", "people", box="1 2 31 32"), says(rows, 3, "crop", "people", box="1 2 3 4"))
    laid, done = lay_over(rows, [wanted], cut=cut)
    assert asked == [("x.jpg", (1.0, 2.0, 31.0, 32.0))]
    assert (laid.faces.images[2] == 9).all()
    assert laid.keys[2] != rows.keys[2]
    assert laid.column("box")[2] == "1 2 31 32"
    assert done.cropped == 1
    assert lay_over(rows, [wanted])[1].cropped == 0


def test_unknown_faces_are_counted_and_unknown_labels_refused():
    rows = made()
    assert lay_over(rows, [patch(Verdict(KEY, "drop", "small"))])[1].unknown == 1
    with pytest.raises(LabelMismatch, match="the patch says 'bored'"):
        lay_over(rows, [patch(Verdict(KEY, "relabel", "label", label="bored"))])


def test_labels_are_found_by_other_words():
    assert label_place("happiness", FER7) == FER7.index("happy")
    assert label_place("joy", ("a", "b")) is None
    assert label_place("b", ("a", "b")) == 1


@pytest.mark.parametrize("text", ["", "1 2 3", "a b c d", "3 0 1 5", "0 5 1 5", "nan 0 1 1", "0 0 inf 3", "0 0 1e9 3"])
def test_what_is_no_box(text):
    assert square(text) is None
