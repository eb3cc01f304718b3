"""A network that only tells dark faces from bright ones, so that what it answers to spoilt faces is known."""

import dataclasses
import json
import math

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from emovere.classify import classifier
from emovere.cli.evaluate import evaluate
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, DatasetError, InputError, OutputError
from emovere.evaluate.corruptions import CORRUPTIONS
from emovere.evaluate.robustness import Robustness, measure_robustness
from emovere.evaluate.robustness_chart import robustness_png, sheet_png
from emovere.evaluate.robustness_text import by_strength, robustness_text
from emovere.labels import FER7, FERPLUS_COLUMNS, LABEL_SETS
from emovere.types import Expressions, ModelInfo

app = typer.Typer(pretty_exceptions_enable=False)
app.command()(evaluate)

ANGRY, HAPPY = FER7.index("angry"), FER7.index("happy")


class Light:
    """Calls dark faces angry with 0.9, and bright ones happy with 0.6 and neutral not ruled out."""

    def __init__(self, labels=FER7, sets=True, name="light-meter"):
        self.labels, self.sets = labels, sets
        self.info = ModelInfo(name, "1", "ab12", labels=labels)

    def predict(self, faces):
        bright = faces.reshape(len(faces), 48 * 48).mean(axis=1) >= 100
        probs = np.zeros((len(faces), len(self.labels)), np.float32)
        probs[:, self.labels.index("angry")] = np.where(bright, 0, 0.9)
        probs[:, self.labels.index("happy")] = np.where(bright, 0.6, 0)
        probs[:, self.labels.index("neutral")] = np.where(bright, 0.4, 0.1)
        return Expressions(self.labels, probs, probs > 0.3 if self.sets else None)


@pytest.fixture
def faces():
    """PublicTest: six dark angry faces, two bright happy ones, and one dark and one bright that are taken wrongly."""
    greys = np.array([50] * 6 + [200] * 2 + [50, 200], np.uint8)
    labels = np.array([ANGRY] * 6 + [HAPPY] * 2 + [HAPPY, ANGRY], np.int64)
    images = np.repeat(greys, 48 * 48).reshape(-1, 48, 48)
    votes = np.zeros((10, 10), np.int64)
    votes[:, FERPLUS_COLUMNS.index("happiness")] = 10
    votes[8:] = 1
    return FaceSet(images, labels, np.array(["PublicTest"] * 10), FER7, votes)


def test_what_does_not_touch_the_light_changes_nothing(faces):
    found = measure_robustness(Light(), faces, "PublicTest", names=["gaussian blur", "rotation"])
    assert found.clean.accuracy == 0.8
    assert found.commonest == 0.7
    assert found.clean.confidence == pytest.approx((7 * 0.9 + 3 * 0.6) / 10)
    assert found.clean.uncertain == pytest.approx(0.3)
    assert found.clean.coverage == pytest.approx(0.8)
    assert set(found.spoilt) == {"gaussian blur", "rotation"}
    for levels in found.spoilt.values():
        assert levels == (found.clean,) * 5
    assert found.mean_accuracy == pytest.approx(0.8)
    low, high = found.mean_interval
    assert low == pytest.approx(0.8 - 1.96 * math.sqrt(0.16 / 9), abs=1e-9)
    assert high == 1


def test_light_and_darkness_are_told_as_they_must_be(faces):
    found = measure_robustness(Light(), faces, "PublicTest", names=["brightness", "darkness"])
    # 50 + 25 is dark still; from 50 + 51 on everything is called happy, which three faces are
    assert [level.accuracy for level in found.spoilt["brightness"]] == [0.8, 0.3, 0.3, 0.3, 0.3]
    assert [level.uncertain for level in found.spoilt["brightness"]] == pytest.approx([0.3, 1, 1, 1, 1])
    # 255 (200 / 255) ** 4 = 96: everything is called angry, which seven are, and nothing is doubted
    assert [level.accuracy for level in found.spoilt["darkness"]] == [0.8, 0.8, 0.8, 0.7, 0.7]
    assert found.spoilt["darkness"][4].confidence == pytest.approx(0.9)
    assert found.spoilt["darkness"][4].uncertain == 0
    assert found.mean_of("accuracy", "brightness") == pytest.approx(0.4)
    assert found.mean_accuracy == pytest.approx((0.4 + 0.76) / 2)
    assert by_strength(found) == pytest.approx([0.8, 0.55, 0.55, 0.5, 0.5])
    lines = robustness_text(found).splitlines()
    assert lines[1].split() == ["clean", "80.0", "100.0", "81.0", "30.0", "80.0"]
    assert lines[2].split()[:8] == ["brightness", "80.0", "30.0", "30.0", "30.0", "30.0", "40.0", "50.0"]
    assert lines[4].split()[:6] == ["mean", "80.0", "55.0", "55.0", "50.0", "50.0"]
    assert "mean accuracy under corruption 58.0 %" in lines[6]


