import gzip
import shutil
import zipfile

import numpy as np
import pytest

from emovere.datasets.duplicates import exact_hashes
from emovere.datasets.fer2013 import load_fer2013
from emovere.errors import DatasetError


def contents(faces):
    """What a set holds, whatever the order."""
    return sorted(zip(exact_hashes(faces.images), faces.labels.tolist(), faces.splits.tolist(), strict=True))


def test_csv_and_folders_of_the_real_faces_hold_the_same(exported):
    from_csv, from_folders = load_fer2013(exported["csv"]), load_fer2013(exported["folders"])
    assert len(from_csv) == 201
    assert set(from_csv.splits) == {"Training", "PublicTest", "PrivateTest"}
    assert contents(from_csv) == contents(from_folders)


def test_votes_of_the_real_faces(exported):
    faces = load_fer2013(exported["csv"], ferplus=exported["ferplus"])
    assert faces.votes is not None
    assert faces.votes.shape == (201, 10)
    assert (faces.votes.sum(axis=1) >= 9).all()


@pytest.mark.parametrize("place", ["fer2013.csv", "fer2013/FER2013.csv", "a/b/icml_face_data.csv"])
def test_a_folder_that_holds_the_csv(tmp_path, csv_lines, place):
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(csv_lines))
    assert len(load_fer2013(tmp_path)) == 12


def test_a_csv_by_any_name(tmp_path, csv_lines):
    path = tmp_path / "faces.txt"
    path.write_bytes(b"".join(csv_lines))
    assert len(load_fer2013(path)) == 12


def test_folders_inside_a_folder(tmp_path, exported):
    shutil.copytree(exported["folders"], tmp_path / "archive" / "images")
    assert len(load_fer2013(tmp_path)) == 201


def test_archives_are_told_apart(tmp_path):
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("fer2013.csv", "x")
    (tmp_path / "fer2013.tar.gz").write_bytes(gzip.compress(b"x"))
    with pytest.raises(DatasetError, match="this is a zip archive: unpack it first"):
        load_fer2013(tmp_path / "archive.zip")
    with pytest.raises(DatasetError, match="this is a gzip archive: unpack it first"):
        load_fer2013(tmp_path / "fer2013.tar.gz")


@pytest.mark.parametrize("name", ["junk.bin", "fer2013.csv", "fer2013.parquet"])
def test_binary_junk_is_one_line(tmp_path, rng, name):
    path = tmp_path / name
    path.write_bytes(rng.integers(0, 256, 20_000, np.uint8).tobytes())
    with pytest.raises(DatasetError, match=name) as caught:
        load_fer2013(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.isprintable()


def test_nothing_there_and_an_empty_folder(tmp_path):
    with pytest.raises(DatasetError, match="there is no such file or folder"):
        load_fer2013(tmp_path / "nothing")
    with pytest.raises(DatasetError, match="no folder is named after an emotion"):
        load_fer2013(tmp_path)
