import cv2
import numpy as np
import pytest

from emovere.datasets.fer2013_folders import read_folders
from emovere.errors import DatasetError
from emovere.labels import FER7


def put(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())


def test_file_names_tell_public_from_private(tmp_path, faces):
    names = ["train/angry/Training_1.png", "test/angry/PublicTest_2.png", "test/sad/PrivateTest_3.png"]
    for name, image in zip(names, faces.images, strict=False):
        put(tmp_path / name, image)
    read = read_folders(tmp_path)
    found = dict(zip(read.names, zip(read.splits, read.labels, strict=True), strict=True))
    assert found == {
        "Training_1.png": ("Training", 0),
        "PublicTest_2.png": ("PublicTest", 0),
        "PrivateTest_3.png": ("PrivateTest", 4),
    }
    row = read.names.index("PublicTest_2.png")
    np.testing.assert_array_equal(read.images[row], faces.images[1])


def test_without_such_names_the_folder_tells(tmp_path, faces):
    for name in ("Train/happy/a.png", "test/happy/b.png", "public_test/happy/c.png", "validation/happy/d.png"):
        put(tmp_path / name, faces.images[0])
    read = read_folders(tmp_path)
    assert dict(zip(read.names, read.splits, strict=True)) == {
        "a.png": "Training",
        "b.png": "test",
        "c.png": "PublicTest",
        "d.png": "validation",
    }


@pytest.mark.parametrize(
    ("word", "label"),
    [("anger", "angry"), ("Happiness", "happy"), ("sadness", "sad"), ("surprised", "surprise"), ("FEAR", "fear")],
)
def test_synonyms(tmp_path, faces, word, label):
    put(tmp_path / "train" / word / "a.png", faces.images[0])
    assert FER7[read_folders(tmp_path).labels[0]] == label


def test_one_split_alone_and_what_archivers_leave(tmp_path, faces):
    put(tmp_path / "test" / "angry" / "PublicTest_1.jpg", faces.images[0])
    put(tmp_path / "test" / "angry" / "._PublicTest_1.jpg", faces.images[0])
    (tmp_path / "test" / "__MACOSX").mkdir()
    (tmp_path / "test" / ".ipynb_checkpoints").mkdir()
    read = read_folders(tmp_path / "test")
    assert read.splits.tolist() == ["PublicTest"]


def test_colour_pictures_become_grey(tmp_path):
    put(tmp_path / "train" / "sad" / "a.png", np.full((48, 48, 3), 90, np.uint8))
    assert (read_folders(tmp_path).images == 90).all()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_damaged_picture_is_named(tmp_path, faces, suffix, share):
    path = tmp_path / "train" / "fear" / f"a{suffix}"
    put(path, faces.images[0])
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(DatasetError, match=rf"a\{suffix}: the picture is damaged"):
        read_folders(tmp_path)


def test_another_size_is_refused(tmp_path):
    put(tmp_path / "train" / "fear" / "a.png", np.zeros((64, 48), np.uint8))
    with pytest.raises(DatasetError, match="expected a picture of 48 x 48 pixels; got 48 x 64"):
        read_folders(tmp_path)


def test_folders_that_are_no_emotions(tmp_path, faces):
    (tmp_path / "train" / "cats").mkdir(parents=True)
    with pytest.raises(DatasetError, match="no folder is named after an emotion"):
        read_folders(tmp_path)
    put(tmp_path / "train" / "angry" / "a.png", faces.images[0])
    with pytest.raises(DatasetError, match="cats: expected a folder named after one of angry"):
        read_folders(tmp_path)


def test_an_emotion_without_a_picture(tmp_path, faces):
    put(tmp_path / "train" / "angry" / "a.png", faces.images[0])
    (tmp_path / "train" / "sad").mkdir()
    with pytest.raises(DatasetError, match="sad: expected pictures"):
        read_folders(tmp_path)