def test_all_thirteen_are_measured_unless_said_otherwise(faces):
    heard = []
    found = measure_robustness(Light(), faces, "PublicTest", told=heard.append)
    assert list(found.spoilt) == list(CORRUPTIONS) == heard
    assert len(CORRUPTIONS) == 13


def test_faces_are_drawn_once_and_the_same_by_seed(faces):
    asked = []

    class Listens(Light):
        def predict(self, faces):
            asked.append(faces[:, 0, 0])
            return super().predict(faces)

    faces.images[:] = np.arange(10, dtype=np.uint8)[:, None, None] * 20
    for seed in (0, 0, 1):
        found = measure_robustness(Listens(), faces, "PublicTest", count=4, seed=seed, names=["gaussian blur"])
        assert (found.faces, found.drawn_from) == (4, 10)
    first, again, other = asked[:6], asked[6:12], asked[12:]
    assert all(np.array_equal(one, first[0]) for one in first + again)
    assert len(set(first[0].tolist())) == 4
    assert not np.array_equal(other[0], first[0])
    assert "4 of 10 faces, drawn at random (seed 1)" in found.title


def test_a_network_without_sets_leaves_their_columns_empty(faces):
    found = measure_robustness(Light(sets=False), faces, "PublicTest", names=["JPEG"])
    assert found.clean.uncertain is found.clean.coverage is None
    assert robustness_text(found).splitlines()[2].split()[-2:] == ["-", "-"]
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["clean"]["coverage"] is None
    assert Robustness.from_dict(found.to_dict()).to_dict() == found.to_dict()


def test_votes_decide_which_faces_count(faces):
    found = measure_robustness(Light(LABEL_SETS["ferplus8"]), faces, "PublicTest", label_set="ferplus8", names=["JPEG"])
    assert (found.faces, found.clean.accuracy) == (8, 0.25)
    without = dataclasses.replace(faces, votes=None)
    with pytest.raises(DatasetError, match="give --ferplus"):
        measure_robustness(Light(LABEL_SETS["ferplus8"]), without, "PublicTest", label_set="ferplus8")


def test_where_no_face_has_a_majority_nothing_is_claimed(faces, tmp_path):
    undecided = dataclasses.replace(faces, votes=np.ones((10, 10), np.int64))
    model = Light(LABEL_SETS["ferplus8"])
    found = measure_robustness(model, undecided, "PublicTest", label_set="ferplus8", names=["JPEG"])
    assert found.faces == 0
    assert "nan" not in robustness_text(found)
    assert "NaN" not in json.dumps(found.to_dict())
    found.save(tmp_path)


def test_what_cannot_be_measured_is_said(faces):
    with pytest.raises(DatasetError, match="no face in split 'PrivateTest'"):
        measure_robustness(Light(), faces, "PrivateTest")
    with pytest.raises(ConfigError, match="unknown corruption 'fog'"):
        measure_robustness(Light(), faces, "PublicTest", names=["fog"])
    with pytest.raises(ConfigError, match="contempt"):
        measure_robustness(Light(), faces, "PublicTest", label_set="ferplus8")


def test_the_dict_is_plain_json_and_comes_back(faces):
    found = measure_robustness(Light(), faces, "PublicTest", names=["darkness"])
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["corruptions"]["darkness"]["measure"] == "gamma"
    assert data["corruptions"]["darkness"]["values"] == [1.5, 2.0, 3.0, 4.0, 6.0]
    assert data["corruptions"]["darkness"]["strengths"][4]["accuracy"] == 0.7
    assert Robustness.from_dict(data).to_dict() == data
    with pytest.raises(InputError, match="expected schema 1; got 9"):
        Robustness.from_dict({**data, "schema": 9})
    for broken in ({**data, "clean": None}, {name: data[name] for name in data if name != "model"}):
        with pytest.raises(InputError, match="missing or of the wrong kind"):
            Robustness.from_dict(broken)
    with pytest.raises(ConfigError, match="unknown corruption 'fog'"):
        Robustness.from_dict({**data, "corruptions": {"fog": data["corruptions"]["darkness"]}})
    four = {**data["corruptions"]["darkness"], "strengths": data["corruptions"]["darkness"]["strengths"][:4]}
    with pytest.raises(InputError, match="darkness: expected 5 strengths; got 4"):
        Robustness.from_dict({**data, "corruptions": {"darkness": four}})


