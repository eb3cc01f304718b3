"""The app that a Serve configuration names: a token always, and what needs a folder is refused in one line."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator

import pytest
import requests
import uvicorn
from fastapi import FastAPI
from websockets.sync.client import connect

from emovere.errors import ConfigError
from emovere.scale.serve_app import build, settings_of, without_a_folder
from emovere.web.running import listen, server_config
from emovere.web.settings import ServeSettings

TOKEN = "correct-horse-battery"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@contextlib.contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The app behind a real socket, as Ray's proxy would put it; its host and port."""
    with listen("127.0.0.1", 0) as sock:
        server = uvicorn.Server(server_config(ServeSettings(), app))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{sock.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    settings = settings_of({"options": ["detect.name=haar"], "limits": ["rate=0"]}, TOKEN)
    with served(without_a_folder(settings)) as place:
        yield place


def get(place: str, path: str, headers: dict[str, str] = HEADERS) -> requests.Response:
    return requests.get(f"http://{place}{path}", headers=headers, timeout=30)


def test_what_can_be_done_is_done(place):
    assert get(place, "/healthz", {}).status_code == 200
    assert get(place, "/v1/models").status_code == 200
    assert get(place, "/v1/models", {}).status_code == 401


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/v1/videos", "No shared folder"),
        ("/v1/videos/0123/events", "No shared folder"),
        ("/metrics", "Several nodes"),
        ("/v1/sessions", "No shared journal"),
        ("/v1/journal/trends", "No shared journal"),
    ],
)
def test_what_needs_a_folder_is_refused(place, path, title):
    answer = get(place, path)
    assert (answer.status_code, answer.json()["title"]) == (501, title)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_path_that_only_begins_alike_is_not_refused(place):
    assert get(place, "/metricsx").status_code == 404


def test_a_live_view_works_and_is_told_that_no_session_can_be_kept(place):
    url = f"ws://{place}/v1/live"
    with connect(url, subprotocols=["emovere.v1"], additional_headers=HEADERS, proxy=None) as socket:
        assert json.loads(socket.recv(30))["type"] == "ready"
        socket.send(json.dumps({"type": "session.start"}))
        told = json.loads(socket.recv(30))
    assert told["type"] == "problem"
    assert "expected journal: postgresql+psycopg://" in told["problem"]["detail"]


def test_a_journal_that_all_reach_is_let_through(tmp_path):
    arguments = {"options": ["detect.name=haar"], "journal": f"sqlite:///{tmp_path}/j.db"}
    with served(without_a_folder(settings_of(arguments, TOKEN))) as place:
        assert get(place, "/v1/sessions").json() == {"sessions": [], "total": 0}


@pytest.mark.parametrize(
    ("arguments", "token", "line"),
    [
        ({}, "", "expected a token"),
        ({"option": []}, TOKEN, "unknown argument 'option'; did you mean 'options'?"),
        ({"limits": ["bits=1"]}, TOKEN, "unknown option 'bits'"),
    ],
)
def test_what_is_wrong_is_told_before_anything_starts(arguments, token, line):
    with pytest.raises(ConfigError, match=line.replace("?", r"\?")):
        settings_of(arguments, token)


def test_serve_can_bind_it(monkeypatch):
    serve = pytest.importorskip("ray.serve")
    monkeypatch.setenv("EMOVERE_TOKEN", TOKEN)
    assert isinstance(build({"options": ["detect.name=haar"]}), serve.Application)
