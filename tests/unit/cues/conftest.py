"""Frames made up for the tests of cues, and programs that stand in for those that speak."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from emovere.labels import FER7
from emovere.types import Expressions, Faces, FrameResult


@pytest.fixture
def seen() -> Callable[..., FrameResult]:
    """A frame: number -> label, where a label with a question mark is uncertain."""

    def make(
        time_s: float | None, people: dict[int, str], *, source: str = "0", labels: tuple[str, ...] = FER7
    ) -> FrameResult:
        count = len(people)
        probs = np.full((count, len(labels)), 0.05, np.float32)
        for row, label in enumerate(people.values()):
            probs[row, labels.index(label.rstrip("?"))] = 1 - 0.05 * (len(labels) - 1)
        sets = probs > 0.06
        for row, label in enumerate(people.values()):
            sets[row, :2] |= label.endswith("?")
        faces = Faces(np.zeros((count, 4), np.float32), np.ones(count, np.float32))
        if None not in people:
            faces = Faces(faces.boxes, faces.scores, track_ids=np.array(list(people), np.int64))
        return FrameResult(source, 0, time_s, (10, 10), faces, Expressions(labels, probs, sets))

    return make


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Make a program, the only one on PATH beside others made so; returns the file to which it writes what it got.

    Each call adds a line: its arguments and its standard input, as Python's repr.
    """
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def make(name: str, body: str = "", *, seconds: float = 0.0) -> Path:
        told = tmp_path / f"{name}.told"
        program = folder / name
        program.write_text(
            f"#!{sys.executable} -IS\nimport sys, time, os\n"
            f"open({str(told)!r}, 'a').write(repr((sys.argv[1:], sys.stdin.read())) + '\\n')\n"
            f"time.sleep({seconds})\n{body}\n"
        )
        program.chmod(0o755)
        return told

    return make
