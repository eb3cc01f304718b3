"""Whole pictures become a set."""

from __future__ import annotations

import csv
import json

import cv2
import numpy as np
import pytest
from PIL import Image

from emovere.align.crop import crop_faces, to_framing
from emovere.config import DetectOptions
from emovere.datasets.clean.build import LEFT_OUT, build_set
from emovere.datasets.clean.cut import colour_crop
from emovere.datasets.clean.pictures import holds_pictures, read_pictures
from emovere.datasets.load import load_rows
from emovere.errors import DatasetError
from emovere.pipeline import Analyzer
from emovere.types import Faces, Frame


@pytest.fixture
def collection(shared, tmp_path):
    """Three photographs, one of them found for two emotions, one without a face and one that is damaged."""
    folder = tmp_path / "found"
    files = {
        "smiling": shared("photos/one_smiling.jpg").read_bytes(),
        "two": shared("photos/two_standing.jpg").read_bytes(),
        "broken": b"\xff\xd8\xff\xe0 and no more",
    }
    empty = np.random.default_rng(0).integers(0, 255, (200, 300, 3), np.uint8)
    files["empty"] = cv2.imencode(".jpg", empty)[1].tobytes()
    lines = []
    for name, emotion in (
        ("smiling", "happy"),
        ("smiling", "joy"),
        ("smiling", "sad"),
        ("two", "happy"),
        ("empty", "sad"),
        ("broken", "sad"),
    ):
        path = folder / "pictures" / "aa" / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[name])
        lines.append(
            json.dumps(
                {
                    "file": f"pictures/aa/{name}.jpg",
                    "emotion": emotion,
                    "url": f"https://example.org/{name}",
                    "licence": "CC BY 4.0",
                    "author": "A. Nobody",
                    "collected": "2026-01-31",
                }
            )
        )
    (folder / "collected.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def unwatched(shares, _):
    return shares


def test_a_collection_becomes_a_set(collection, yunet_weights, tmp_path):
    built = build_set(collection, tmp_path / "set", DetectOptions(), unwatched)
    rows = load_rows(tmp_path / "set")
    assert rows.keys.tolist() == built.rows.keys.tolist()
    assert rows.faces.label_names == ("happy", "sad")
    smiling = [row for row, name in enumerate(rows.faces.names) if "smiling" in name]
    assert [rows.faces.label_names[rows.faces.labels[row]] for row in smiling] == ["happy", "sad"]
    two = [row for row, name in enumerate(rows.faces.names) if "two.jpg#" in name]
    assert len(two) >= 2
    assert set(rows.column("licence")) == {"CC BY 4.0"}
    assert set(rows.column("source")) == {"https://example.org/smiling", "https://example.org/two"}
    assert set(rows.faces.splits) == {""}
    with Image.open(tmp_path / "set" / rows.column("colour")[smiling[0]]) as colour:
        side = float(rows.column("box")[smiling[0]].split()[2]) - float(rows.column("box")[smiling[0]].split()[0])
        assert colour.mode == "RGB"
        assert 0.9 * side < colour.width < 1.6 * side
        small = cv2.resize(np.asarray(colour.convert("L")), (48, 48), interpolation=cv2.INTER_AREA).astype(int)
        assert np.abs(small - rows.faces.images[smiling[0]]).mean() < 6
    assert (tmp_path / "set" / rows.column("picture")[smiling[0]]).read_bytes() == (
        collection / "pictures/aa/smiling.jpg"
    ).read_bytes()
    with (tmp_path / "set" / LEFT_OUT).open(newline="", encoding="utf-8") as file:
        assert [line["reason"] for line in csv.DictReader(file)] == ["no face", "unreadable"]


def test_the_crops_are_those_of_analyze(collection, yunet_weights, tmp_path):
    rows = build_set(collection, tmp_path / "set", DetectOptions(), unwatched).rows
    seen = next(iter(Analyzer().stream([collection / "pictures/aa/smiling.jpg"])))
    row = next(row for row, name in enumerate(rows.faces.names) if "smiling" in name)
    assert (seen.crops.images[0] == rows.faces.images[row]).all()


def test_own_folders(shared, yunet_weights, tmp_path):
    for name, photo in (("cheerful", "one_smiling"), ("bored", "two_standing")):
        target = tmp_path / "mine" / name / f"{photo}.jpg"
        target.parent.mkdir(parents=True)
        target.write_bytes(shared(f"photos/{photo}.jpg").read_bytes())
    assert holds_pictures(tmp_path / "mine")
    rows = build_set(tmp_path / "mine", tmp_path / "set", DetectOptions(), unwatched).rows
    assert set(rows.faces.label_names) == {"bored", "cheerful"}
    assert rows.faces.names[-1].startswith("cheerful/")


def test_folders_of_crops_are_a_set_already(exported):
    assert not holds_pictures(exported["folders"])
    assert not holds_pictures(exported["csv"])


def test_no_face_in_any_picture(tmp_path, yunet_weights):
    for name in ("a", "b"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        Image.new("RGB", (80, 80)).save(tmp_path / "mine" / name / "black.png")
    with pytest.raises(DatasetError, match="no face in any of its 2 pictures"):
        build_set(tmp_path / "mine", tmp_path / "set", DetectOptions(), unwatched)
    with pytest.raises(DatasetError, match=r"was not finished|no such"):
        load_rows(tmp_path / "set" / "faces.parquet")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"file": "../../etc/passwd", "emotion": "sad"}', "line 2: expected a file inside the collection"),
        ('{"file": "/etc/passwd", "emotion": "sad"}', "line 2: expected a file inside"),
        ('{"file": "pictures/a.jpg"}', "line 2: pictures/a.jpg was found for no emotion"),
        ("[1, 2]", "line 2: expected a JSON object"),
        ("{nonsense", "line 2: expected a JSON object"),
    ],
)
def test_a_list_with_tricks_or_damage_is_refused(tmp_path, line, message):
    good = '{"file": "pictures/b.jpg", "emotion": "happy"}'
    (tmp_path / "collected.jsonl").write_text(f"{good}\n{line}\n{good}\n", encoding="utf-8")
    with pytest.raises(DatasetError, match=message) as caught:
        read_pictures(tmp_path)
    assert "\n" not in str(caught.value)


def test_half_a_last_line_is_that_of_a_crash(tmp_path):
    good = '{"file": "pictures/b.jpg", "emotion": "happy"}'
    (tmp_path / "collected.jsonl").write_text(f'{good}\n{{"file": "pic', encoding="utf-8")
    assert len(read_pictures(tmp_path).found) == 1


def test_an_empty_list(tmp_path):
    (tmp_path / "collected.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(DatasetError, match="expected a line for each picture; there is none"):
        read_pictures(tmp_path)


@pytest.mark.parametrize("side", [30, 130, 3000])
def test_colour_crops_show_the_same_part_as_grey_ones(side):
    random = np.random.default_rng(1)
    small = random.integers(0, 255, (12, 12, 3), np.uint8)
    image = cv2.resize(small, (side * 2, side * 2), interpolation=cv2.INTER_CUBIC)
    box = np.array([side * 0.4, side * 0.5, side * 1.4, side * 1.5], np.float32)
    target = (4.0, 0.0, 44.0, 48.0)
    grey = crop_faces(Frame(image), Faces(box[None], np.ones(1, np.float32)), target).images[0]
    colour = colour_crop(image, to_framing(box, None, target))
    assert 48 <= len(colour) <= 1024
    shrunk = cv2.resize(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), (48, 48), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk.astype(int) - grey).mean() < 5
