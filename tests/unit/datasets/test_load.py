import cv2
import numpy as np
import pytest

from emovere.datasets.faceset import FaceSet
from emovere.datasets.folder import write_folder
from emovere.datasets.load import cutter, load_faces, load_patched, load_rows
from emovere.datasets.patch import Patch, Verdict, write_patch
from emovere.datasets.rows import FaceRows
from emovere.errors import DatasetError, LabelMismatch
from emovere.labels import FER7


@pytest.fixture
def a_set(tmp_path):
    images = np.random.default_rng(5).integers(0, 256, (4, 48, 48), np.uint8)
    rows = FaceRows(FaceSet(images, np.arange(4), np.array(["Training"] * 3 + ["PublicTest"]), FER7))
    write_folder(rows.with_columns(picture=("pictures/one.png", "", "", "")), tmp_path / "set")
    return tmp_path / "set", rows


def lay(path, *verdicts):
    path.parent.mkdir(exist_ok=True)
    write_patch(Patch(tuple(verdicts), FER7), path)
    return path


def test_a_set_is_read_with_its_patches_in_their_order(a_set):
    path, rows = a_set
    lay(path / "patches" / "001-a.jsonl", Verdict(rows.keys[0], "drop", "dark"), Verdict(rows.keys[1], "drop", "dark"))
    lay(path / "patches" / "002-b.jsonl", Verdict(rows.keys[1], "keep", "people"))
    assert load_faces(path).labels.tolist() == [1, 2, 3]


def test_patches_from_elsewhere_come_last_and_touch_the_splits_that_are_named(a_set, tmp_path):
    path, rows = a_set
    more = lay(tmp_path / "more.jsonl", *(Verdict(key, "drop", "dark") for key in rows.keys[2:]))
    loaded, done = load_patched(path, patches=[more], splits=["Training"])
    assert loaded.faces.labels.tolist() == [0, 1, 3]
    assert done.dropped == 1
    assert load_rows(path, patches=[more]).faces.labels.tolist() == [0, 1]


def test_a_face_is_cut_out_of_its_whole_picture(a_set):
    path, rows = a_set
    (path / "pictures").mkdir()
    picture = np.zeros((200, 300, 3), np.uint8)
    picture[50:146, 100:196] = cv2.resize(rows.faces.images[2], (96, 96), interpolation=cv2.INTER_NEAREST)[..., None]
    cv2.imwrite(str(path / "pictures" / "one.png"), picture)
    lay(path / "patches" / "001-c.jsonl", Verdict(rows.keys[0], "crop", "people", box="100 50 196 146"))
    cut = load_faces(path).images[0].astype(int)
    assert np.abs(cut - rows.faces.images[2]).mean() < 2
    assert cutter(path)("pictures/one.png", (100, 50, 196, 146)).shape == (48, 48)


def test_an_unfinished_set_is_said(a_set):
    path, _ = a_set
    (path / "set.json").unlink()
    with pytest.raises(DatasetError, match="was not finished"):
        load_rows(path)


def test_fer2013_is_read_as_ever(tmp_path):
    pixels = " ".join(["7"] * 2304)
    (tmp_path / "fer2013.csv").write_text(f"emotion,pixels,Usage\n3,{pixels},Training\n")
    rows = load_rows(tmp_path / "fer2013.csv")
    assert (len(rows), rows.faces.labels.tolist(), len(rows.keys[0])) == (1, [3], 64)


def test_classes_that_mean_the_seven_stand_in_their_order(tmp_path):
    images = np.random.default_rng(5).integers(0, 256, (3, 48, 48), np.uint8)
    faces = FaceSet(images, np.array([0, 1, 0]), np.array(["Training"] * 3), ("sadness", "Joy"))
    write_folder(FaceRows(faces), tmp_path / "set")
    read = load_faces(tmp_path / "set")
    assert read.label_names == FER7
    assert [FER7[label] for label in read.labels] == ["sad", "happy", "sad"]


@pytest.mark.parametrize("names", [("bored", "happy"), ("joy", "happy")])
def test_other_classes_are_for_own_networks(tmp_path, names):
    faces = FaceSet(np.zeros((1, 48, 48), np.uint8), np.array([0]), np.array(["Training"]), names)
    write_folder(FaceRows(faces), tmp_path / "set")
    assert load_rows(tmp_path / "set").faces.label_names == names
    with pytest.raises(LabelMismatch, match="expected classes that mean"):
        load_faces(tmp_path / "set")
