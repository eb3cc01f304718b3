"""Comparing networks: the tests against scipy, the table, the chart, and what runs are found."""

import itertools

import numpy as np
import pytest
from PIL import Image
from scipy import stats

from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, DatasetError, LabelMismatch, ShapeError, UnknownModel
from emovere.evaluate.comparison import Pair, compare_networks, pairs_of
from emovere.evaluate.comparison_chart import overlay_png
from emovere.evaluate.comparison_runs import find_runs, read_curve
from emovere.evaluate.comparison_significance import difference_interval, holm, mcnemar_exact
from emovere.evaluate.comparison_text import comparison_text
from emovere.labels import FER7, FERPLUS8
from emovere.types import Expressions, ModelInfo


class Fake:
    """Reads its answer out of one pixel of a face, and is 0.9 sure."""

    def __init__(self, pixel, labels=FER7):
        self.pixel, self.labels = pixel, labels
        self.info = ModelInfo("fake", "7", "ab12", labels=labels)

    def predict(self, faces):
        probs = np.full((len(faces), len(self.labels)), 0.1 / (len(self.labels) - 1), np.float32)
        probs[np.arange(len(faces)), faces[:, 0, self.pixel] % len(self.labels)] = 0.9
        return Expressions(self.labels, probs)


@pytest.fixture
def faces(rng):
    """40 faces of PublicTest: pixel 0 answers all of them right, pixel 1 wrong on 12, pixel 2 on the same and one."""
    labels = np.arange(40, dtype=np.int64) % 7
    images = rng.integers(0, 256, (40, 48, 48), np.uint8)
    images[:, 0, :3] = labels[:, None]
    images[:12, 0, 1] = (labels[:12] + 1) % 7
    images[:13, 0, 2] = (labels[:13] + 1) % 7
    return FaceSet(images, labels, np.array(["PublicTest"] * 40), FER7)


@pytest.mark.parametrize(("one", "two"), [(0, 0), (1, 0), (5, 5), (3, 12), (12, 3), (180, 240), (2007, 180), (0, 1100)])
def test_mcnemar_is_the_binomial_test(one, two):
    wanted = stats.binomtest(one, one + two, 0.5).pvalue if one + two else 1.0
    assert mcnemar_exact(one, two) == pytest.approx(wanted, rel=1e-9)


def test_mcnemar_refuses_negative_counts():
    with pytest.raises(ShapeError, match="got -1 and 3"):
        mcnemar_exact(-1, 3)


def test_holm_by_hand():
    # sorted 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1, never below the one before
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx((0.06, 0.04, 0.06, 0.06))
    assert holm([0.5, 0.9]) == (1.0, 1.0)
    assert holm([0.03]) == (0.03,)
    assert holm([]) == ()


def test_the_interval_is_that_of_resampled_faces(rng):
    one, two, count = 60, 25, 300
    signs = np.repeat([1, -1, 0], [one, two, count - one - two])
    drawn = signs[rng.integers(0, count, (20_000, count))].mean(axis=1)
    wanted = np.quantile(drawn, [0.025, 0.975])
    assert difference_interval(one, two, count) == pytest.approx(tuple(wanted), abs=0.006)
    assert difference_interval(one, two, count) == difference_interval(one, two, count)


def test_the_interval_of_nothing_and_of_nonsense():
    assert np.isnan(difference_interval(0, 0, 0)).all()
    assert difference_interval(0, 0, 9) == (0, 0)
    with pytest.raises(ShapeError, match="at most 5 faces"):
        difference_interval(3, 3, 5)


def test_pairs_count_the_faces_that_only_one_gets_right():
    right = {
        "a": np.array([1, 1, 1, 1, 0, 0], bool),
        "b": np.array([1, 0, 0, 0, 1, 0], bool),
        "c": np.array([1, 1, 1, 1, 0, 0], bool),
    }
    pairs = pairs_of(right)
    assert [(p.first, p.second) for p in pairs] == list(itertools.combinations("abc", 2))
    assert [(p.only_first, p.only_second) for p in pairs] == [(3, 1), (0, 0), (1, 3)]
    assert pairs[0].difference == pytest.approx(2 / 6)
    assert [p.verdict for p in pairs] == ["not shown to differ"] * 3


def test_the_better_one_is_named_whichever_way_round():
    common = {"only_first": 1, "only_second": 30, "interval": (-0.4, -0.2), "p": 1e-6, "p_holm": 3e-6}
    assert Pair("a", "b", difference=-0.3, **common).verdict == "b is better"
    assert Pair("a", "b", difference=0.3, **common).verdict == "a is better"


def test_networks_side_by_side(faces):
    networks = {"all": Fake(0), "most": Fake(1), "fewer": Fake(2)}
    found = compare_networks(networks, faces, "PublicTest", parameters={"all": 1234})
    assert [one.examination.official.correct for one in found.entrants] == [40, 28, 27]
    assert [pair.verdict for pair in found.pairs] == ["all is better", "all is better", "not shown to differ"]
    text = comparison_text(found)
    assert found.title == "3 networks on PublicTest (not an official split), FER2013's labels, 40 faces"
    for part in ("1,234", "70.00 %", "all - most", "12", "corrected for 3 pairs (Holm)", "+30.00 ["):
        assert part in text
    plain = found.to_dict()
    assert [one["parameters"] for one in plain["networks"]] == [1234, None, None]
    assert plain["pairs"][0]["only_first_right"] == 12
    assert plain["pairs"][0]["mcnemar_p"] == pytest.approx(stats.binomtest(0, 12).pvalue)


