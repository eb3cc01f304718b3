"""The front and its replicas without Ray: what goes through whole, what waits for whom, and what a death looks like."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import pickle
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import uvicorn
from starlette.types import Receive, Scope, Send
from tests.serving import jpeg, serving
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from emovere.config import Options
from emovere.pipeline import with_settings
from emovere.scale import serve_front
from emovere.scale.serve_front import MOST_HELD, Forwarding
from emovere.scale.serve_replica import Replica, _Exchange
from emovere.web.running import listen, server_config
from emovere.web.settings import Limits, ServeSettings

pytest.importorskip("ray")
from ray.exceptions import RayActorError

pytestmark = pytest.mark.timeout(60)


class Remote:
    """A method as Ray shows it: what goes in and comes out is copied on the way."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self._method = method

    async def remote(self, *arguments: Any) -> Any:
        return pickle.loads(pickle.dumps(await self._method(*pickle.loads(pickle.dumps(arguments)))))


class Actor:
    """An actor's, or a deployment's, handle."""

    def __init__(self, **methods: Callable[..., Any]) -> None:
        for name, method in methods.items():
            setattr(self, name, Remote(method))


@dataclass
class Cluster:
    """A front, and replicas of some ASGI app. deaths: how many of the next requests kill the replica they reach."""

    app: Any
    several: bool = False
    deaths: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        anywhere = self._handle("anywhere") if self.several else None
        self.forwarding = Forwarding(self._handle("here"), anywhere)
        self.front = Actor(receive=self.forwarding.receive, send=self.forwarding.send)

    def _handle(self, place: str) -> Actor:
        async def answer(scope: dict[str, Any], first: list[Any], number: int) -> list[Any]:
            self.asked.append((place, scope["path"]))
            if self.deaths:
                self.deaths -= 1
                raise RayActorError
            exchange = _Exchange(self.front, number, first, scope["type"])
            await self.app(scope, exchange.receive, exchange.send)
            return exchange.held

        return Actor(answer=answer)

    def held(self) -> int:
        return sum(one._size for one in self.forwarding._open.values())


@contextlib.contextmanager
def fronted(app: Any, **more: Any) -> Iterator[tuple[Cluster, int]]:
    """A front's real sockets in a thread; its port."""
    cluster, settings = Cluster(app, **more), ServeSettings(port=0)
    with listen(settings.host, 0) as sock:
        server = uvicorn.Server(server_config(settings, cluster.forwarding))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        try:
            yield cluster, sock.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()
    assert not cluster.forwarding._open


def released() -> threading.Event:
    """What a replica waits for, for some seconds at most, so that a test that fails ends."""
    go = threading.Event()
    timer = threading.Timer(20, go.set)
    timer.daemon = True
    timer.start()
    return go


async def start(send: Send, status: int = 200) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})


