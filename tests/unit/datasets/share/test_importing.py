import csv

import numpy as np
import pytest

from emovere.config import DetectOptions
from emovere.datasets.share.cutting import cut_faces
from emovere.datasets.share.importing import LAYOUTS, assembled, import_fer2013, kind_of, write_left_out
from emovere.datasets.share.jaffe import read_jaffe
from emovere.datasets.share.listing import MISSING, NO_FACE, LeftOut
from emovere.errors import ConfigError, DatasetError


@pytest.mark.parametrize(
    ("word", "kind"), [("ck+", "ckplus"), ("RAF-DB", "rafdb"), ("fer2013", "fer2013"), ("jaffe", "jaffe")]
)
def test_a_kind_by_its_names(word, kind):
    assert kind_of(word) == kind


def test_an_unknown_kind_is_said_with_the_nearest():
    with pytest.raises(ConfigError, match=r"unknown kind of set 'jafe'; did you mean 'jaffe'\?"):
        kind_of("jafe")


def test_a_layout_becomes_rows_with_persons_as_groups(tmp_path, draw):
    first = draw(tmp_path / "in" / "KA.AN1.39.png")
    second = draw(tmp_path / "in" / "KL.HA2.160.png")
    listing = read_jaffe(tmp_path)
    imported = assembled(listing, cut_faces(listing, DetectOptions()))
    rows = imported.rows
    assert np.array_equal(rows.faces.images, np.stack([first, second]))
    assert [rows.faces.label_names[k] for k in rows.faces.labels] == ["angry", "happy"]
    assert rows.column("group") == ("JAFFE KA", "JAFFE KL")
    assert rows.column("source") == ("JAFFE in/KA.AN1.39.png", "JAFFE in/KL.HA2.160.png")
    assert rows.column("picture") == tuple(str(tmp_path / "in" / name) for name in ("KA.AN1.39.png", "KL.HA2.160.png"))
    assert set(rows.column("licence")) == {"JAFFE terms (non-commercial research)"}
    assert rows.faces.splits.tolist() == ["", ""]
    assert not imported.left_out


def test_what_is_left_out_is_told_and_written(tmp_path, draw):
    draw(tmp_path / "KA.AN1.39.png")
    listing = read_jaffe(tmp_path)
    gone = LeftOut("a\nb.png", MISSING, "it is not there")
    imported = assembled(
        listing, [*cut_faces(listing, DetectOptions()), gone, LeftOut("c.png", NO_FACE, "no face found")]
    )
    assert imported.damaged == 1
    assert list(imported.told(tmp_path / "left-out.csv")) == [
        f"2 of 3 pictures left out (1 missing, 1 no face): {tmp_path}/left-out.csv",
        "for example a\\nb.png: it is not there",
    ]
    write_left_out(imported.left_out, tmp_path / "left-out.csv")
    with (tmp_path / "left-out.csv").open(newline="") as file:
        assert list(csv.reader(file))[1:] == [
            ["a\\nb.png", MISSING, "it is not there"],
            ["c.png", NO_FACE, "no face found"],
        ]


def test_a_set_without_a_face_is_one_line(tmp_path, draw):
    draw(tmp_path / "KA.AN1.39.png")
    listing = read_jaffe(tmp_path)
    with pytest.raises(DatasetError, match=r"no face in any of its 1 pictures \(x.png: no face found\)"):
        assembled(listing, [LeftOut("x.png", NO_FACE, "no face found")])


def test_fer2013_names_its_rows(tmp_path, csv_lines):
    (tmp_path / "fer2013.csv").write_bytes(b"".join(csv_lines))
    rows = import_fer2013(tmp_path / "fer2013.csv")
    assert rows.column("source")[:2] == ("FER2013 row 0", "FER2013 row 1")
    assert len(rows) == 12


@pytest.mark.parametrize("kind", LAYOUTS)
def test_every_kind_says_in_one_line_that_nothing_is_there(tmp_path, kind):
    with pytest.raises(DatasetError) as error:
        LAYOUTS[kind](tmp_path / "nowhere")
    assert "there is no such folder" in str(error.value)
    assert "\n" not in str(error.value)