def test_networks_measured_alike_are_overlaid_and_others_refused(faces, tmp_path):
    one = measure_robustness(Light(), faces, "PublicTest", names=["darkness", "JPEG"])
    two = measure_robustness(Light(name="other", sets=False), faces, "PublicTest", names=["darkness", "JPEG"])
    robustness_png([one], tmp_path / "one.png")
    robustness_png([one, two], tmp_path / "two.png")
    pictures = [cv2.imread(str(tmp_path / name)) for name in ("one.png", "two.png")]
    assert pictures[0].shape == pictures[1].shape
    # orange is the second network's line, and a lighter shade the first one's overconfidence
    orange = [(np.abs(picture.astype(int) - [0x00, 0x5E, 0xD5]).sum(axis=2) < 30).sum() for picture in pictures]
    assert orange[0] == 0
    assert orange[1] > 500
    fewer = measure_robustness(Light(), faces, "PublicTest", names=["JPEG"])
    drawn = measure_robustness(Light(), faces, "PublicTest", names=["darkness", "JPEG"], count=5)
    with pytest.raises(InputError, match="different corruptions"):
        robustness_png([one, fewer], tmp_path / "no.png")
    with pytest.raises(InputError, match="different faces"):
        robustness_png([one, drawn], tmp_path / "no.png")
    with pytest.raises(InputError, match="at least one"):
        robustness_png([], tmp_path / "no.png")
    with pytest.raises(InputError, match="at most 6"):
        robustness_png([one] * 7, tmp_path / "no.png")
    assert not (tmp_path / "no.png").exists()


def test_the_sheet_has_a_row_for_each_corruption(tmp_path):
    face = np.tile(np.linspace(40, 220, 48).astype(np.uint8), (48, 1))
    sheet_png(face, tmp_path / "sheet.png")
    sheet = cv2.imread(str(tmp_path / "sheet.png"), cv2.IMREAD_GRAYSCALE)
    assert sheet.shape == (22 + 13 * 100, 110 + 6 * 100)
    # the clean face stands at the left of every row
    for row in range(13):
        clean = sheet[22 + row * 100 :][:96, 110:206].astype(float)
        assert np.corrcoef(clean.mean(axis=0), np.arange(96))[0, 1] > 0.99


def test_what_cannot_be_written_is_said(faces, tmp_path):
    (tmp_path / "file").write_text("x")
    found = measure_robustness(Light(), faces, "PublicTest", names=["JPEG"])
    with pytest.raises(OutputError):
        found.save(tmp_path / "file")


@pytest.fixture
def data(tmp_path, faces, monkeypatch):
    """The faces as fer2013.csv, and the light meter in the place of every network."""
    path = tmp_path / "fer2013.csv"
    lines = ["emotion,pixels,Usage"]
    for image, label in zip(faces.images, faces.labels, strict=True):
        lines.append(f"{label},{' '.join(map(str, image.ravel()))},PublicTest")
    path.write_text("\n".join(lines))
    monkeypatch.setattr(
        classifier, "load_model", lambda name, labels="fer7": Light(LABEL_SETS["fer7" if labels == "auto" else labels])
    )
    return path


def test_the_command_prints_a_table_and_tells_how_far_it_is(data):
    done = CliRunner().invoke(app, ["light", "--data", str(data), "--robustness"])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("light-meter on PublicTest, FER2013's labels, 10 faces\n")
    rows = [line.rsplit(maxsplit=10)[0].strip() for line in done.stdout.splitlines() if line.count(".") == 10]
    assert rows == [*CORRUPTIONS, "mean"]
    assert done.stderr.splitlines()[0] == "emovere: gaussian noise, 1 of 13"
    assert done.stderr.splitlines()[-1] == "emovere: shift, 13 of 13"


def test_the_command_prints_json_and_writes_files(data, tmp_path):
    folder = tmp_path / "out"
    given = ["light", "--data", str(data), "--robustness", "--faces", "6", "--format", "json", "-o", str(folder)]
    done = CliRunner().invoke(app, given)
    assert done.exit_code == 0, done.output
    printed = json.loads(done.stdout)
    assert printed == json.loads((folder / "robustness.json").read_text())
    assert (printed["faces"], printed["drawn_from"]) == (6, 10)
    assert sorted(path.name for path in folder.iterdir()) == ["robustness.json", "robustness.png", "robustness.txt"]
    assert "6 of 10 faces" in (folder / "robustness.txt").read_text()
    assert cv2.imread(str(folder / "robustness.png")) is not None


@pytest.mark.parametrize("given", [["--faces", "5"], ["--robustness", "--faces", "0"]])
def test_faces_asked_for_wrongly_are_a_usage_error(data, given):
    assert CliRunner().invoke(app, ["light", "--data", str(data), *given]).exit_code == 2
