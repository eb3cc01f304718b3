"""Which frames of a live source are looked at, and what is told of it in the end."""

from __future__ import annotations

import numpy as np
import pytest

from emovere.classify.classifier import load_model
from emovere.config import Options, VideoOptions
from emovere.pipeline import Analyzer
from emovere.types import Faces, Frame, ModelInfo
from emovere.watching import Watch


class Blind:
    """A detector for tests that finds nothing."""

    box_in_crop = (4.0, 0.0, 44.0, 48.0)
    info = ModelInfo("blind")

    def detect(self, frames):
        return [Faces.empty() for _ in frames]


class Stream:
    """Ten seconds of ten frames each, as fast as they are taken."""

    name = "rtsp://camera/1"

    def __init__(self) -> None:
        self.stats = type("Stats", (), {"lost": 12, "reconnects": 2, "damaged": 0})()

    def __iter__(self):
        for k in range(100):
            yield Frame(np.zeros((48, 64, 3), np.uint8), k, k / 10, self.name)

    def close(self):
        pass


class Patient:
    """Stands for the reader: hands out everything."""

    dropped = 3

    def __init__(self, open_items, _interrupt):
        self._items = open_items()

    def __iter__(self):
        return iter(self._items)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def close(self):
        self._items = iter(())


@pytest.fixture
def watched(monkeypatch):
    monkeypatch.setattr("emovere.watching.open_live", lambda *_: Stream())
    monkeypatch.setattr("emovere.watching.Newest", Patient)

    def make(**video) -> Watch:
        analyzer = Analyzer(Options(video=VideoOptions(**video)), detector=Blind(), classifier=load_model("light"))
        return Watch("rtsp://me:secret@camera/1", analyzer=analyzer)

    return make


def test_every_start_and_end_choose_by_time(watched):
    assert [result.index for result in watched()] == list(range(100))
    assert [result.time_s for result in watched(every=2.5)] == [0, 2.5, 5, 7.5]
    assert [result.time_s for result in watched(start=9.0, end=9.35)] == [9, 9.1, 9.2, 9.3]


def test_the_summary_counts_what_was_seen_dropped_and_lost(watched):
    one = watched()
    list(one)
    assert one.summary().startswith("100 frames, 3 dropped, 12 lost in 2 broken connections, ")
    assert "ms a frame (95 % under" in one.summary()


def test_the_password_stays_out_of_the_name(watched):
    assert watched().source == "rtsp://***@camera/1"


def test_a_loop_that_was_closed_ends(watched):
    one = watched()
    for result in one:
        if result.index == 4:
            one.close()
    assert one.frames == 5
