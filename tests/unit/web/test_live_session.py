"""A live session over a recorder of the test's, and over a real journal that is locked, deleted, brought back."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from emovere.errors import JournalError
from emovere.journal.store import Journal
from emovere.types import Expressions, Faces, FrameResult
from emovere.web import live_session as module
from emovere.web.live_session import LiveSession

pytestmark = pytest.mark.timeout(30)

LABELS = ("happy", "sad")
BEGAN = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)


def seen(second: float) -> tuple[FrameResult, datetime]:
    faces = Faces(np.zeros((1, 4), np.float32), np.ones(1, np.float32), track_ids=np.ones(1, np.int64))
    read = Expressions(LABELS, np.array([[0.75, 0.25]], np.float32))
    return FrameResult("camera", 0, second, (48, 64), faces, read), BEGAN + timedelta(seconds=second)


@pytest.fixture
def journal(tmp_path):
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


def begin(journal: Journal, told: list[tuple[str, str]]):
    return LiveSession.begin(
        lambda tell: journal.begin("camera", LABELS, "light", at=BEGAN, tell=tell),
        lambda news, text: told.append((news, text)),
    )


def no_thread_is_left() -> bool:
    due = time.monotonic() + 5
    while any(thread.name.startswith("emovere-session") for thread in threading.enumerate()):
        if time.monotonic() > due:
            return False
        time.sleep(0.01)
    return True


async def settled(session: LiveSession) -> None:
    while session._pending:
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.01)


def test_frames_and_notes_are_written_in_order_while_it_goes(journal):
    async def work() -> str:
        session = await begin(journal, told)
        for k in range(40):
            session.add(*seen(k / 10))
        note = await session.note("  the phone rang ", BEGAN + timedelta(seconds=2))
        await settled(session)
        assert [reading.second for reading in journal.readings(session.id)] == [0, 1, 2]
        assert [kept.id for kept in journal.notes(session.id)] == [note]
        await session.end()
        return session.id

    told: list[tuple[str, str]] = []
    id = asyncio.run(work())
    assert [(r.second, r.frames, r.probs["happy"]) for r in journal.readings(id)] == [(k, 10, 0.75) for k in range(4)]
    assert [(note.text, note.at_s) for note in journal.notes(id)] == [("the phone rang", 2.0)]
    assert journal.session(id).finished
    assert told == []
    assert no_thread_is_left()


def test_a_locked_journal_is_told_once_and_nothing_is_lost(journal, tmp_path, monkeypatch):
    monkeypatch.setattr("emovere.journal.recorder.FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr("emovere.journal.recorder.LONGEST_PAUSE_S", 0.05)

    async def work() -> str:
        session = await begin(journal, told)
        other = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for second in range(4):
            session.add(*seen(second))
            await settled(session)
            await asyncio.sleep(0.1)
        assert [news for news, _ in told] == ["failing"]
        other.execute("COMMIT")
        other.close()
        await asyncio.sleep(0.1)
        session.add(*seen(4))
        await settled(session)
        await session.end()
        return session.id

    told: list[tuple[str, str]] = []
    id = asyncio.run(work())
    assert [news for news, _ in told] == ["failing", "resumed"]
    assert "locked by another program" in told[0][1]
    assert [reading.second for reading in journal.readings(id)] == [0, 1, 2, 3, 4]


def test_a_session_that_is_deleted_meanwhile_is_told(journal):
    async def work() -> str:
        session = await begin(journal, told)
        session.add(*seen(0))
        session.add(*seen(1))
        await settled(session)
        journal.delete(session.id)
        for second in range(2, 5):
            session.add(*seen(second))
        await settled(session)
        await session.end()
        return session.id

    told: list[tuple[str, str]] = []
    id = asyncio.run(work())
    assert [news for news, _ in told] == ["deleted"]
    assert id not in [session.id for session in journal.sessions()]
    assert no_thread_is_left()


def test_a_journal_that_cannot_be_opened_leaves_no_thread():
    def refuse(tell):
        raise JournalError("journal: cannot be opened")

    with pytest.raises(JournalError, match="cannot be opened"):
        asyncio.run(LiveSession.begin(refuse, lambda news, text: None))
    assert no_thread_is_left()


def test_a_journal_that_stands_still_keeps_nobody_waiting(monkeypatch):
    monkeypatch.setattr(module, "MOST_PENDING", 5)
    go = threading.Event()
    taken: list[float] = []

    class Stuck:
        session_id, ended = "0" * 32, False

        def add(self, result: FrameResult, at: datetime) -> None:
            assert go.wait(10)
            taken.append(result.time_s)

        def end(self) -> None:
            taken.append(-1)

    async def work() -> None:
        session = await LiveSession.begin(lambda tell: Stuck(), lambda news, text: told.append((news, text)))
        for k in range(20):
            session.add(*seen(k))
        assert told == [("behind", "journal: 5 frames wait for it; what comes now is not written")]
        go.set()
        await settled(session)
        session.add(*seen(99))
        await session.end()

    told: list[tuple[str, str]] = []
    asyncio.run(work())
    assert taken == [0, 1, 2, 3, 4, 99, -1]
    assert len(told) == 1
