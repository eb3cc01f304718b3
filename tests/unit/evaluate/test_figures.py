import cv2
import numpy as np
import pytest

from emovere.errors import OutputError
from emovere.evaluate.examine import measure
from emovere.evaluate.figures import class_frequencies_png, confusion_png, curves_png
from emovere.labels import FER7, FERPLUS8


def drawn(path):
    image = cv2.imread(str(path))
    assert image is not None
    return image


def figures(labels, given, names):
    probs = np.full((len(labels), len(names)), 0.01)
    probs[np.arange(len(labels)), given] = 1
    return measure(probs, np.array(labels, np.int64), names)


def places_of_dark_blue(image):
    """x and y of the pixels of well-filled cells."""
    blue, green, red = (image[:, :, i].astype(int) for i in range(3))
    y, x = np.nonzero((red < 60) & (blue > 120) & (green < 130))
    return x, y


@pytest.mark.parametrize("names", [FER7, FERPLUS8])
def test_a_confusion_matrix_is_dark_where_the_answers_are(tmp_path, names):
    labels = list(range(len(names))) * 3
    confusion_png(figures(labels, labels, names), names, tmp_path / "right.png", title="light on PublicTest")
    x, y = places_of_dark_blue(drawn(tmp_path / "right.png"))
    assert len(x) > 10_000
    assert np.corrcoef(x, y)[0, 1] > 0.9
    confusion_png(figures(labels, [2] * len(labels), names), names, tmp_path / "third.png")
    x, y = places_of_dark_blue(drawn(tmp_path / "third.png"))
    assert np.ptp(x) < 0.2 * np.ptp(y)


def test_no_face_is_an_empty_matrix(tmp_path):
    confusion_png(figures([], [], FER7), FER7, tmp_path / "a.png")
    assert drawn(tmp_path / "a.png").size


def row(epoch):
    return {
        "epoch": epoch,
        "train_loss": 3 / epoch,
        "public_loss": 3.2 / epoch,
        "train_accuracy": 0.3,
        "public_accuracy": 0.3 + 0.01 * epoch,
        "public_votes_accuracy": 0.5,
        "learning_rate": 0.1,
    }


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [row(1)],
        [row(1), row(2), row(3)],
        [{"epoch": 1}, row(2)],
        [{**row(1), "public_accuracy": float("nan")}],
    ],
    ids=["none", "one", "three", "gaps", "nan"],
)
def test_curves_of_any_run(tmp_path, rows):
    curves_png(rows, tmp_path / "curves.png")
    assert drawn(tmp_path / "curves.png").shape == (840, 1500, 3)


def test_class_frequencies(tmp_path):
    class_frequencies_png({"Training": [5] * 7, "PublicTest": [0] * 7}, tmp_path / "a.png")
    class_frequencies_png({}, tmp_path / "b.png")
    assert not np.array_equal(drawn(tmp_path / "a.png"), drawn(tmp_path / "b.png"))


def test_a_folder_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError):
        curves_png([row(1)], tmp_path / "file" / "curves.png")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_charts_leave_matplotlib_as_it_was(tmp_path):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    curves_png([row(1)], tmp_path / "curves.png")
    assert dict(mpl.rcParams) == before
