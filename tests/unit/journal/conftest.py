"""A journal on SQLite and on a real PostgreSQL, and frames to fill it with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from emovere.journal.recorder import Recorder
from emovere.journal.store import Journal
from emovere.labels import FER7
from emovere.testing import postgres
from emovere.types import Event, Expressions, Faces, FrameResult

NOON = datetime(2026, 11, 4, 12, 0, tzinfo=UTC)
"""A Wednesday."""


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A PostgreSQL server of this test run's own."""
    reason = postgres.why_not()
    if reason is not None:
        pytest.skip(reason)
    with postgres.own_postgresql() as url:
        yield url


@pytest.fixture
def postgresql(server: str) -> str:
    """An empty database."""
    postgres.empty(server)
    return server


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal on SQLite lies."""
    return tmp_path / "journal.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, path: Path) -> str:
    """Both kinds of place, empty."""
    return str(path) if request.param == "sqlite" else request.getfixturevalue("postgresql")


@pytest.fixture
def journal(url: str) -> Iterator[Journal]:
    with Journal.open(url) as opened:
        yield opened


@pytest.fixture
def frame() -> Callable[..., FrameResult]:
    """A frame with a face for each person; probabilities by label, the rest is neutral's."""

    def make(
        *people: int,
        labels: tuple[str, ...] = FER7,
        unsure: bool = False,
        events: tuple[Event, ...] = (),
        time_s: float | None = None,
        **shares: float,
    ) -> FrameResult:
        probs = np.zeros((len(people), len(labels)), np.float32)
        for label, share in {"neutral": 1 - sum(shares.values()), **shares}.items():
            probs[:, labels.index(label)] += share
        sets = probs >= 0.2 if unsure else probs == probs.max(axis=1, keepdims=True, initial=0)
        return FrameResult(
            source="camera",
            index=0,
            time_s=time_s,
            size=(480, 640),
            faces=Faces(
                np.zeros((len(people), 4), np.float32),
                np.ones(len(people), np.float32),
                track_ids=np.array(people, np.int64),
            ),
            expressions=Expressions(labels, probs, sets),
            events=events,
        )

    return make


@pytest.fixture
def keep(frame: Callable[..., FrameResult]) -> Callable[..., str]:
    """Keep a session of so many seconds with one face, a frame a second; returns its id."""

    def make(
        journal: Journal,
        begun: datetime = NOON,
        seconds: int = 3,
        *,
        people: tuple[int, ...] = (1,),
        labels: tuple[str, ...] = FER7,
        model: str = "light",
        zone: int = 0,
        tags: tuple[str, ...] = (),
        title: str = "",
        **shares: float,
    ) -> str:
        with journal.begin("camera", labels, model, title, zone, at=begun, tags=tags) as recorder:
            fill(recorder, frame(*people, labels=labels, **shares), begun, seconds)
        return recorder.session_id

    return make


def fill(recorder: Recorder, result: FrameResult, begun: datetime, seconds: int) -> None:
    for second in range(seconds):
        recorder.add(result, begun + timedelta(seconds=second))
