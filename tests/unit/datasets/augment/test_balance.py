"""Rare classes get the faces that they should have, marked, and from nothing that is held out."""

from __future__ import annotations

import dataclasses
from collections import Counter

import cv2
import numpy as np
import pytest

from emovere.datasets.augment.balance import KINDS, Balance, augment, usable
from emovere.datasets.duplicates import exact_hashes
from emovere.datasets.faceset import FaceSet
from emovere.datasets.folder import read_folder, write_folder
from emovere.datasets.rows import FaceRows
from emovere.errors import ConfigError, DatasetError, LabelMismatch

LABELS = ("calm", "cross")


class Noise:
    """Makes faces of noise, in place of a generator."""

    name, sha256, labels = "noise", "0" * 64, LABELS

    def make(self, label: str, count: int, random: np.random.Generator) -> np.ndarray:
        if label not in self.labels:
            raise LabelMismatch(label)
        return random.integers(0, 256, (count, 48, 48), dtype=np.uint8)


@pytest.fixture
def rows(rng) -> FaceRows:
    """20 calm and 6 cross faces to learn from, 4 and 4 to test on; all different, smooth enough to be turned."""
    coarse = rng.integers(0, 256, (34, 8, 8), dtype=np.uint8)
    images = np.stack([cv2.resize(one, (48, 48), interpolation=cv2.INTER_CUBIC) for one in coarse])
    faces = FaceSet(
        images,
        np.repeat([0, 1, 0, 1], (20, 6, 4, 4)).astype(np.int64),
        np.repeat(["Training", "PrivateTest"], (26, 8)),
        LABELS,
        np.tile(np.eye(1, 10, 3, dtype=np.int64) * 10, (34, 1)),
        tuple(f"pictures/{n}.png" for n in range(34)),
    )
    texts = tuple(str(n) for n in range(34))
    return FaceRows(faces, about={"source": texts, "licence": ("CC0",) * 34, "group": texts, "box": ("1 2 3 4",) * 34})


def test_classes_get_as_many_faces_as_wanted_and_rows_stay(rows):
    done = augment(rows, Balance(to=15))
    assert done.made.keys() == {"cross"}
    assert sum(done.made["cross"].values()) == 9
    training = done.rows[done.rows.faces.splits == "Training"]
    assert training.faces.counts == (20, 15)
    before = done.rows[np.arange(34)]
    assert before.keys.tolist() == rows.keys.tolist()
    assert before.column("box") == rows.column("box")
    assert (done.left_out, done.short) == (0, {})


def test_balance_goes_up_to_the_largest_class(rows):
    done = augment(rows, Balance())
    assert done.rows[done.rows.faces.splits == "Training"].faces.counts == (20, 20)
    nothing = augment(rows, Balance(to=5))
    assert len(nothing.rows) == 34
    assert nothing.made == {}


def test_each_made_face_says_what_it_is_and_of_whom(rows):
    done = augment(rows, Balance(to=20))
    new = done.rows[np.arange(34, len(done.rows))]
    assert set(new.column("made")) == {"rotated", "scaled", "zoomed", "flipped"}
    assert new.column("made_from") != ("",) * len(new)
    assert done.rows.column("made")[:34] == ("",) * 34
    place = {str(key): row for row, key in enumerate(rows.keys)}
    for row in range(len(new)):
        origin = place[new.column("made_from")[row]]
        assert rows.faces.labels[origin] == new.faces.labels[row] == 1
        assert rows.faces.splits[origin] == new.faces.splits[row] == "Training"
        for column in ("source", "licence", "group"):
            assert new.column(column)[row] == rows.column(column)[origin]
        np.testing.assert_array_equal(new.faces.votes[row], rows.faces.votes[origin])
        if new.column("made")[row] == "flipped":
            np.testing.assert_array_equal(new.faces.images[row], rows.faces.images[origin][:, ::-1])
    assert new.column("box") == ("",) * len(new)
    assert len(set(done.rows.faces.names)) == len(done.rows)
    assert new.faces.names[0].startswith("pictures/")
    assert len(set(done.rows.keys.tolist())) == len(done.rows)


def test_all_faces_of_a_class_have_their_turn(rows):
    done = augment(rows, Balance(to=20))
    uses = Counter(done.rows.column("made_from")[34:])
    assert len(uses) == 6
    assert max(uses.values()) - min(uses.values()) <= 1


def test_the_same_seed_makes_the_same_faces(rows):
    one, again, other = (augment(rows, Balance(to=20, seed=seed)).rows for seed in (4, 4, 5))
    assert one.keys.tolist() == again.keys.tolist()
    assert one.keys.tolist() != other.keys.tolist()


