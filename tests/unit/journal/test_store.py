"""Sessions in and out, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import json
import threading
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from tests.unit.journal.conftest import NOON, fill

from emovere.errors import ConfigError, InputError, JournalError, UnknownSession
from emovere.journal.store import Journal
from emovere.labels import FER7, FERPLUS8
from emovere.types import Event

pytestmark = pytest.mark.timeout(120)


def test_an_empty_journal_has_nothing(journal):
    assert journal.sessions().rows == []
    assert journal.sessions().total == 0
    assert journal.trends("day") == []
    contents = journal.contents()
    assert (contents.sessions, contents.seconds, contents.first, contents.last) == (0, 0, None, None)
    assert contents.where in ("sqlite", "postgresql")


def test_frames_become_the_means_of_each_person_and_second(journal, frame):
    with journal.begin("camera", FER7, "light", "breakfast", 60, at=NOON) as recorder:
        recorder.add(frame(1, 2, happy=0.5), NOON)
        recorder.add(frame(1, happy=0.1, unsure=True), NOON + timedelta(seconds=0.4))
        recorder.add(frame(2, sad=0.8), NOON + timedelta(seconds=2.1))
    readings = journal.readings(recorder.session_id)
    assert [(r.second, r.person, r.frames) for r in readings] == [(0, 1, 2), (0, 2, 1), (2, 2, 1)]
    assert readings[0].probs["happy"] == pytest.approx(0.3)
    assert readings[0].probs["neutral"] == pytest.approx(0.7)
    assert set(readings[0].probs) == set(FER7)
    assert [readings[0].emotion, readings[2].emotion] == ["neutral", "sad"]
    session = journal.session(recorder.session_id)
    assert (session.seconds, session.people, session.people_seconds) == (2, 2, 3)
    assert session.means["happy"] == pytest.approx((0.3 + 0.5 + 0) / 3)
    assert sum(session.means.values()) == pytest.approx(1)
    assert (session.title, session.source, session.model, session.labels) == ("breakfast", "camera", "light", FER7)
    assert session.started_at == NOON
    assert session.ended_at == NOON + timedelta(seconds=2.1)
    assert session.finished
    assert f"{session.local_start:%H:%M %z}" == "13:00 +0100"
    json.dumps([session.to_dict(), *(r.to_dict() for r in readings)])


def test_a_share_of_uncertain_frames(journal, frame):
    with journal.begin("camera", FER7, at=NOON) as recorder:
        for k in range(4):
            recorder.add(frame(1, happy=0.45, unsure=k == 0), NOON + timedelta(seconds=k / 10))
    assert journal.readings(recorder.session_id)[0].uncertain == pytest.approx(0.25)


def test_a_face_without_a_number_and_a_frame_without_a_face(journal, frame):
    with journal.begin("camera", FER7, at=NOON) as recorder:
        recorder.add(frame(), NOON)
        recorder.add(frame(), NOON + timedelta(seconds=9))
    session = journal.session(recorder.session_id)
    assert (session.seconds, session.people, dict(session.means)) == (0, 0, {})
    assert session.ended_at == NOON + timedelta(seconds=9)


def test_events_stand_at_their_own_time(journal, frame):
    apex = Event("apex", "camera", 11.5, 1, "happy", 0.9)
    come = Event("enter", "camera", 12.0, 2)
    with journal.begin("camera", FER7, at=NOON) as recorder:
        recorder.add(frame(1, time_s=12.0, events=(apex, come)), NOON + timedelta(seconds=3))
    first, second = journal.events(recorder.session_id)
    assert (first.kind, first.person, first.emotion, first.at_s) == ("apex", 1, "happy", pytest.approx(2.5))
    assert first.value == pytest.approx(0.9)
    assert (second.kind, second.emotion, second.value, second.at_s) == ("enter", None, None, pytest.approx(3.0))


def test_labels_that_a_session_lacks_are_not_told(journal, keep):
    few = keep(journal, labels=("neutral", "happy"), happy=0.4)
    eight = keep(journal, NOON + timedelta(hours=1), labels=FERPLUS8, contempt=0.5)
    assert set(journal.readings(few)[0].probs) == {"neutral", "happy"}
    assert set(journal.session(few).means) == {"neutral", "happy"}
    assert journal.session(eight).means["contempt"] == pytest.approx(0.5)
    (day,) = journal.trends("day")
    assert day.means["contempt"] == pytest.approx(0.5)  # over the seconds that could show it alone
    assert day.means["happy"] == pytest.approx(0.2)


@pytest.mark.parametrize("labels", [("happy", "bored"), ("happy",), (), ("happy", "happy", "sad")])
def test_other_labels_are_refused(journal, labels):
    with pytest.raises(JournalError, match="expected two or more labels of angry, disgust"):
        journal.begin("camera", labels)


def test_a_frame_of_other_labels_is_refused(journal, frame):
    with journal.begin("camera", FERPLUS8, at=NOON) as recorder, pytest.raises(ConfigError, match="contempt"):
        recorder.add(frame(1), NOON)


def test_a_time_needs_its_zone(journal, frame):
    with journal.begin("camera", FER7) as recorder, pytest.raises(ConfigError, match="with its zone"):
        recorder.add(frame(1), datetime(2026, 1, 1))


def test_sessions_by_day_are_those_of_the_place(journal, keep):
    late = datetime(2026, 11, 4, 23, 30, tzinfo=UTC)
    there = keep(journal, late, zone=60)  # the fifth, half past midnight
    here = keep(journal, late, zone=0)
    assert [s.id for s in journal.sessions("2026-11-05", "2026-11-05")] == [there]
    assert [s.id for s in journal.sessions(date(2026, 11, 4), date(2026, 11, 4))] == [here]
    assert {t.start: t.seconds for t in journal.trends("day")} == {"2026-11-04": 3, "2026-11-05": 3}


def test_pages_and_their_order(journal, keep):
    ids = [keep(journal, NOON + timedelta(days=day), 1) for day in range(5)]
    page = journal.sessions(limit=2, offset=1)
    assert [s.id for s in page] == [ids[3], ids[2]]
    assert (page.total, len(page)) == (5, 2)
    assert journal.sessions(limit=0).total == 5
    for limit, offset in ((-1, 0), (1, -1), (10**30, 0)):
        with pytest.raises(ConfigError, match="limit, offset"):
            journal.sessions(limit=limit, offset=offset)


@pytest.mark.parametrize("day", ["tomorrow", "2026-13-01", "1969-01-01", "", "2026-02-30"])
def test_what_is_no_day(journal, day):
    with pytest.raises(ConfigError, match=r"since: expected a day .* got"):
        journal.sessions(since=day)
    with pytest.raises(ConfigError, match="until: expected a day not before since"):
        journal.trends("day", "2026-11-04", "2026-11-03")


def test_tags_and_titles(journal, keep):
    first, second = keep(journal, tags=("home", "tea")), keep(journal, title="  Walk ")
    assert journal.session(first).tags == ("home", "tea")
    assert journal.session(second).title == "Walk"
    changed = journal.edit(second, title="Run", tags=[" home ", "home", "gärten"])
    assert (changed.title, changed.tags) == ("Run", ("gärten", "home"))
    assert journal.sessions(tag="home").total == 2
    assert [s.id for s in journal.sessions(tag="tea")] == [first]
    assert journal.trends("day", tag="tea")[0].seconds == 3
    assert journal.trends("day", tag="nothing") == []
    assert journal.edit(first, tags=[]).tags == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"title": "x" * 201}, "title: expected at most 200"),
        ({"title": "a\nb"}, "title: expected plain text"),
        ({"title": "\x00"}, "title: expected plain text"),
        ({"title": "\udc80"}, "title: expected plain text"),
        ({"tags": [""]}, "tag: expected a word"),
        ({"tags": [str(k) for k in range(21)]}, "tags: expected at most 20"),
        ({"tags": ["x" * 51]}, "tag: expected at most 50"),
    ],
)
def test_texts_that_are_refused_change_nothing(journal, keep, change, says):
    session = keep(journal, title="before", tags=("one",))
    with pytest.raises(InputError, match=says):
        journal.edit(session, **change)
    assert (journal.session(session).title, journal.session(session).tags) == ("before", ("one",))


def test_notes(journal, keep):
    session = keep(journal)
    later = journal.add_note(session, "  ünder the lamp <script>alert(1)</script>\nsecond line ", 2.5)
    whole = journal.add_note(session, "about it all")
    assert [n.text for n in journal.notes(session)] == [whole.text, later.text]
    assert later.text == "ünder the lamp <script>alert(1)</script>\nsecond line"
    assert journal.notes(session)[1] == later
    journal.delete_note(later.id)
    assert journal.notes(session) == [whole]
    with pytest.raises(UnknownSession, match="note"):
        journal.delete_note(later.id)


@pytest.mark.parametrize(("text", "at_s"), [("", None), ("  \n", 1.0), ("x" * 10_001, None), ("x", -1.0), ("x", 1e99)])
def test_notes_that_are_refused(journal, keep, text, at_s):
    session = keep(journal)
    with pytest.raises(InputError, match="note: expected"):
        journal.add_note(session, text, at_s)
    with pytest.raises(InputError, match="note: expected"):
        journal.add_note(session, "x", float("nan"))
    assert journal.notes(session) == []


@pytest.mark.parametrize("name", ["0" * 32, "", "%", "' OR 1=1 --", "ü", "x\x00", "\udc80", "a" * 9999])
def test_what_no_session_is_called(journal, keep, name):
    keep(journal)
    for ask in (journal.session, journal.readings, journal.notes, journal.events, journal.delete, journal.find):
        with pytest.raises(UnknownSession, match="is not in the journal") as told:
            ask(name)
        assert len(str(told.value)) < 200
        assert str(told.value).isascii()
    with pytest.raises(UnknownSession):
        journal.edit(name, title="x")
    with pytest.raises(UnknownSession):
        journal.add_note(name, "x")
    with pytest.raises(UnknownSession):
        journal.delete_note(name)
    assert journal.sessions().total == 1


def test_finding_by_the_beginning_of_an_id(journal, keep):
    first, last = keep(journal), keep(journal, NOON + timedelta(days=1))
    assert journal.find("last") == last
    assert journal.find(first[:12]) == first
    assert journal.find(first.upper()) == first
    many = [keep(journal, seconds=1) for _ in range(17)]  # two of 19 begin alike
    beginnings = [name[0] for name in (first, last, *many)]
    twice = next(letter for letter in beginnings if beginnings.count(letter) > 1)
    with pytest.raises(JournalError, match="several begin so"):
        journal.find(twice)


def test_names_from_elsewhere_are_spelled_out(journal):
    session = journal.begin("cam\x00era\udc80\n", FER7, "m\x1b[1m").session_id
    assert journal.session(session).source == "cam\\x00era\\udc80\\n"
    assert journal.session(session).model == "m\\x1b[1m"


@pytest.mark.parametrize("zone", [-841, 841])
def test_a_zone_that_no_place_has(journal, zone):
    with pytest.raises(ConfigError, match="minutes east of UTC"):
        journal.begin("camera", FER7, zone=zone)


def test_the_zone_of_this_machine_is_taken(url, monkeypatch):
    import time

    monkeypatch.setenv("TZ", "IST-5:30")
    time.tzset()
    try:
        with Journal.open(url) as journal:
            session = journal.session(journal.begin("camera", FER7, at=NOON).session_id)
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert session.zone == 330
    assert session.local_start == NOON.astimezone(timezone(timedelta(minutes=330)))


def test_two_journals_write_to_one_place_at_once(url, frame):
    problems: list[str] = []
    names: list[str] = []

    def work() -> None:
        with Journal.open(url) as journal, journal.begin("camera", FER7, at=NOON, tell=problems.append) as recorder:
            names.append(recorder.session_id)
            fill(recorder, frame(1, 2), NOON, 15)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with Journal.open(url) as journal:
        assert [journal.session(name).people_seconds for name in names] == [30] * 4
        assert [len(journal.readings(name)) for name in names] == [30] * 4


def test_several_threads_share_one_recorder(journal, frame):
    with journal.begin("camera", FER7, at=NOON) as recorder:
        threads = [threading.Thread(target=fill, args=(recorder, frame(person), NOON, 30)) for person in (1, 2, 3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    readings = journal.readings(recorder.session_id)
    assert sum(reading.frames for reading in readings) == 90
    assert journal.session(recorder.session_id).people_seconds == len(readings)
