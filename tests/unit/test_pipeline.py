"""The order of the work: input order kept, problems told, batches across frames, never everything in memory."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

import emovere
from emovere.classify.classifier import load_model
from emovere.config import Options
from emovere.errors import ConfigError, InputError, ShapeError
from emovere.pipeline import Analyzer, with_settings
from emovere.types import Faces, Frame, ModelInfo, Problem


class Blobs:
    """A detector for tests: one face for each full 50 pixels of the picture's width."""

    box_in_crop = (4.0, 0.0, 44.0, 48.0)
    info = ModelInfo("blobs")

    def __init__(self) -> None:
        self.batches: list[int] = []

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        self.batches.append(len(frames))
        return [self.faces(frame.size[1] // 50) for frame in frames]

    @staticmethod
    def faces(count: int) -> Faces:
        boxes = np.array([[50 * i, 0, 50 * i + 40, 40] for i in range(count)], np.float32).reshape(count, 4)
        return Faces(boxes, np.ones(count, np.float32))


@pytest.fixture
def analyzer() -> Analyzer:
    return Analyzer(detector=Blobs(), classifier=load_model("light"))


@pytest.fixture
def folder(tmp_path):
    for i in range(20):
        Image.effect_noise((50 * (i % 3), 60) if i % 3 else (30, 60), 40).save(tmp_path / f"{i:02d}.png")
    return tmp_path


def test_results_keep_the_order_of_the_inputs(analyzer, folder):
    (folder / "07.png").write_bytes(b"broken")
    report = analyzer.analyze([folder / "19.png", folder, folder / "nothing.png"])
    names = [frame.source[-6:] for frame in report]
    assert names == ["19.png", *(f"{i:02d}.png" for i in range(20) if i != 7)]
    assert [len(frame) for frame in report][1:4] == [0, 1, 2]
    assert [problem.source[-6:] for problem in report.errors] == ["07.png", "ng.png"]
    assert report.models["detector"].name == "blobs"


def test_frames_go_through_the_networks_together(analyzer, folder):
    analyzer.analyze(folder)
    assert max(analyzer.detector.batches) == Options().frames
    assert sum(analyzer.detector.batches) == 20


def test_faces_together_answer_as_alone(analyzer, folder):
    together = analyzer.analyze(folder)
    for frame in together:
        alone = analyzer.analyze(frame.source).frames[0]
        np.testing.assert_allclose(frame.expressions.probs, alone.expressions.probs, atol=1e-5)


def test_one_input_alone_that_fails_raises(analyzer, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        analyzer.analyze(tmp_path / "a.jpg")


def test_arrays_are_pictures_too(analyzer):
    grey = analyzer.analyze(np.zeros((60, 110), np.uint8))
    assert [len(frame) for frame in grey] == [2]
    several = analyzer.analyze([np.zeros((60, 60, 3), np.uint8), np.zeros((9, 9, 3), np.uint8)])
    assert [len(frame) for frame in several] == [1, 0]
    with pytest.raises(ShapeError, match="expected"):
        analyzer.analyze(np.zeros((60, 60, 3), np.float32))


def test_no_input_is_an_empty_report(analyzer):
    report = analyzer.analyze([])
    assert len(report) == 0
    assert report.labels == emovere.load_model().labels


def test_a_stream_is_read_only_a_little_ahead(analyzer, folder):
    taken = []

    def inputs():
        for path in sorted(folder.iterdir()):
            taken.append(path)
            yield path

    stream = analyzer.stream(inputs())
    next(stream)
    assert len(taken) <= Options().frames + 5
    stream.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("emovere-read")]


def test_animations_come_frame_by_frame(analyzer, tmp_path):
    pages = [Image.effect_noise((60, 60), 50) for _ in range(30)]
    pages[0].save(tmp_path / "a.gif", save_all=True, append_images=pages[1:], duration=100)
    frames = list(analyzer.analyze(tmp_path / "a.gif"))
    assert [frame.index for frame in frames] == list(range(30))
    assert frames[3].time_s == pytest.approx(0.3)


def test_a_problem_stands_at_its_place_in_the_stream(analyzer, folder):
    kinds = [type(item) for item in analyzer.stream([folder / "01.png", "missing.png", folder / "02.png"])]
    assert kinds[1] is Problem
    assert len(kinds) == 3


def test_settings_replace_what_is_named_only():
    options = with_settings(Options(), labels="happy,sad")
    assert options.classify.labels == "happy,sad"
    assert options.classify.model == "light"
    assert options.detect.name == "auto"
    with pytest.raises(ConfigError, match="unknown label"):
        emovere.analyze([], labels="happy,glad")
