"""The command and ``evaluate_split`` behind it, with a network that answers what it is told to."""

import json

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from emovere.classify import classifier
from emovere.cli.evaluate import evaluate
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, DatasetError
from emovere.evaluate.split import FILES, evaluate_split
from emovere.labels import FER7, FERPLUS8, FERPLUS_COLUMNS, LABEL_SETS
from emovere.types import Expressions, ModelInfo

app = typer.Typer(pretty_exceptions_enable=False)
app.command()(evaluate)


class Fake:
    """Reads its answer out of the first pixel of a face, and is 0.9 sure."""

    def __init__(self, labels):
        self.labels = labels
        self.info = ModelInfo("fake", "7", "ab12", labels=labels)

    def predict(self, faces):
        probs = np.full((len(faces), len(self.labels)), 0.1 / (len(self.labels) - 1), np.float32)
        probs[np.arange(len(faces)), faces[:, 0, 0] % len(self.labels)] = 0.9
        return Expressions(self.labels, probs, probs > 0.5)


@pytest.fixture
def faces(rng):
    """24 faces in two splits; PublicTest's last is a copy out of Training; the fake is wrong on its first two."""
    coarse = rng.integers(0, 256, (24, 6, 6), np.uint8)
    images = np.stack([cv2.resize(image, (48, 48), interpolation=cv2.INTER_CUBIC) for image in coarse])
    labels = np.arange(24, dtype=np.int64) % 7
    images[23] = images[0]
    labels[23] = labels[0]
    images[:, 0, 0] = labels
    images[[12, 13], 0, 0] = 3
    labels[12:14] = 1
    votes = np.zeros((24, 10), np.int64)
    votes[:, FERPLUS_COLUMNS.index("contempt")] = 10
    votes[16:20] = 1
    return FaceSet(images, labels, np.array(["Training"] * 12 + ["PublicTest"] * 12), FER7, votes)


def test_a_split_is_measured_with_and_without_copies(faces):
    result = evaluate_split(Fake(FER7), faces, "PublicTest")
    official, without = result.examination.official, result.examination.without_leaked
    assert (official.faces, official.correct) == (12, 10)
    assert result.examination.leaked == 1
    assert without is not None
    assert (without.faces, without.correct) == (11, 9)
    assert official.coverage == pytest.approx(10 / 12)
    assert result.official_split is None


def test_ferplus_is_measured_where_there_is_a_majority(faces):
    result = evaluate_split(Fake(FERPLUS8), faces, "PublicTest", label_set="ferplus8")
    official = result.examination.official
    assert official.faces == 8
    assert {one.label: one.support for one in official.classes}["contempt"] == 8
    assert result.examination.label_names == FERPLUS8


def test_what_cannot_be_measured_is_said(faces):
    without_votes = FaceSet(faces.images, faces.labels, faces.splits, FER7)
    with pytest.raises(DatasetError, match="give --ferplus"):
        evaluate_split(Fake(FERPLUS8), without_votes, "PublicTest", label_set="ferplus8")
    with pytest.raises(ConfigError, match="contempt"):
        evaluate_split(Fake(FER7), faces, "PublicTest", label_set="ferplus8")
    with pytest.raises(DatasetError, match="no face in split 'PrivateTest'"):
        evaluate_split(Fake(FER7), faces, "PrivateTest")


@pytest.fixture
def data(tmp_path, faces, monkeypatch):
    """The faces as fer2013.csv, and the fake in the place of every network."""
    path = tmp_path / "fer2013.csv"
    lines = ["emotion,pixels,Usage"]
    for image, label, split in zip(faces.images, faces.labels, faces.splits, strict=True):
        lines.append(f"{label},{' '.join(map(str, image.ravel()))},{split}")
    path.write_text("\n".join(lines))
    monkeypatch.setattr(classifier, "load_model", lambda name, labels="fer7": Fake(LABEL_SETS.get(labels, FER7)))
    return path


def test_the_table(data):
    done = CliRunner().invoke(app, ["light", "--data", str(data)])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("fake on PublicTest (not an official split), FER2013's labels, 12 faces\n")
    for part in ("83.33 % [55.20, 95.30]", "1 of the faces have", "macro-F1", "ECE", "Brier", "truth \\ answer"):
        assert part in done.stdout
    assert not done.stderr


def test_json_and_files(data, tmp_path):
    folder = tmp_path / "out" / "light"
    done = CliRunner().invoke(app, ["light", "--data", str(data), "--format", "json", "--output", str(folder)])
    assert done.exit_code == 0, done.output
    printed = json.loads(done.stdout)
    assert printed == json.loads((folder / "evaluation.json").read_text())
    assert printed["model"] == {"name": "fake", "version": "7", "sha256": "ab12", "labels": list(FER7)}
    assert (printed["split"], printed["official_split"], printed["label_set"]) == ("PublicTest", None, "fer7")
    assert printed["official"]["accuracy"] == pytest.approx(10 / 12, abs=1e-6)
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    assert "truth \\ answer" in (folder / "confusion.txt").read_text()


def test_private_test_comes_with_a_warning(data):
    done = CliRunner().invoke(app, ["light", "--data", str(data), "--split", "PrivateTest"])
    assert isinstance(done.exception, DatasetError)
    assert "nothing may be chosen by these figures" in done.stderr


def test_what_is_asked_for_wrongly_is_a_usage_error(data):
    assert CliRunner().invoke(app, ["light", "--data", str(data), "--labels", "fer9"]).exit_code == 2
    assert CliRunner().invoke(app, ["light"]).exit_code == 2
