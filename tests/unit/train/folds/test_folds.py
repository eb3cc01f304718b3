"""Networks that leave a part out: who is left out with whom, what is kept, going on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from emovere.config import override
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, DatasetError, Interrupted
from emovere.train.folds import fit
from emovere.train.folds.fit import predict_folds
from emovere.train.folds.parts import fold_of_each
from emovere.train.recipe import load_recipe

TINY = [
    "network.widths=4,8",
    "network.blocks=0,1",
    "network.dropout=0",
    "network.stem_stride=2",
    "schedule.epochs=6",
    "schedule.batch=16",
    "schedule.ema=0.8",
    "augment.vary=false",
    "train.threads=1",
    "train.precision=32-true",
]


def faces(count: int = 96, votes: bool = False) -> FaceSet:
    """Bright tops and bright bottoms, which anybody can tell apart."""
    random = np.random.default_rng(0)
    labels = np.arange(count) % 2
    images = random.integers(0, 120, (count, 48, 48))
    for row, label in enumerate(labels):
        images[row, 24 * label : 24 * label + 24] += 100
    return FaceSet(
        images.astype(np.uint8),
        labels.astype(np.int64),
        np.array(["Training"] * count),
        ("top", "bottom"),
        random.integers(0, 5, (count, 10)) if votes else None,
    )


@pytest.fixture
def recipe():
    return override(load_recipe("folds"), TINY)


def test_copies_share_a_fold_and_classes_are_spread():
    some = faces(80)
    images = some.images.copy()
    images[41] = images[7]
    images[60] = images[7][:, ::-1]
    parts = fold_of_each(dataclasses.replace(some, images=images), 4, seed=1)
    assert parts[7] == parts[41] == parts[60]
    counts = np.array([np.bincount(some.labels[parts == fold], minlength=2) for fold in range(4)])
    assert counts.min() >= 9
    assert counts.sum(axis=1).max() <= 22


def test_parts_depend_on_the_seed_alone():
    some = faces(40)
    first = fold_of_each(some, 3, seed=1)
    assert (first == fold_of_each(some, 3, seed=1)).all()
    assert (first != fold_of_each(some, 3, seed=2)).any()
    assert set(first.tolist()) == {0, 1, 2}


def test_impossible_folds():
    with pytest.raises(ConfigError, match="--folds: expected at least 2; got 1"):
        fold_of_each(faces(10), 1, seed=1)
    same = dataclasses.replace(faces(10), images=np.repeat(faces(1).images, 10, axis=0))
    with pytest.raises(DatasetError, match="expected at least 3 faces that are no copies"):
        fold_of_each(same, 3, seed=1)


def test_every_face_is_told_by_a_network_that_never_saw_it(recipe, tmp_path, monkeypatch):
    seen: list[FaceSet] = []
    trained = fit._trained
    monkeypatch.setattr(fit, "_trained", lambda *given: (seen.append(given[1]), trained(*given))[1])
    some = faces(votes=True)
    told: list[str] = []
    said = predict_folds(recipe, some, 3, tmp_path / "said.npz", told.append)
    assert said.told.all()
    assert np.allclose(said.probs.sum(axis=1), 1, atol=1e-5)
    assert (said.probs.argmax(axis=1) == some.labels).mean() > 0.9
    for fold, shown in enumerate(seen):
        left_out = some.images[said.fold == fold]
        assert not (shown.images[:, None] == left_out[None]).all(axis=(2, 3)).any()
        assert len(shown) + len(left_out) == len(some)
    assert any("0 min 00 s left" in line for line in told)
    assert sum("agree with the labels of" in line for line in told) == 3


def test_votes_teach_nothing(recipe, tmp_path):
    with_votes, without = faces(votes=True), faces()
    first = predict_folds(recipe, with_votes, 2, tmp_path / "a.npz", lambda _: None)
    second = predict_folds(recipe, without, 2, tmp_path / "b.npz", lambda _: None)
    assert np.allclose(first.probs, second.probs, atol=1e-6)


def test_it_goes_on_with_the_folds_that_are_missing(recipe, tmp_path, monkeypatch):
    some, path = faces(), tmp_path / "said.npz"
    trained, count = fit._trained, 0

    def stops(*given):
        nonlocal count
        count += 1
        if count == 2:
            raise KeyboardInterrupt
        return trained(*given)

    monkeypatch.setattr(fit, "_trained", stops)
    with pytest.raises(Interrupted, match="keeps 1 of 3 folds: the same command goes on"):
        predict_folds(recipe, some, 3, path, lambda _: None)
    whole = predict_folds(recipe, some, 3, path, lambda _: None)
    assert count == 4
    assert whole.told.all()
    again = predict_folds(recipe, some, 3, path, lambda _: None)
    assert count == 4
    assert (again.probs == whole.probs).all()
    anew = predict_folds(recipe, some, 3, tmp_path / "other.npz", lambda _: None)
    assert np.allclose(anew.probs, whole.probs, atol=1e-6)


def test_another_set_recipe_or_number_is_refused(recipe, tmp_path):
    path = tmp_path / "said.npz"
    quick = override(recipe, ["schedule.epochs=1"])
    predict_folds(quick, faces(), 2, path, lambda _: None)
    for wanted, some, folds in ((recipe, faces(), 2), (quick, faces(90), 2), (quick, faces(), 3)):
        with pytest.raises(ConfigError, match="predictions of another set, recipe or number of folds"):
            predict_folds(wanted, some, folds, path, lambda _: None)