def test_nothing_is_made_from_held_out_faces_or_their_copies(rows):
    images, group = rows.faces.images.copy(), list(rows.column("group"))
    images[20] = images[30]
    images[21] = images[31][:, ::-1]
    images[22] = np.clip(images[32].astype(int) + 1, 0, 255)
    group[23] = group[29] = "the same person"
    votes = rows.faces.votes.copy()
    votes[24] = np.eye(1, 10, 9) * 10
    leaky = FaceRows(
        dataclasses.replace(rows.faces, images=images, votes=votes), about={**rows.about, "group": tuple(group)}
    )
    inside = leaky.faces.splits == "Training"
    assert usable(leaky, "Training", inside & (leaky.faces.labels == 1)).tolist() == [25]
    done = augment(leaky, Balance(to=12))
    assert set(done.rows.column("made_from")[34:]) == {str(leaky.keys[25])}
    assert done.left_out == 5
    assert (done.rows.faces.splits[34:] == "Training").all()


def test_made_faces_are_not_made_others_from(rows):
    once = augment(rows, Balance(to=10)).rows
    twice = augment(once, Balance(to=18)).rows
    real = set(rows.keys.tolist())
    assert set(twice.column("made_from")) - {""} <= real
    assert twice[twice.faces.splits == "Training"].faces.counts == (20, 18)


def test_a_face_is_flipped_only_once(rows):
    done = augment(rows, Balance(to=20, kinds=("flipped",)))
    assert done.made["cross"] == {"flipped": 6}
    assert done.short == {"cross": 8}
    assert augment(rows, Balance(to=20, kinds=("flipped", "zoomed"))).short == {}


def test_generated_faces_come_from_no_face(rows):
    done = augment(rows, Balance(to=16, kinds=KINDS), Noise())
    kinds = done.made["cross"]
    assert kinds["generated"] == 2
    assert sum(kinds.values()) == 10
    alone = augment(rows, Balance(to=16, kinds=("generated",)), Noise()).rows
    new = alone[np.arange(34, 44)]
    assert new.column("made") == ("generated",) * 10
    assert new.column("made_from") == new.column("licence") == ("",) * 10
    assert new.column("source")[0] == f"generator noise, SHA-256 {'0' * 64}, seed 1"
    assert not new.faces.votes.any()
    assert new.faces.labels.tolist() == [1] * 10


def test_a_class_that_the_generator_does_not_know(rows):
    renamed = rows.with_faces(dataclasses.replace(rows.faces, label_names=("calm", "bored")))
    with pytest.raises(LabelMismatch, match="bored"):
        augment(renamed, Balance(to=16, kinds=("generated",)), Noise())


def test_it_can_be_written_and_read(rows, tmp_path):
    done = augment(rows, Balance(to=16, kinds=KINDS), Noise()).rows
    write_folder(done, tmp_path / "set")
    back = read_folder(tmp_path / "set")
    assert back.keys.tolist() == exact_hashes(done.faces.images).tolist()
    for column in ("made", "made_from", "source"):
        assert back.column(column) == done.column(column)
    assert back.faces.names == done.faces.names


@pytest.mark.parametrize("split", ["PrivateTest", "PublicTest", "public", "test", "Validation", "held-out"])
def test_a_split_that_is_tested_on_gets_no_made_faces(rows, split):
    with pytest.raises(ConfigError, match=f"{split} is tested on; made faces belong where is learned"):
        augment(rows, Balance(to=16, split=split))


def test_a_split_of_another_name_does(rows):
    splits = np.where(rows.faces.splits == "Training", "mine", rows.faces.splits)
    done = augment(rows.with_faces(dataclasses.replace(rows.faces, splits=splits)), Balance(to=16, split="mine"))
    assert Counter(done.rows.faces.splits.tolist()) == {"mine": 36, "PrivateTest": 8}


@pytest.mark.parametrize(
    ("wanted", "maker", "error", "message"),
    [
        (Balance(kinds=("turned",)), None, ConfigError, "unknown kind of made face 'turned'"),
        (Balance(kinds=()), None, ConfigError, "each once; got -"),
        (Balance(kinds=("flipped", "flipped")), None, ConfigError, "each once; got flipped, flipped"),
        (Balance(to=-1), None, ConfigError, "expected a number of faces; got -1"),
        (Balance(kinds=KINDS), None, ConfigError, "generated faces need a generator"),
        (Balance(), Noise(), ConfigError, "a generator is for generated faces"),
        (Balance(split="mine"), None, DatasetError, "no face in split 'mine'; there are: PrivateTest, Training"),
    ],
)
def test_what_cannot_be_is_one_clear_line(rows, wanted, maker, error, message):
    with pytest.raises(error, match=message):
        augment(rows, wanted, maker)


def test_a_class_without_faces_is_one_clear_line(rows):
    with pytest.raises(DatasetError, match="Training holds no face of cross to make others from"):
        augment(rows[(rows.faces.labels == 0) | (rows.faces.splits != "Training")], Balance(to=16))
