"""``WS /v1/live`` over real sockets, with a real client."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.serving import TOKEN, Running, jpeg, picture, serving
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from emovere.config import Options, override
from emovere.journal.store import Journal
from emovere.types import frame_from_dict
from emovere.web import live as module
from emovere.web.settings import Limits

pytestmark = pytest.mark.timeout(60)

OPTIONS = override(Options(), ["detect.name=haar", "detect.size=240"])
LIMITS = Limits(live=3, rate=0, pixels=2_000_000)


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("serve"), LIMITS, options=OPTIONS) as running:
        yield running


@pytest.fixture(scope="module")
def face(shared: Callable[[str], Path]) -> bytes:
    file = io.BytesIO()
    with Image.open(shared("photos/one_smiling.jpg")) as photo:
        small = photo.convert("RGB")
        small.thumbnail((640, 480))
        small.save(file, "JPEG")
    return file.getvalue()


SERVER = """
import sys
from emovere.config import Options, override
from emovere.web.running import serve
from emovere.web.settings import ServeSettings

options = override(Options(), ["detect.name=haar", "detect.size=240"])
serve(ServeSettings(port=0, journal=sys.argv[1], options=options), lambda address: print(address, flush=True))
"""


class Client:
    """One live view."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.ready = self.hear()

    def hear(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.socket.recv(timeout=20))
        return told

    def say(self, type: str, **more: Any) -> dict[str, Any]:
        self.socket.send(json.dumps({"type": type, **more}))
        return self.hear()

    def show(self, data: bytes) -> dict[str, Any]:
        self.socket.send(data)
        return self.hear()

    def show_until_seen(self, data: bytes) -> dict[str, Any]:
        """The first face of the result that has one; a faint face counts when it is seen again."""
        for _ in range(20):
            if faces := self.show(data)["frame"]["faces"]:
                found: dict[str, Any] = faces[0]
                return found
        raise AssertionError("no face in 20 frames")

    def closed(self) -> tuple[int, str]:
        """Code and reason with which the server closes the connection."""
        with pytest.raises(ConnectionClosed):
            self.hear()
        assert self.socket.close_code is not None
        return self.socket.close_code, self.socket.close_reason or ""


@contextlib.contextmanager
def viewing(server: Running, query: str = "", **more: Any) -> Iterator[Client]:
    address = f"ws://{server.host}:{server.port}/v1/live{query}"
    with connect(address, **{"subprotocols": ["emovere.v1"], "proxy": None, **more}) as socket:
        yield Client(socket)


def problem(told: dict[str, Any], status: int) -> str:
    assert told["type"] == "problem", told
    assert told["problem"]["status"] == status
    assert told["problem"]["instance"] == "/v1/live"
    detail: str = told["problem"]["detail"]
    assert "\n" not in detail
    return detail


def test_frames_in_results_out(server, face):
    with viewing(server) as view:
        assert view.socket.subprotocol == "emovere.v1"
        assert view.ready["type"] == "ready"
        assert view.ready["journal"] is True
        assert view.ready["models"]["detector"]["name"] == "haar"
        labels = view.ready["labels"]
        assert labels == view.ready["models"]["classifier"]["labels"]
        told = [view.show(face)]
        while not told[-1]["frame"]["faces"] and told[-1]["frame"]["time_s"] < 20:  # a faint one counts when seen again
            told.append(view.show(face))
        assert view.show(picture("PNG"))["type"] == "result"
        assert view.show(picture("WEBP"))["frame"]["index"] == len(told) + 1
    assert {result["type"] for result in told} == {"result"}
    assert [result["frame"]["index"] for result in told] == list(range(len(told)))
    times = [result["frame"]["time_s"] for result in told]
    assert times[0] == 0
    assert times == sorted(set(times))
    last = frame_from_dict(told[-1]["frame"], tuple(labels))
    (seen,) = last
    assert seen.emotion == "happy"
    assert seen.track_id == 1
    assert told[-1]["dropped"] == 0
    assert 0 < told[-1]["ms"] < 20_000
    assert "enter" in {event["kind"] for result in told for event in result["frame"].get("events", ())}


