from __future__ import annotations

import numpy as np
import pytest

from emovere.report.base import write_report
from emovere.types import Expressions, Faces, FrameResult, ModelInfo, Problem, Report, model_to_dict
from emovere.version import __version__
from emovere.web import video_result as module
from emovere.web.video_result import converted, parts_of

LABELS = ("happy", "sad")
MODELS = {"detector": ModelInfo("haar", "1"), "classifier": ModelInfo("light", "2", "ab", "onnxruntime", LABELS)}
HEADER = {
    "labels": list(LABELS),
    "models": {role: model_to_dict(info) for role, info in MODELS.items()},
    "config": {"frames": 8},
}


@pytest.fixture
def report() -> Report:
    rng = np.random.default_rng(0)
    frames = []
    for index in range(50):
        count = index % 3
        happy = rng.random(count).round(6).astype(np.float32)
        faces = Faces(
            rng.random((count, 4)).round(2).astype(np.float32),
            np.full(count, 0.5, np.float32),
            track_ids=np.arange(1, count + 1),
        )
        read = Expressions(LABELS, np.stack([happy, 1 - happy], axis=1), np.ones((count, 2), np.bool_))
        frames.append(FrameResult("video", index, index / 30, (48, 64), faces, read))
    problem = Problem("video", "UnreadableVideo", "video: breaks off at 1.6 s")
    return Report(tuple(frames), (problem,), MODELS, HEADER["config"], __version__)


@pytest.fixture
def rows(report, tmp_path):
    write_report(report, "jsonl", tmp_path / "rows.jsonl")
    return tmp_path / "rows.jsonl"


@pytest.mark.parametrize("format", ["json", "csv"])
def test_what_is_sent_is_what_the_package_writes(report, rows, tmp_path, monkeypatch, format):
    write_report(report, format, tmp_path / "wanted")
    monkeypatch.setattr(module, "PART", 1000)
    parts = list(converted(rows, format, HEADER))
    assert "".join(parts) == (tmp_path / "wanted").read_text(encoding="utf-8")
    assert len(parts) > 3
    assert max(map(len, parts)) < 3000


def test_json_lines_are_sent_as_they_lie(rows):
    assert "".join(parts_of(rows)) == rows.read_text(encoding="utf-8")


def test_a_file_that_is_gone_is_an_oserror(tmp_path):
    for parts in (parts_of(tmp_path / "rows"), converted(tmp_path / "rows", "csv", HEADER)):
        with pytest.raises(OSError, match="No such file"):
            next(parts)
