import pytest

from emovere.datasets.share.listing import MISSING
from emovere.datasets.share.rafdb import read_rafdb
from emovere.errors import ConfigError, DatasetError


@pytest.fixture
def rafdb(tmp_path, draw):
    """Seven pictures, one of each emotion, two of them in the test split."""
    lines = []
    for number in range(1, 8):
        stem = f"{'train' if number < 6 else 'test'}_{number:05d}"
        lines.append(f"{stem}.jpg {number}\n")
        draw(tmp_path / "basic" / "Image" / "original" / f"{stem}.jpg", 96)
        draw(tmp_path / "basic" / "Image" / "aligned" / f"{stem}_aligned.jpg", 100)
        box = tmp_path / "basic" / "Annotation" / "boundingbox" / f"{stem}_boundingbox.txt"
        box.parent.mkdir(parents=True, exist_ok=True)
        box.write_text(f"{number}.5 2.0 60.0 70.25 \n")
    (tmp_path / "basic" / "EmoLabel").mkdir()
    (tmp_path / "basic" / "EmoLabel" / "list_patition_label.txt").write_text("".join(lines))
    return tmp_path


def test_the_list_tells_label_split_and_place(rafdb):
    listing = read_rafdb(rafdb)
    assert [one.label for one in listing.pictures] == [
        "surprise", "fear", "disgust", "happy", "sad", "angry", "neutral",
    ]  # fmt: skip
    assert [one.split for one in listing.pictures] == ["Training"] * 5 + ["test"] * 2
    assert listing.pictures[2].box == (3.5, 2.0, 60.0, 70.25)
    assert listing.pictures[0].file.name == "train_00001.jpg"


def test_the_aligned_pictures_are_taken_where_they_are_wanted_or_alone(rafdb):
    aligned = read_rafdb(rafdb, "aligned")
    assert aligned.pictures[0].file.name == "train_00001_aligned.jpg"
    assert aligned.pictures[0].box is None
    for file in (rafdb / "basic" / "Image" / "original").iterdir():
        file.unlink()
    (rafdb / "basic" / "Image" / "original").rmdir()
    assert [one.file for one in read_rafdb(rafdb).pictures] == [one.file for one in aligned.pictures]
    with pytest.raises(DatasetError, match="expected pictures in Image/original; there is none"):
        read_rafdb(rafdb, "original")
    with pytest.raises(ConfigError, match="pictures: expected original or aligned; got 'cut'"):
        read_rafdb(rafdb, "cut")


def test_a_picture_that_is_missing_is_left_out_with_its_line(rafdb):
    (rafdb / "basic" / "Image" / "original" / "train_00002.jpg").unlink()
    listing = read_rafdb(rafdb)
    assert len(listing.pictures) == 6
    assert [(one.kind, one.reason.split(" of ")[0]) for one in listing.left_out] == [(MISSING, "line 2")]


@pytest.mark.parametrize("line", ["train_00001.jpg", "train_00001.jpg 8", "photo.jpg 3", "5 train_00001.jpg"])
def test_a_line_that_is_none_is_named(rafdb, line):
    file = rafdb / "basic" / "EmoLabel" / "list_patition_label.txt"
    file.write_text(f"train_00003.jpg 3\n{line}\n")
    with pytest.raises(DatasetError, match=r"list_patition_label.txt: line 2: expected a picture and 1 to 7"):
        read_rafdb(rafdb)


def test_a_box_that_is_none_is_named(rafdb):
    (rafdb / "basic" / "Annotation" / "boundingbox" / "train_00001_boundingbox.txt").write_text("1 2 three 4")
    with pytest.raises(DatasetError, match=r"train_00001_boundingbox.txt: expected x1 y1 x2 y2; got '1 2 three 4'"):
        read_rafdb(rafdb)


def test_the_shape_in_which_it_stands_on_kaggle(tmp_path, draw):
    for split in ("train", "test"):
        for number in range(1, 8):
            draw(tmp_path / "DATASET" / split / str(number) / f"{split}_{number:05d}_aligned.jpg", 100)
    listing = read_rafdb(tmp_path)
    assert len(listing.pictures) == 14
    told = {(one.file.parent.name, one.label, one.split) for one in listing.pictures}
    assert ("5", "sad", "Training") in told
    assert ("7", "neutral", "test") in told


def test_what_is_no_rafdb_is_said(tmp_path):
    with pytest.raises(DatasetError, match=r"expected RAF-DB: EmoLabel/list_patition_label.txt .* there is neither"):
        read_rafdb(tmp_path)
