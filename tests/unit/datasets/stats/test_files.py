import numpy as np
import pytest
from PIL import Image

from emovere.datasets.folder import write_folder
from emovere.datasets.stats.check import check
from emovere.datasets.stats.files import BROKEN, MISSING, bad_files


@pytest.fixture
def a_set(tmp_path, rng, rows_of):
    rows = rows_of(
        [0, 1, 0, 1], ["Training"] * 4, licence=["CC0"] * 4,
        picture=["pictures/good.jpg", "pictures/cut.jpg", "pictures/gone.jpg", ""],
        colour=["colour/good.png", "", "", "colour/no.png"],
    )  # fmt: skip
    for folder in ("pictures", "colour"):
        (tmp_path / "set" / folder).mkdir(parents=True)
    noise = rng.integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "set" / "pictures" / "good.jpg")
    Image.fromarray(noise).save(tmp_path / "set" / "colour" / "good.png")
    whole = (tmp_path / "set" / "pictures" / "good.jpg").read_bytes()
    (tmp_path / "set" / "pictures" / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "set" / "colour" / "no.png").write_bytes(b"no picture")
    write_folder(rows, tmp_path / "set")
    return rows, tmp_path / "set"


def test_missing_and_broken_pictures_are_told_apart(a_set):
    rows, folder = a_set
    assert [(one.name, one.kind, one.rows.tolist()) for one in bad_files(rows, folder)] == [
        ("colour/no.png", BROKEN, [3]),
        ("pictures/cut.jpg", BROKEN, [1]),
        ("pictures/gone.jpg", MISSING, [2]),
    ]


def test_they_are_findings(a_set):
    rows, folder = a_set
    found = {one.kind: (one.wrong, one.count, one.text) for one in check(rows, folder)}
    assert found["missing picture"] == (True, 1, "pictures of the set are not there, such as pictures/gone.jpg")
    assert found["broken picture"] == (True, 2, "pictures of the set cannot be decoded, such as colour/no.png")


def test_pictures_outside_the_set_are_a_note(a_set, tmp_path):
    rows, folder = a_set
    away = rows.with_columns(picture=[str(tmp_path / "away.jpg")] * 4, colour=[""] * 4)
    (found,) = [one for one in check(away, folder) if one.kind == "missing picture"]
    assert (found.wrong, found.count) == (False, 1)
    assert found.groups[0].tolist() == [0, 1, 2, 3]
