"""A session that runs: committed second by second, and kept in memory while the journal fails."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from tests.unit.journal.conftest import NOON, fill

from emovere.errors import JournalError
from emovere.journal import recorder as recorder_module
from emovere.journal.store import Journal
from emovere.labels import FER7

pytestmark = pytest.mark.timeout(60)

ENDLESS = """
import sys, time
import numpy as np
from datetime import UTC, datetime, timedelta
from emovere.journal.store import Journal
from emovere.labels import FER7
from emovere.types import Expressions, Faces, FrameResult

probs = np.full((1, 7), 1 / 7, np.float32)
faces = Faces(np.zeros((1, 4), np.float32), np.ones(1, np.float32), track_ids=np.array([1]))
seen = FrameResult("camera", 0, None, (480, 640), faces, Expressions(FER7, probs))
begun = datetime(2026, 11, 4, 12, tzinfo=UTC)
recorder = Journal.open(sys.argv[1]).begin("camera", FER7, at=begun)
print(recorder.session_id, flush=True)
for frame in range(1_000_000):
    recorder.add(seen, begun + timedelta(seconds=frame / 10))
    print(frame, flush=True)
    time.sleep(0.001)
"""


def test_kill_9_leaves_every_second_that_was_over(url):
    with subprocess.Popen([sys.executable, "-c", ENDLESS, url], stdout=subprocess.PIPE, text=True) as process:
        name = process.stdout.readline().strip()
        while int(process.stdout.readline()) < 123:
            pass
        process.kill()
        last = int(([line for line in process.stdout.read().splitlines() if line.isdigit()] or ["123"])[-1])
    with Journal.open(url) as journal:
        readings = journal.readings(name)
        # a frame after the last one that was told may have been taken
        assert len(readings) in (last // 10, (last + 1) // 10)
        assert [reading.frames for reading in readings] == [10] * len(readings)
        session = journal.session(name)
        assert not session.finished
        assert session.ended_at == NOON + timedelta(seconds=len(readings))
        assert session.seconds == len(readings) == journal.trends("day")[0].seconds


def test_a_second_is_there_for_others_as_soon_as_it_is_over(journal, url, frame):
    recorder = journal.begin("camera", FER7, at=NOON)
    recorder.add(frame(1), NOON)
    recorder.add(frame(1), NOON + timedelta(seconds=0.9))
    with Journal.open(url) as other:
        assert other.readings(recorder.session_id) == []
        recorder.add(frame(1), NOON + timedelta(seconds=1))
        assert [reading.second for reading in other.readings(recorder.session_id)] == [0]
    recorder.end()
    assert len(journal.readings(recorder.session_id)) == 2


def test_ending_twice_and_going_on_after_the_end(journal, frame):
    with journal.begin("camera", FER7, at=NOON) as recorder:
        recorder.add(frame(1), NOON)
    recorder.end(NOON + timedelta(hours=1))
    assert journal.session(recorder.session_id).ended_at == NOON
    with pytest.raises(JournalError, match="has ended"):
        recorder.add(frame(1), NOON)
    with pytest.raises(JournalError, match="has ended"):
        recorder.note("too late")


def test_an_end_after_the_last_frame(journal, frame):
    recorder = journal.begin("camera", FER7, at=NOON)
    recorder.add(frame(1), NOON)
    recorder.end(NOON + timedelta(minutes=5))
    assert journal.session(recorder.session_id).duration_s == 300


def test_a_note_belongs_to_its_moment(journal, frame):
    with journal.begin("camera", FER7, at=NOON) as recorder:
        fill(recorder, frame(1), NOON, 8)
        here = recorder.note("now")
        there = recorder.note("then", NOON + timedelta(seconds=2))
    assert (here.at_s, there.at_s) == (7.0, 2.0)
    assert journal.notes(recorder.session_id) == [there, here]


def test_frames_a_little_late_and_a_clock_that_is_set_back(journal, frame):
    with journal.begin("camera", FER7, at=NOON) as recorder:
        recorder.add(frame(1), NOON - timedelta(seconds=1))
        recorder.add(frame(1), NOON + timedelta(seconds=5))
        recorder.add(frame(1), NOON + timedelta(seconds=4.5))  # belongs to the second under way
        for second in range(3):
            recorder.add(frame(1), NOON + timedelta(seconds=second - 3600))
    readings = journal.readings(recorder.session_id)
    assert [(reading.second, reading.frames) for reading in readings] == [(0, 1), (5, 3), (6, 1), (7, 1)]


def test_a_session_that_is_deleted_while_it_runs_is_not_kept_any_more(journal, frame):
    told: list[str] = []
    recorder = journal.begin("camera", FER7, at=NOON, tell=told.append)
    fill(recorder, frame(1), NOON, 3)
    journal.delete_all()
    other = journal.begin("camera", FER7, at=NOON)  # it may get the same number
    recorder.add(frame(1), NOON + timedelta(seconds=4))
    assert recorder.ended
    assert len(told) == 1
    assert "was deleted; nothing more is kept" in told[0]
    recorder.end()
    assert journal.readings(other.session_id) == []
    assert journal.contents().sessions == 1


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(recorder_module, "SHORT_S", 0.02)
    monkeypatch.setattr(recorder_module, "LONG_S", 0.1)
    monkeypatch.setattr(recorder_module, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(recorder_module, "LONGEST_PAUSE_S", 0.05)


def test_a_lock_that_is_held_costs_nothing_and_is_told_once(path, frame, impatient):
    told: list[str] = []
    with Journal.open(path) as journal:
        recorder = journal.begin("camera", FER7, at=NOON, tell=told.append)
        with sqlite3.connect(path, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            for second in range(10):
                recorder.add(frame(1), NOON + timedelta(seconds=second))
                time.sleep(0.03)
            recorder.note("while it was locked")
            assert "is locked by another program" in recorder.problem
            assert len(told) == 1
            assert "kept in memory and tried again" in told[0]
            assert journal.readings(recorder.session_id) == []
            other.execute("ROLLBACK")
        other.close()
        time.sleep(0.06)
        recorder.add(frame(1), NOON + timedelta(seconds=10))
        assert recorder.problem is None
        assert [reading.second for reading in journal.readings(recorder.session_id)] == list(range(10))
        assert [note.text for note in journal.notes(recorder.session_id)] == ["while it was locked"]
        assert len(told) == 2
        assert "nothing was lost" in told[1]
        recorder.end()
        assert journal.session(recorder.session_id).seconds == 11


def test_an_end_that_cannot_be_written_says_so_and_may_be_tried_again(path, frame, impatient):
    with Journal.open(path) as journal:
        recorder = journal.begin("camera", FER7, at=NOON)
        fill(recorder, frame(1), NOON, 1)
        with sqlite3.connect(path, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(JournalError, match=r"locked.*; 1 seconds of this session are not in the journal"):
                recorder.end()
            other.execute("ROLLBACK")
        other.close()
        recorder.end()
        assert journal.session(recorder.session_id).finished
        assert len(journal.readings(recorder.session_id)) == 1


def test_what_is_kept_in_memory_is_bounded(path, frame, impatient, monkeypatch):
    monkeypatch.setattr(recorder_module, "KEPT", 5)
    told: list[str] = []
    with Journal.open(path) as journal:
        recorder = journal.begin("camera", FER7, at=NOON, tell=told.append)
        with sqlite3.connect(path, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            for second in range(20):
                recorder.add(frame(1), NOON + timedelta(seconds=second))
                time.sleep(0.01)
            other.execute("ROLLBACK")
        other.close()
        recorder.end()
        assert recorder.lost == 15
        assert [reading.second for reading in journal.readings(recorder.session_id)] == [15, 16, 17, 18, 19]
        assert "15 seconds were lost" in told[-1]


def test_a_commit_that_was_made_but_not_heard_of_is_not_made_twice(journal, frame, impatient, monkeypatch):
    recorder = journal.begin("camera", FER7, at=NOON)
    writing = recorder._writing

    import contextlib

    @contextlib.contextmanager
    def breaks(patience_s):
        with writing(patience_s) as connection:
            yield connection
        raise JournalError("the line was cut")

    monkeypatch.setattr(recorder, "_writing", breaks)
    fill(recorder, frame(1), NOON, 3)
    recorder.note("once")
    monkeypatch.setattr(recorder, "_writing", writing)
    recorder.end()
    assert [reading.second for reading in journal.readings(recorder.session_id)] == [0, 1, 2]
    assert journal.trends("day")[0].seconds == 3
    assert len(journal.notes(recorder.session_id)) == 1


def test_postgresql_that_goes_away_and_comes_back(postgresql, frame, impatient):
    import psycopg

    told: list[str] = []
    with Journal.open(postgresql) as journal:
        recorder = journal.begin("camera", FER7, at=NOON, tell=told.append)
        fill(recorder, frame(1), NOON, 3)
        with psycopg.connect(postgresql, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'emovere'")
        fill(recorder, frame(1), NOON + timedelta(seconds=3), 3)
        recorder.end()
        assert [reading.second for reading in journal.readings(recorder.session_id)] == list(range(6))
