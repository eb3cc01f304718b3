import json

import numpy as np
import pytest
from PIL import Image

from emovere.datasets.share.coco import write_coco


def document(folder, split):
    return json.loads((folder / "annotations" / f"{split}.json").read_text(encoding="utf-8"))


@pytest.fixture
def a_set(tmp_path):
    """A folder with three whole pictures: one plain, one that its EXIF turns, one damaged."""
    folder = tmp_path / "set"
    (folder / "pictures").mkdir(parents=True)
    Image.new("RGB", (80, 60), "grey").save(folder / "pictures" / "plain.jpg")
    turned = Image.new("RGB", (80, 60), "grey")
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(folder / "pictures" / "turned.jpg", exif=exif)
    (folder / "pictures" / "damaged.jpg").write_bytes((folder / "pictures" / "plain.jpg").read_bytes()[:300])
    return folder


def test_whole_pictures_with_their_boxes(tmp_path, rows, a_set):
    names = ["pictures/plain.jpg"] * 2 + ["pictures/turned.jpg", "pictures/damaged.jpg", "pictures/gone.jpg"]
    boxes = ["10 20 40 60", "-5 -5 30 30", "1 2 50 70", "1 1 9 9", "1 1 9 9"]
    whole = rows.with_columns(picture=[*names, *[""] * 16], box=[*boxes, *[""] * 16], collected=["2026-01-31"] * 21)
    write_coco(whole, tmp_path / "out", a_set)
    found = document(tmp_path / "out", "Training")
    images = {one["id"]: one for one in found["images"]}
    assert [(one["width"], one["height"]) for one in images.values()][:3] == [(80, 60), (60, 80), (48, 48)]
    first, second, third, fourth = found["annotations"][:4]
    assert first["image_id"] == second["image_id"]
    assert first["bbox"] == [10.0, 20.0, 30.0, 40.0]
    assert first["area"] == 1200.0
    assert second["bbox"] == [0.0, 0.0, 30.0, 30.0]
    assert third["bbox"] == [1.0, 2.0, 49.0, 68.0]
    assert fourth["bbox"] == [0.0, 0.0, 48.0, 48.0]
    for one in images.values():
        with Image.open(tmp_path / "out" / "images" / one["file_name"]) as picture:
            assert picture.size == (one["width"], one["height"])
            assert picture.getexif().get(0x0112, 1) == 1
    assert images[first["image_id"]]["date_captured"] == "2026-01-31"
    assert images[first["image_id"]]["author"] == "author 0"


def test_categories_and_licences_are_numbered_and_named(tmp_path, rows):
    write_coco(rows, tmp_path)
    found = document(tmp_path, "PrivateTest")
    assert [one["name"] for one in found["categories"]] == list(rows.faces.label_names)
    names = {one["id"]: one["name"] for one in found["licenses"]}
    assert [names[one["license"]] for one in found["images"]] == ["CC0"] * 6 + ["unknown"]
    categories = {one["id"]: one["name"] for one in found["categories"]}
    assert [categories[one["category_id"]] for one in found["annotations"]] == list(rows.faces.label_names)
    picture = tmp_path / "images" / found["images"][0]["file_name"]
    with Image.open(picture) as opened:
        assert np.array_equal(np.asarray(opened), rows.faces.images[14])
    everything = [document(tmp_path, split) for split in ("Training", "PublicTest", "PrivateTest")]
    numbers = [one["id"] for part in everything for one in part["annotations"]]
    assert len(set(numbers)) == len(numbers) == 21
