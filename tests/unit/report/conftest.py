"""Results made up for the tests of what is shown and written."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from emovere.labels import FER7
from emovere.report.base import Header
from emovere.types import Expressions, Faces, FrameResult, ModelInfo, Problem, Report

MIXES = np.array(
    [
        [0.01, 0.0, 0.0, 0.93, 0.0, 0.01, 0.05],
        [0.0, 0.02, 0.05, 0.0, 0.48, 0.04, 0.41],
        [0.7, 0.1, 0.1, 0.0, 0.05, 0.0, 0.05],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
        [0.0, 0.0, 0.2, 0.0, 0.0, 0.8, 0.0],
    ],
    np.float32,
)


@pytest.fixture
def seen() -> Callable[..., FrameResult]:
    """Make a result of up to five faces, of which the second is unsure between sad and neutral."""

    def make(
        source: str,
        faces: int,
        *,
        index: int = 0,
        time_s: float | None = None,
        tracked: bool = False,
        landmarks: bool = False,
    ) -> FrameResult:
        boxes = np.array([[100 * i + 10.25, 20, 100 * i + 70.25, 100] for i in range(faces)], np.float32)
        return FrameResult(
            source,
            index,
            time_s,
            (300, 600),
            Faces(
                boxes.reshape(faces, 4),
                np.linspace(0.99, 0.7, faces, dtype=np.float32),
                np.arange(faces * 10, dtype=np.float32).reshape(faces, 5, 2) if landmarks else None,
                np.arange(faces, dtype=np.int64) + 7 if tracked else None,
            ),
            Expressions(FER7, MIXES[:faces], MIXES[:faces] > 0.25),
        )

    return make


@pytest.fixture
def header() -> Header:
    """What a run states about itself."""
    models = {"detector": ModelInfo("haar"), "classifier": ModelInfo("light", "1", "ab", "onnxruntime", FER7)}
    return Header(FER7, models, {"detect": {"size": 640}}, "0.1.0")


@pytest.fixture
def report_of(header: Header) -> Callable[..., Report]:
    """A report of these frames and problems."""

    def make(*items: FrameResult | Problem) -> Report:
        frames = tuple(item for item in items if isinstance(item, FrameResult))
        problems = tuple(item for item in items if isinstance(item, Problem))
        return Report(frames, problems, header.models, header.config, header.emovere)

    return make
