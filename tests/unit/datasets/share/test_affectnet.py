import numpy as np
import pytest

from emovere.datasets.share.affectnet import COLUMNS, read_affectnet
from emovere.datasets.share.listing import MISSING, NO_LABEL
from emovere.errors import DatasetError

ROWS = [
    ("103/a.jpg", 5, 6, 30, 40, "1;2", 1, 0.5, 0.1),
    ("103/b.jpg", 0, 0, 48, 48, "1;2", 7, -0.5, 0.1),
    ("104/c.jpg", 0, 0, 48, 48, "1;2", 10, -2, -2),
    ("104/gone.jpg", 0, 0, 48, 48, "1;2", 6, 0, 0),
]


@pytest.fixture
def lists(tmp_path, draw):
    """The older release: a list with a header for training, one without for validation."""
    folder = tmp_path / "Manually_Annotated_file_lists"
    folder.mkdir()
    lines = [",".join(map(str, row)) for row in ROWS]
    (folder / "training.csv").write_text("\n".join([",".join(COLUMNS), *lines]) + "\n")
    (folder / "validation.csv").write_text("7/d.jpg,NULL,NULL,NULL,NULL,1;2,0,0.1,0.1\n")
    for name in ("103/a.jpg", "103/b.jpg", "104/c.jpg", "7/d.jpg"):
        draw(tmp_path / "Manually_Annotated_Images" / name, 64)
    return tmp_path


@pytest.fixture
def arrays(tmp_path, draw):
    """The newer release: an annotation of its own for each picture, kept as a text."""
    for folder, emotions in (("train_set", (0, 3, 8)), ("val_set", (7,))):
        for number, emotion in enumerate(emotions):
            draw(tmp_path / folder / "images" / f"{number}.jpg", 64)
            (tmp_path / folder / "annotations").mkdir(exist_ok=True)
            np.save(tmp_path / folder / "annotations" / f"{number}_exp.npy", np.array(str(emotion)))
            np.save(tmp_path / folder / "annotations" / f"{number}_val.npy", np.array("0.25"))
    return tmp_path


def test_the_lists_are_read(lists):
    listing = read_affectnet(lists)
    assert [(one.file.name, one.label, one.split, one.box) for one in listing.pictures] == [
        ("a.jpg", "happy", "Training", (5.0, 6.0, 35.0, 46.0)),
        ("b.jpg", "contempt", "Training", (0.0, 0.0, 48.0, 48.0)),
        ("d.jpg", "neutral", "validation", None),
    ]
    assert [(one.kind, one.reason) for one in listing.left_out] == [
        (NO_LABEL, "no face"),
        (MISSING, "the annotation names it, and it is not there"),
    ]
    assert listing.label_names[7:] == ("contempt",)


def test_the_pictures_may_lie_beside_the_lists(lists):
    (lists / "Manually_Annotated_Images").rename(lists / "Manually_Annotated")
    inner = lists / "Manually_Annotated" / "Manually_Annotated_Images"
    inner.mkdir()
    for name in ("103", "104", "7"):
        (lists / "Manually_Annotated" / name).rename(inner / name)
    assert len(read_affectnet(lists).pictures) == 3


def test_a_line_without_an_expression_is_named(lists):
    file = lists / "Manually_Annotated_file_lists" / "training.csv"
    file.write_text(",".join(COLUMNS) + "\n103/a.jpg,1,1,1,1,x,happy,0,0\n")
    with pytest.raises(DatasetError, match=r"training.csv: line 2: expected an expression from 0 to 10; got 'happy'"):
        read_affectnet(lists)


def test_the_arrays_are_read(arrays):
    listing = read_affectnet(arrays)
    found = [(one.file.parent.parent.name, one.label, one.split) for one in listing.pictures]
    assert found == [
        ("train_set", "neutral", "Training"),
        ("train_set", "surprise", "Training"),
        ("val_set", "contempt", "validation"),
    ]
    assert [one.reason for one in listing.left_out] == ["none of the emotions"]


@pytest.mark.parametrize("content", [b"", b"no array", b"\x80\x04K\x01."])
def test_an_annotation_that_is_no_array_is_named_and_no_pickle_is_opened(arrays, content):
    (arrays / "train_set" / "annotations" / "0_exp.npy").write_bytes(content)
    with pytest.raises(DatasetError, match=r"0_exp.npy: expected one number as numpy keeps it"):
        read_affectnet(arrays)


def test_what_is_no_affectnet_is_said(tmp_path):
    with pytest.raises(DatasetError, match=r"expected AffectNet: training.csv .* there is neither"):
        read_affectnet(tmp_path)