def test_the_newest_frame_wins_and_the_others_are_counted(server, face):
    with viewing(server) as view:
        for _ in range(30):
            view.socket.send(face)
        view.socket.send(jpeg(80, 60))
        results = [view.hear()]
        while results[-1]["frame"]["width"] != 80:
            results.append(view.hear())
        assert results[-1]["dropped"] + len(results) == 31
        assert results[-1]["dropped"] > 0
        assert view.say("ping") == {"type": "pong"}


def test_a_frame_that_cannot_be_used_is_told_and_the_view_goes_on(server, face):
    bad = {
        b"": "expected one JPEG",
        b"nonsense": "(8 bytes)",
        face[: len(face) // 2]: "truncated",
        picture("GIF"): "got GIF",
        picture("PNG", 2000, 1001): "2000 x 1001 pixels",
    }
    with viewing(server) as view:
        for data, word in bad.items():
            told = problem(view.show(data), 400)
            assert told.startswith("frame: ")
            assert word in told
        assert view.show(face)["type"] == "result"


def test_a_frame_that_is_too_large_is_told(server, face, monkeypatch):
    limits = dataclasses.replace(LIMITS, live_frame_bytes=len(face) - 1)
    monkeypatch.setattr(server.service, "settings", dataclasses.replace(server.service.settings, limits=limits))
    with viewing(server) as view:
        assert f"got {len(face):,}" in problem(view.show(face), 413)
        assert view.show(jpeg())["type"] == "result"


def test_what_uvicorn_would_have_to_gather_closes_the_connection(server):
    with viewing(server) as view:
        view.socket.send(bytes(LIMITS.live_frame_bytes * 3))
        assert view.closed()[0] == 1009


def test_what_is_no_command_is_told_and_the_view_goes_on(server, face):
    with viewing(server) as view:
        view.socket.send("nonsense")
        assert "JSON" in problem(view.hear(), 422)
        assert "'reboot'" in problem(view.say("reboot"), 422)
        assert "characters" in problem(view.say("note", text="a" * 100_000), 413)
        assert "no session runs" in problem(view.say("note", text="hello"), 409)
        assert "no session runs" in problem(view.say("session.stop"), 409)
        assert view.show(face)["type"] == "result"


def test_no_more_views_than_allowed_and_a_place_comes_free(server, face):
    with contextlib.ExitStack() as open_:
        views = [open_.enter_context(viewing(server)) for _ in range(3)]
        with viewing(server) as refused:
            assert "3 live connections are open" in problem(refused.ready, 503)
            assert refused.closed() == (1013, "Busy")
        assert all(view.show(face)["type"] == "result" for view in views)
    due = time.monotonic() + 5
    for _ in range(5):
        while True:
            with viewing(server) as view:
                if view.ready["type"] == "ready":
                    break
            assert time.monotonic() < due
    assert "emovere_live_connections" in server.ask("GET", "/metrics").text


def test_labels_and_model_are_the_clients_choice_within_reason(server, face):
    with viewing(server, "?labels=happy,sad,neutral&model=light") as view:
        assert view.ready["labels"] == ["happy", "sad", "neutral"]
        assert list(view.show_until_seen(face)["probs"]) == ["happy", "sad", "neutral"]
    wrong = {"labels=hapy,sad": "'hapy'", "model=/etc/passwd": "expected light", "label=fer7": "did you mean 'labels'"}
    for query, word in wrong.items():
        with viewing(server, f"?{query}") as view:
            assert word in problem(view.ready, 422)
            assert view.closed()[0] == 1008


def test_a_session_is_written_while_it_goes(server, face):
    title = "<script>alert('tea')</script>"
    with viewing(server) as view:
        view.show(face)
        started = view.say("session.start", title=title, zone=-210)
        assert (started["type"], started["state"]) == ("session", "started")
        assert "runs already" in problem(view.say("session.start"), 409)
        until = time.monotonic() + 2.2
        while time.monotonic() < until:
            assert view.show(face)["type"] == "result"
        meanwhile = server.ask("GET", f"/v1/sessions/{started['id']}").json()
        assert [reading["second"] for reading in meanwhile["readings"]][:1] == [0]
        assert meanwhile["finished"] is False
        note = view.say("note", text="the phone rang")
        assert view.say("session.stop") == {"type": "session", "state": "ended", "id": started["id"]}
        assert view.show(face)["type"] == "result"
    kept = server.ask("GET", f"/v1/sessions/{started['id']}").json()
    assert (kept["title"], kept["zone"], kept["source"], kept["model"]) == (title, -210, "camera", "light")
    assert kept["finished"] is True
    assert kept["people"] == 1
    assert [kept_note["id"] for kept_note in kept["notes"]] == [note["id"]]
    assert 1.5 < kept["notes"][0]["at_s"] < 10


def test_a_session_ends_with_its_connection(server, face):
    with viewing(server) as view:
        id = view.say("session.start")["id"]
        view.show_until_seen(face)
    due = time.monotonic() + 10
    while not (kept := server.ask("GET", f"/v1/sessions/{id}").json())["finished"]:
        assert time.monotonic() < due
        time.sleep(0.05)
    assert len(kept["readings"]) == 1


def test_a_session_ends_with_the_server(tmp_path, face):
    with contextlib.ExitStack() as stopping:
        server = stopping.enter_context(serving(tmp_path, LIMITS, options=OPTIONS))
        with viewing(server) as view:
            id = view.say("session.start")["id"]
            view.show_until_seen(face)
            began = time.monotonic()
            stopping.close()
            assert time.monotonic() - began < 9
            assert view.closed()[0] == 1012
    with Journal.open(tmp_path / "journal.db") as journal:
        assert journal.session(id).finished
        assert len(journal.readings(id)) >= 1


def test_nothing_is_kept_unless_a_session_was_started(server, face):
    before = server.ask("GET", "/v1/journal").json()
    with viewing(server) as view:
        view.show(face)
        view.show(face)
    assert server.ask("GET", "/v1/journal").json() == before


def test_a_session_that_is_deleted_meanwhile_is_told(server, face):
    with viewing(server) as view:
        id = view.say("session.start")["id"]
        view.show(face)
        assert server.ask("DELETE", f"/v1/sessions/{id}").status_code == 204
        told: list[dict[str, Any]] = []
        due = time.monotonic() + 10
        while not told or told[-1]["type"] != "session":
            assert time.monotonic() < due
            view.socket.send(face)
            told.append(view.hear())
        assert told[-1] == {"type": "session", "state": "ended", "id": id}
        (gone,) = [one for one in told if one["type"] == "problem"]
        assert "was deleted" in problem(gone, 410)
        again = view.say("session.start")
        assert again["id"] != id


def test_a_journal_that_fails_does_not_stop_the_view(tmp_path, face):
    with serving(tmp_path, LIMITS, options=OPTIONS, journal=str(tmp_path)) as server, viewing(server) as view:
        assert "got a folder" in problem(view.say("session.start"), 503)
        assert view.show(face)["type"] == "result"


def test_a_journal_that_is_locked_for_a_while_is_told_once_and_goes_on(tmp_path, face, monkeypatch):
    monkeypatch.setattr("emovere.journal.recorder.FIRST_PAUSE_S", 0.1)
    with serving(tmp_path, LIMITS, options=OPTIONS) as server, viewing(server) as view:
        id = view.say("session.start")["id"]
        view.show_until_seen(face)
        other = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        told = [view.show(face)]
        while "problem" not in {one["type"] for one in told}:
            told.append(view.show(face))
        other.execute("ROLLBACK")
        other.close()
        while "journal" not in {one["type"] for one in told}:
            told.append(view.show(face))
        while view.hear()["type"] != "result":  # as many answers as frames
            pass
        assert [one for one in told if one["type"] == "journal"] == [{"type": "journal", "state": "resumed", "id": id}]
        (failed,) = [one for one in told if one["type"] == "problem"]
        assert "locked by another program" in problem(failed, 503)
        kept = server.ask("GET", f"/v1/sessions/{id}").json()["readings"]
    seconds = [reading["second"] for reading in kept]
    assert len(seconds) >= 2
    assert seconds == sorted(set(seconds))


def test_a_quiet_connection_is_closed_and_a_ping_keeps_it(server, monkeypatch):
    monkeypatch.setattr(module, "IDLE_S", 0.6)
    with viewing(server) as view:
        for _ in range(3):
            time.sleep(0.3)
            assert view.say("ping") == {"type": "pong"}
        assert "nothing came for 0.6 s" in problem(view.hear(), 408)
        assert view.closed() == (1000, "idle")


def test_a_client_that_does_not_listen_keeps_nobody_else_waiting(server, face):
    with viewing(server, close_timeout=0.2) as deaf:
        for _ in range(500):
            deaf.socket.send("nonsense")
        with viewing(server) as view:
            assert view.show(face)["type"] == "result"


def test_several_cameras_at_once_each_get_their_own(server, face):
    answers: dict[int, list[int]] = {}

    def look(place: int) -> None:
        with viewing(server, "?labels=happy,sad" if place else "") as view:
            if place:
                view.show_until_seen(face)
            answers[place] = [len(view.show(face if place else jpeg())["frame"]["faces"]) for _ in range(5)]

    threads = [threading.Thread(target=look, args=(place,)) for place in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers[0] == [0] * 5
    assert 1 in answers[1]
    assert 1 in answers[2]


@pytest.mark.parametrize("word", ["token", "origin"])
def test_another_sites_page_and_a_client_without_the_token_are_refused(tmp_path, server, word):
    from websockets.exceptions import InvalidStatus

    if word == "origin":
        with pytest.raises(InvalidStatus, match="403"), viewing(server, origin="https://evil.example"):
            pytest.fail("came in")
        return
    with serving(tmp_path, LIMITS, options=OPTIONS, token=TOKEN) as guarded:
        with pytest.raises(InvalidStatus, match="401"), viewing(guarded):
            pytest.fail("came in")
        with viewing(guarded, additional_headers={"Authorization": f"Bearer {TOKEN}"}) as view:
            assert view.ready["type"] == "ready"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_every_second_before_a_kill_is_in_the_journal(tmp_path, face):
    command = [sys.executable, "-W", "error", "-c", SERVER, str(tmp_path / "journal.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            host, _, port = process.stdout.readline().strip().removeprefix("http://").rstrip("/").partition(":")
            running = Running(None, host, int(port))
            with contextlib.suppress(ConnectionClosed), viewing(running) as view:
                id = view.say("session.start")["id"]
                began = time.monotonic()
                while time.monotonic() - began < 3.3:
                    view.show(face)
                os.kill(process.pid, signal.SIGKILL)
        finally:
            process.kill()
    with Journal.open(tmp_path / "journal.db") as journal:
        seconds = [reading.second for reading in journal.readings(id)]
        assert seconds[:2] == [0, 1]
        assert seconds == sorted(seconds)
        assert journal.session(id).finished is False


def test_the_example_of_the_docs(server, shared, tmp_path):
    text = (Path(__file__).parents[2] / "docs" / "live.md").read_text(encoding="utf-8")
    example = text.partition("```python\n")[2].partition("```")[0]
    (tmp_path / "client.py").write_text(example, encoding="utf-8")
    address = f"ws://{server.host}:{server.port}/v1/live"
    done = subprocess.run(
        [sys.executable, "-W", "error", tmp_path / "client.py", address, shared("videos/signing_help.mkv")],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, *others = done.stdout.splitlines()
    assert "neutral" in first
    assert len(others) > 10
    assert others[-1].split()[0].isdecimal()