async def length(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers how many bytes came, and their sum."""
    count = total = 0
    while True:
        message = await receive()
        count, total = count + len(message["body"]), total + sum(message["body"])
        if not message.get("more_body"):
            break
    await start(send)
    await send({"type": "http.response.body", "body": f"{count} {total}".encode()})


@pytest.mark.parametrize("size", [0, 1, MOST_HELD - 1, MOST_HELD, 5_000_001])
def test_a_body_arrives_whole(size):
    body = bytes(i % 251 for i in range(size))
    with fronted(length) as (cluster, port):
        answer = requests.post(f"http://127.0.0.1:{port}/x", data=body, timeout=30)
        assert answer.text == f"{size} {sum(body)}"
        assert cluster.asked == [("here", "/x")]


def test_a_body_without_a_stated_length_arrives_whole():
    parts = [bytes([i]) * 70_000 for i in range(12)]
    with fronted(length) as (_, port):
        answer = requests.post(f"http://127.0.0.1:{port}/x", data=iter(parts), timeout=30)
    assert answer.text == f"{12 * 70_000} {70_000 * sum(range(12))}"


def test_an_upload_waits_for_the_replica_that_takes_it():
    go = released()

    async def patient(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await asyncio.to_thread(go.wait)
        await length(scope, receive, send)

    with fronted(patient) as (cluster, port), socket.create_connection(("127.0.0.1", port), 30) as sock:
        whole = 40_000_000
        sock.sendall(b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % whole)
        sock.settimeout(1.0)
        sent = 0
        with contextlib.suppress(TimeoutError):
            while sent < whole:
                sent += sock.send(bytes(100_000))
        held = cluster.held()
        go.set()
        assert held <= MOST_HELD + 300_000, "and what one look at the socket brings"
        assert sent < 20_000_000, "the rest waits in the client"
        sock.settimeout(30)
        sock.sendall(bytes(whole - sent))
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        assert answer.status == 200
        assert int(answer.read().split()[0]) > whole - MOST_HELD - 100_000


def test_an_answer_waits_for_the_client_that_takes_it():
    made = 0

    async def generous(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal made
        await start(send)
        for i in range(60):
            made = i + 1
            await send({"type": "http.response.body", "body": bytes(1_000_000), "more_body": i < 59})

    with fronted(generous) as (_, port), socket.create_connection(("127.0.0.1", port), 30) as sock:
        sock.sendall(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(0.7)
        early = made
        time.sleep(0.3)
        assert 0 < early == made < 30
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        assert len(answer.read()) == 60_000_000


def test_what_is_sent_in_parts_comes_in_parts():
    go = released()

    async def telling(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        await send({"type": "http.response.body", "body": b"one\n", "more_body": True})
        await asyncio.to_thread(go.wait)
        await send({"type": "http.response.body", "body": b"two\n"})

    with fronted(telling) as (_, port):
        answer = requests.get(f"http://127.0.0.1:{port}/x", stream=True, timeout=30)
        lines = answer.iter_lines()
        assert next(lines) == b"one"
        go.set()
        assert next(lines) == b"two"


def test_a_replica_learns_that_the_client_has_gone():
    seen: list[Any] = []

    async def listening(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((await receive())["type"])
        seen.append((await receive())["type"])
        seen.append((await receive())["type"])
        with pytest.raises(OSError, match="gone"):
            await send({"type": "http.response.body", "body": b"", "more_body": True})
        seen.append("told")

    with fronted(listening) as (_, port):
        with socket.create_connection(("127.0.0.1", port), 30) as sock:
            sock.sendall(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
            time.sleep(0.2)
        due = time.monotonic() + 20
        while len(seen) < 4 and time.monotonic() < due:
            time.sleep(0.02)
    assert seen == ["http.request", "http.disconnect", "http.disconnect", "told"]


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """A connection that says what it hears."""
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] != "websocket.disconnect":
        if message.get("text") == "die":
            raise RayActorError
        await send({"type": "websocket.send", "bytes": message.get("bytes") or b"text"})


def test_a_live_connection_goes_both_ways():
    with fronted(echo) as (_, port), connect(f"ws://127.0.0.1:{port}/v1/live", proxy=None) as one:
        for size in (0, 1, 100_000, 900_000):
            one.send(bytes(size))
            assert len(one.recv(20)) == (size or 4)


def test_a_live_connection_is_told_that_its_replica_has_ended():
    with fronted(echo) as (_, port), connect(f"ws://127.0.0.1:{port}/v1/live", proxy=None) as one:
        one.send("die")
        with pytest.raises(ConnectionClosed) as closed:
            one.recv(20)
    assert closed.value.rcvd.code == 1012


@pytest.mark.parametrize(
    ("method", "path", "deaths", "status"),
    [
        ("GET", "/v1/models", 1, 200),
        ("POST", "/v1/analyze", 1, 200),
        ("POST", "/v1/analyze", 2, 503),
        ("POST", "/v1/videos", 1, 503),
        ("DELETE", "/v1/sessions/x", 1, 503),
    ],
)
def test_what_changes_nothing_is_asked_again_where_a_replica_dies(method, path, deaths, status):
    with fronted(length, deaths=deaths) as (cluster, port):
        answer = requests.request(method, f"http://127.0.0.1:{port}{path}", data=b"abc", timeout=30)
        assert answer.status_code == status
        assert len(cluster.asked) == (2 if status == 200 or deaths == 2 else 1)
    if status == 503:
        assert answer.json()["title"] == "Replica gone"
        assert answer.headers["Retry-After"] == "1"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_only_so_many_requests_are_held(monkeypatch):
    monkeypatch.setattr(serve_front, "MOST_OPEN", 2)
    go = released()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.to_thread(go.wait)
        await length(scope, receive, send)

    with fronted(slow) as (cluster, port):
        codes: list[int] = []
        clients = [
            threading.Thread(
                target=lambda: codes.append(requests.get(f"http://127.0.0.1:{port}/x", timeout=30).status_code)
            )
            for _ in range(2)
        ]
        for client in clients:
            client.start()
        while len(cluster.forwarding._open) < 2:
            time.sleep(0.01)
        assert requests.get(f"http://127.0.0.1:{port}/x", timeout=30).json()["title"] == "Busy"
        go.set()
        for client in clients:
            client.join()
        assert codes == [200, 200]
        assert requests.get(f"http://127.0.0.1:{port}/x", timeout=30).status_code == 200


def test_on_several_nodes_what_lies_in_files_stays_on_one():
    with fronted(length, several=True) as (cluster, port):
        paths = ("/v1/analyze", "/v1/videos/1", "/v1/models", "/v1/sessions", "/v1/journal/trends", "/healthz")
        for path in paths:
            requests.get(f"http://127.0.0.1:{port}{path}", timeout=30)
        refused = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30)
    assert [place for place, _ in cluster.asked] == ["anywhere", "here", "anywhere", "here", "here", "anywhere"]
    assert (refused.status_code, refused.json()["title"]) == (501, "Several nodes")


def test_a_replica_answers_as_a_server_of_one_process(tmp_path):
    options = with_settings(Options(), detector="haar")
    settings = ServeSettings(options=options, journal=str(tmp_path / "j.db"), limits=Limits(rate=0))

    class Whole:
        """Replicas with the real app, made when the first request comes."""

        replica: Any = None

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if self.replica is None:
                self.replica = Replica(cluster.front, settings.to_dict(), None, 1)
            await self.replica._app(scope, receive, send)

    whole = Whole()
    with fronted(whole) as (cluster, port), serving(tmp_path) as server:
        ours = f"http://127.0.0.1:{port}"
        for method, path, more in (
            ("POST", "/v1/analyze", {"data": jpeg(2000, 1500, quality=100)}),
            ("POST", "/v1/analyze", {"files": {"photo": ("p", jpeg())}, "params": {"format": "csv"}}),
            ("POST", "/v1/analyze", {"data": b"none"}),
            ("GET", "/openapi.json", {}),
            ("GET", "/v1/settings", {"headers": {"Host": "evil.example"}}),
            ("GET", "/v1/settings", {"headers": {"Origin": "http://evil.example"}}),
            ("GET", "/", {}),
            ("GET", "/v1/nothing", {}),
        ):
            got = requests.request(method, ours + path, timeout=30, **more)
            expected = server.ask(method, path, **more)
            assert (got.status_code, _plain(got.text)) == (expected.status_code, _plain(expected.text)), path
            assert {k: v for k, v in got.headers.items() if k not in ("date", "content-length")} == {
                k: v for k, v in expected.headers.items() if k not in ("date", "content-length")
            }
    whole.replica.__del__()
    assert not [one for one in threading.enumerate() if one.name.startswith(("emovere-photo", "emovere-read"))]


def _plain(text: str) -> Any:
    """Without the times, which differ."""
    try:
        data = json.loads(text)
    except ValueError:
        return text
    for frame in data.get("frames", ()) if isinstance(data, dict) else ():
        frame.pop("timings_ms", None)
    return data
