"""``/v1/sessions`` over real sockets and a real journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.serving import Running, serving

from emovere.journal.store import Journal
from emovere.types import Event, Expressions, Faces, FrameResult

pytestmark = pytest.mark.timeout(60)

LABELS = ("angry", "happy", "neutral")
SCRIPT = "<script>fetch('//evil.example')</script>\"'; DROP TABLE notes;--"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("serve")) as running:
        yield running


@pytest.fixture
def journal(server) -> Iterator[Journal]:
    opened = server.service.journal()
    yield opened
    opened.delete_all()


def write(journal: Journal, day: int = 1, hour: int = 9, seconds: int = 3, happy: float = 0.5, **more) -> str:
    """A session of one person, as many seconds long, on a day of November 2026."""
    began = datetime(2026, 11, day, hour, tzinfo=UTC)
    with journal.begin(
        "camera", LABELS, "light", more.pop("title", ""), more.pop("zone", 0), at=began, **more
    ) as recorder:
        for second in range(seconds):
            faces = Faces(np.zeros((1, 4), np.float32), np.ones(1, np.float32), track_ids=np.ones(1, np.int64))
            read = Expressions(LABELS, np.array([[0.125, happy, 0.875 - happy]], np.float32))
            noticed = () if second else (Event("enter", "camera", 0.0, 1),)
            recorder.add(
                FrameResult("camera", second, float(second), (48, 64), faces, read, {}, noticed),
                began + timedelta(seconds=second),
            )
    return recorder.session_id


def problem(answer, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    detail: str = answer.json()["detail"]
    return detail


def test_sessions_come_latest_first_and_in_pages(server, journal):
    ids = [write(journal, day) for day in (1, 2, 3)]
    told = server.ask("GET", "/v1/sessions").json()
    assert [session["id"] for session in told["sessions"]] == ids[::-1]
    assert told["total"] == 3
    first = told["sessions"][0]
    assert (first["seconds"], first["people"], first["labels"]) == (3, 1, list(LABELS))
    assert first["means"] == {"angry": 0.125, "happy": 0.5, "neutral": 0.375}
    assert first["started_at"] == "2026-11-03T09:00:00.000Z"
    page = server.ask("GET", "/v1/sessions?limit=1&offset=1").json()
    assert [session["id"] for session in page["sessions"]] == [ids[1]]
    assert page["total"] == 3
    some = server.ask("GET", "/v1/sessions?since=2026-11-02&until=2026-11-02").json()
    assert [session["id"] for session in some["sessions"]] == [ids[1]]


def test_a_day_is_that_of_the_sessions_place(server, journal):
    id = write(journal, 1, 23, zone=120)  # 01:00 on the second, there
    assert server.ask("GET", "/v1/sessions?since=2026-11-02").json()["sessions"][0]["id"] == id
    assert server.ask("GET", "/v1/sessions?until=2026-11-01").json()["total"] == 0


def test_one_session_whole(server, journal):
    id = write(journal, title="Tea")
    told = server.ask("GET", f"/v1/sessions/{id}").json()
    assert told["title"] == "Tea"
    assert [reading["second"] for reading in told["readings"]] == [0, 1, 2]
    assert told["readings"][0]["probs"] == {"angry": 0.125, "happy": 0.5, "neutral": 0.375}
    assert [(event["kind"], event["person"]) for event in told["events"]] == [("enter", 1)]
    assert told["notes"] == []


def test_title_and_tags_can_be_changed_one_by_one(server, journal):
    id = write(journal, title="Tea")
    told = server.ask("PATCH", f"/v1/sessions/{id}", json={"tags": ["tired", "before"]}).json()
    assert (told["title"], sorted(told["tags"])) == ("Tea", ["before", "tired"])
    told = server.ask("PATCH", f"/v1/sessions/{id}", json={"title": "Coffee"}).json()
    assert (told["title"], sorted(told["tags"])) == ("Coffee", ["before", "tired"])
    assert server.ask("GET", "/v1/sessions?tag=before").json()["total"] == 1
    assert server.ask("GET", "/v1/sessions?tag=after").json()["total"] == 0
    assert server.ask("PATCH", f"/v1/sessions/{id}", json={"tags": []}).json()["tags"] == []


def test_notes_come_and_go(server, journal):
    id = write(journal)
    made = server.ask("POST", f"/v1/sessions/{id}/notes", json={"text": "the phone rang", "at_s": 1.5})
    assert made.status_code == 201
    whole = server.ask("POST", f"/v1/sessions/{id}/notes", json={"text": "a good day"}).json()
    notes = server.ask("GET", f"/v1/sessions/{id}").json()["notes"]
    assert notes == [whole, made.json()]
    assert server.ask("DELETE", f"/v1/sessions/{id}/notes/{whole['id']}").status_code == 204
    assert server.ask("GET", f"/v1/sessions/{id}").json()["notes"] == [made.json()]
    assert "has no note" in problem(server.ask("DELETE", f"/v1/sessions/{id}/notes/{whole['id']}"), 404)
    other = write(journal, 2)
    assert "has no note" in problem(server.ask("DELETE", f"/v1/sessions/{other}/notes/{made.json()['id']}"), 404)


def test_script_is_text_like_any_other_and_given_back_as_json(server, journal):
    id = write(journal)
    server.ask("PATCH", f"/v1/sessions/{id}", json={"title": SCRIPT, "tags": ["<b>"]})
    server.ask("POST", f"/v1/sessions/{id}/notes", json={"text": SCRIPT})
    answer = server.ask("GET", f"/v1/sessions/{id}")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    told = answer.json()
    assert (told["title"], told["tags"], told["notes"][0]["text"]) == (SCRIPT, ["<b>"], SCRIPT)


def test_deleting_one_and_a_range(server, journal):
    ids = [write(journal, day) for day in (1, 2, 3)]
    assert server.ask("DELETE", f"/v1/sessions/{ids[1]}").status_code == 204
    assert "not in the journal" in problem(server.ask("GET", f"/v1/sessions/{ids[1]}"), 404)
    answer = server.ask("DELETE", "/v1/sessions?since=2026-11-01&until=2026-11-02")
    assert answer.json() == {"deleted": 1}
    assert [session["id"] for session in server.ask("GET", "/v1/sessions").json()["sessions"]] == [ids[2]]


@pytest.mark.parametrize("query", ["", "?since=2026-11-01", "?until=2026-11-01", "?since=&until="])
def test_a_range_needs_both_ends(server, journal, query):
    write(journal)
    problem(server.ask("DELETE", f"/v1/sessions{query}"), 422)
    assert server.ask("GET", "/v1/sessions").json()["total"] == 1


@pytest.mark.parametrize(
    "path",
    [
        "?since=yesterday",
        "?since=1899-01-01",
        "?since=2026-11-02&until=2026-11-01",
        "?limit=0",
        "?limit=501",
        "?offset=-1",
        "?offset=1e9",
        "?sort=title",
        "/nonsense",
        f"/{'0' * 31}",
        "/..%2f..%2fetc%2fpasswd",
    ],
)
def test_what_makes_no_sense_is_told(server, path):
    answer = server.ask("GET", f"/v1/sessions{path}")
    problem(answer, 404 if "%2f" in path else 422)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"nonsense", 422),
        (b"[]", 422),
        (json.dumps({"title": "a" * 201}).encode(), 422),
        (json.dumps({"tags": ["a"] * 21}).encode(), 422),
        (json.dumps({"tags": [""]}).encode(), 422),
        (json.dumps({"colour": "red"}).encode(), 422),
        (json.dumps({"title": "a\u0000b"}).encode(), 400),
        (json.dumps({"tags": [" "]}).encode(), 400),
        (b'{"title": "\\ud800"}', 422),
        (b'{"title": "\xff"}', 400),
        (b"[" * 99_000, 400),
        (b'{"title": "' + b"a" * 100_000, 413),
    ],
)
def test_changes_that_cannot_be_are_told_and_change_nothing(server, journal, body, status):
    id = write(journal, title="Tea")
    headers = {"Content-Type": "application/json"}
    problem(server.ask("PATCH", f"/v1/sessions/{id}", data=body, headers=headers), status)
    assert server.ask("GET", f"/v1/sessions/{id}").json()["title"] == "Tea"


@pytest.mark.parametrize(
    ("note", "status"),
    [
        ({}, 422),
        ({"text": ""}, 422),
        ({"text": "   "}, 400),
        ({"text": "a" * 10_001}, 422),
        ({"text": "a", "at_s": -1}, 422),
        ({"text": "a", "at_s": 1e300}, 422),
        ({"text": "a", "at_s": "soon"}, 422),
        ({"text": "a\u0007"}, 400),
        ({"text": "a", "author": "me"}, 422),
    ],
)
def test_notes_that_cannot_be_are_told(server, journal, note, status):
    id = write(journal)
    problem(server.ask("POST", f"/v1/sessions/{id}/notes", json=note), status)
    assert server.ask("GET", f"/v1/sessions/{id}").json()["notes"] == []


def test_sessions_that_are_not_there(server):
    id = "0" * 32
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"title": "a"}),
        ("DELETE", "", None),
        ("POST", "/notes", {"text": "a"}),
        ("DELETE", f"/notes/{id}", None),
    ):
        assert "not in the journal" in problem(server.ask(method, f"/v1/sessions/{id}{path}", json=body), 404)


def test_a_journal_that_cannot_be_opened_is_told(tmp_path):
    with serving(tmp_path, journal=str(tmp_path)) as server:
        for path in ("/v1/sessions", f"/v1/sessions/{'0' * 32}", "/v1/journal", "/v1/journal/trends"):
            assert "got a folder" in problem(server.ask("GET", path), 503)
        assert server.ask("GET", "/healthz").status_code == 200


def test_a_body_that_comes_too_slowly_is_not_waited_for(server, journal, monkeypatch):
    monkeypatch.setattr("emovere.web.small_bodies.PATIENCE_S", 0.3)
    id = write(journal)
    head = f"PATCH /v1/sessions/{id} HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: application/json\r\n"
    answer = server.send(head.encode() + b"Content-Length: 50\r\n\r\n{")
    assert answer.status == 408
    assert "got 1 bytes" in answer.json()["detail"]
    assert server.ask("GET", f"/v1/sessions/{id}").status_code == 200