def test_what_cannot_be_compared_is_said(faces):
    with pytest.raises(ConfigError, match="at least two networks; got 1"):
        compare_networks({"one": Fake(0)}, faces, "PublicTest")
    four = ("angry", "happy", "neutral", "sad")
    with pytest.raises(LabelMismatch, match="four tells angry, happy, neutral, sad apart; expected angry, disgust"):
        compare_networks({"one": Fake(0), "four": Fake(0, four)}, faces, "PublicTest")
    both = {"one": Fake(0, FERPLUS8), "two": Fake(1, FERPLUS8)}
    with pytest.raises(DatasetError, match="give --ferplus"):
        compare_networks(both, faces, "PublicTest", label_set="ferplus8")
    with pytest.raises(DatasetError, match="no face in split 'PrivateTest'"):
        compare_networks({"one": Fake(0), "two": Fake(1)}, faces, "PrivateTest")


def test_ferplus_is_compared_where_there_is_a_majority(faces):
    votes = np.zeros((40, 10), np.int64)
    votes[:30, 0] = 10
    voted = FaceSet(faces.images, faces.labels, faces.splits, FER7, votes)
    both = {"one": Fake(0, FERPLUS8), "two": Fake(1, FERPLUS8)}
    found = compare_networks(both, voted, "PublicTest", label_set="ferplus8")
    assert found.entrants[0].examination.official.faces == 30
    assert found.entrants[0].examination.official.correct == int((faces.labels[:30] == 6).sum())


@pytest.fixture
def runs(tmp_path):
    """Two runs with an exported file each, one of them with curves; a bare one; one with two files."""
    for folder, files in {
        "a/light": ["light.onnx", "metrics.csv"],
        "b/light": ["older.onnx"],
        "bare": [],
        "two": ["x.onnx", "y.onnx"],
        "own": ["own.onnx", "y.onnx"],
    }.items():
        (tmp_path / folder).mkdir(parents=True)
        for file in files:
            (tmp_path / folder / file).write_text("")
    return tmp_path


def test_runs_are_found_by_folder_file_and_name(runs):
    folder, file, name = find_runs([str(runs / "a" / "light"), str(runs / "two" / "x.onnx"), "light"])
    assert (folder.name, folder.path, folder.metrics) == (
        str(runs / "a" / "light"),
        runs / "a" / "light" / "light.onnx",
        runs / "a" / "light" / "metrics.csv",
    )
    assert (file.name, file.path, file.metrics) == ("x", runs / "two" / "x.onnx", None)
    assert (name.name, name.metrics) == ("light", None)
    assert name.path.name == "light.onnx"
    assert find_runs([str(runs / "own")])[0].path.name == "own.onnx"
    assert find_runs([str(runs / "b" / "light")])[0].path.name == "older.onnx"


def test_runs_that_are_none(runs):
    with pytest.raises(UnknownModel, match="holds no exported network; first: emovere export"):
        find_runs([str(runs / "bare")])
    with pytest.raises(UnknownModel, match=r"expected one ONNX file .* got x\.onnx, y\.onnx"):
        find_runs([str(runs / "two")])
    with pytest.raises(UnknownModel, match="unknown model 'lihgt'; did you mean 'light'"):
        find_runs(["light", "lihgt"])
    with pytest.raises(ConfigError, match="light is named twice"):
        find_runs(["light", "light"])


def test_curves_are_laid_over_each_other(tmp_path):
    rows = [{"epoch": e, "public_accuracy": 0.2 + e / 100, "public_loss": 2 - e / 50} for e in range(1, 21)]
    curves = {f"run {i}": rows[: 2 + 3 * i] for i in range(9)}
    overlay_png(curves | {"no accuracy": [{"epoch": 1.0}]}, tmp_path / "c.png")
    with Image.open(tmp_path / "c.png") as drawn:
        assert drawn.size[0] == 1500
        colours = {colour for _, colour in drawn.convert("RGB").getcolors(1 << 24)}
    assert {(0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00), (0x66, 0x66, 0x66)} <= colours
    with pytest.raises(DatasetError, match="at least one run"):
        overlay_png({"empty": []}, tmp_path / "d.png")
    assert not (tmp_path / "d.png").exists()


def test_a_curve_is_read_or_refused(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,public_accuracy,public_loss,seconds\n1,0.25,,9\n2,0.5,1.5,9\n")
    assert read_curve(path) == [
        {"epoch": 1, "public_accuracy": 0.25},
        {"epoch": 2, "public_accuracy": 0.5, "public_loss": 1.5},
    ]
    path.write_text("epoch,public_accuracy\n1,0.25\n2,lots\n")
    with pytest.raises(DatasetError, match="line 3: expected numbers"):
        read_curve(path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(DatasetError, match="column epoch"):
        read_curve(path)
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(DatasetError, match="cannot be read"):
        read_curve(path)
