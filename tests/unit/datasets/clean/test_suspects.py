"""Doubtful labels, and the predictions that they are told by."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from emovere.datasets.clean.options import LabelOptions
from emovere.datasets.clean.predictions import Predictions, for_faces, read_predictions, write_predictions
from emovere.datasets.clean.suspects import label_doubts, suspects
from emovere.errors import DatasetError, LabelMismatch
from emovere.labels import FER7

pytest.importorskip("cleanlab")


def made(keys, probs, done=(0,), fold=None) -> Predictions:
    folds = np.zeros(len(keys), np.int64) if fold is None else np.array(fold, np.int64)
    return Predictions(np.array(keys, "U64"), np.array(probs, np.float32), folds, done, FER7, {"folds": 2})


def test_doubts_are_half_of_one_plus_the_other_less_this():
    random = np.random.default_rng(0)
    probs = random.dirichlet(np.ones(7), 50).astype(np.float32)
    labels = random.integers(0, 7, 50)
    own = probs[np.arange(50), labels]
    others = probs.copy()
    others[np.arange(50), labels] = -1
    assert np.allclose(label_doubts(labels, probs), (1 + others.max(axis=1) - own) / 2, atol=1e-6)


def test_wrong_labels_come_first(make_rows, scribbles):
    truth = np.arange(30) % 7
    labels = truth.copy()
    labels[[4, 9]] = [0, 3]
    probs = np.full((30, 7), 0.02, np.float32)
    probs[np.arange(30), truth] = 0.88
    probs[9] = 0.04
    probs[9, truth[9]] = 0.76
    probs[20] = 0
    found = suspects(make_rows(scribbles, labels.tolist()), probs, LabelOptions())
    assert [(one.row, one.label) for one in found] == [(4, FER7[truth[4]]), (9, FER7[truth[9]])]
    assert [one.action for one in found] == ["relabel", "drop"]
    assert found[0].score == pytest.approx(0.93)
    assert found[0].note == f"{FER7[truth[4]]} with 88%, angry with 2%"


def test_no_more_than_wanted_and_none_below_the_bound(make_rows, scribbles):
    probs = np.full((30, 7), 0.02, np.float32)
    probs[:, 3] = 0.88
    rows = make_rows(scribbles, [0] * 30)
    assert len(suspects(rows, probs, LabelOptions(most=12))) == 12
    assert suspects(rows, probs, LabelOptions(least=0.95)) == []


def test_too_few(make_rows, scribbles):
    with pytest.raises(DatasetError, match="expected predictions of at least 10 faces; got 0"):
        suspects(make_rows(scribbles, [0] * 30), np.zeros((30, 7), np.float32), LabelOptions())


def test_predictions_come_back_as_they_were_written(tmp_path):
    said = made(["a" * 64, "b" * 64], np.eye(7)[:2], done=(1,), fold=[0, 1])
    write_predictions(said, tmp_path / "said.npz")
    back = read_predictions(tmp_path / "said.npz")
    assert back.keys.tolist() == said.keys.tolist()
    assert (back.probs == said.probs).all()
    assert (back.done, back.labels, dict(back.about)) == ((1,), FER7, {"folds": 2})
    assert back.told.tolist() == [False, True]


def test_faces_get_theirs_by_their_pixels():
    probs = np.eye(7, dtype=np.float32)[:3]
    said = made(["a" * 64, "b" * 64, "c" * 64], probs, fold=[0, 0, 1])
    found = for_faces(said, np.array(["b" * 64, "d" * 64, "a" * 64, "b" * 64, "c" * 64]), FER7)
    assert found.argmax(axis=1).tolist() == [1, 0, 0, 1, 0]
    assert found.sum(axis=1).tolist() == [1, 0, 1, 1, 0]


def test_predictions_of_others_are_refused():
    said = made(["a" * 64], np.eye(7)[:1])
    with pytest.raises(LabelMismatch, match="predict this set with `emovere data fold`"):
        for_faces(said, said.keys, ("cat", "dog"))
    with pytest.raises(DatasetError, match="none of this set is among them"):
        for_faces(said, np.array(["b" * 64]), FER7)
    with pytest.raises(DatasetError, match="none of this set is among them"):
        for_faces(dataclasses.replace(said, done=()), said.keys, FER7)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04 cut short"])
def test_a_damaged_file_is_one_line(tmp_path, content):
    path = tmp_path / "said.npz"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match="expected predictions as `emovere data fold` writes them") as caught:
        read_predictions(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(DatasetError, match="there is no such file"):
        read_predictions(tmp_path / "none.npz")


def test_an_npz_of_something_else(tmp_path):
    np.savez(tmp_path / "other.npz", x=np.arange(3))
    with pytest.raises(DatasetError, match="expected predictions"):
        read_predictions(tmp_path / "other.npz")
