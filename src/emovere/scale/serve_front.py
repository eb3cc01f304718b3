"""The one process that talks to clients, and hands what they ask to the replicas, which answer it.

Ray's own proxy would hold a request's whole body, and an answer's, in memory, however large they are and however
slowly the other side takes them, and waits for ever for a request's head. Here both directions wait for each other: the
front reads no further than ``MOST_HELD`` bytes ahead of a replica, and a replica sends the next part of an answer when
the client has taken the one before. HTTP is spoken as by the server of one process, with the same limits.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from typing import Any

import uvicorn
from starlette.types import Message, Receive, Scope, Send

from emovere.extras import optional
from emovere.scale.serve_refuse import NO_METRICS, refuse
from emovere.web.problems import ApiProblem
from emovere.web.running import address_of, listen, server_config
from emovere.web.settings import ServeSettings

MOST_HELD = 524_288
"""Bytes of one request that are read ahead of the replica that takes them."""

MOST_OPEN = 500
"""Requests and connections at once."""

TOGETHER_S = 0.01
"""Seconds for which the front waits for a body to be whole, so that a small one goes to its replica at once."""

BEGIN_S = 10.0

_KEPT = (
    "type", "asgi", "http_version", "server", "client", "scheme", "method", "root_path", "path", "raw_path",
    "query_string", "headers", "subprotocols", "extensions",
)  # fmt: skip
"""Of an ASGI scope, what goes to a replica: everything but what belongs to this process."""

_OF_ONE_NODE = ("/v1/videos", "/v1/live", "/v1/sessions", "/v1/journal", "/metrics")
"""Paths of what lies in the front's node: uploads, their results, the journal's file."""

_REPEATABLE = ("GET", "HEAD", "OPTIONS")
_LOG = logging.getLogger("emovere.web")

_BUSY = ApiProblem(503, "Busy", f"{MOST_OPEN} requests are under way; expected fewer; try again", {"Retry-After": "1"})
_GONE = ApiProblem(503, "Replica gone", "the process that worked on this ended; send it again", {"Retry-After": "1"})


class Front:
    """Made as an actor on the node where it listens; its methods are called by its maker and by the replicas."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = ServeSettings.from_dict(settings)

    async def listen(self) -> str:
        """Take the address; returns what to type into a browser. Raises ConfigError."""
        self._socket = listen(self._settings.host, self._settings.port)
        return address_of(self._socket, self._settings.host)

    async def begin(self, here: Any, anywhere: Any | None) -> None:
        """Take connections. here, anywhere: handles of the replicas on this node, and of those on all of several."""
        self._forwarding = Forwarding(here, anywhere)
        # apart from this class, whose methods Ray wraps
        self._server = uvicorn.Server(server_config(self._settings, self._forwarding))
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        async with asyncio.timeout(BEGIN_S):
            while not self._server.started and not self._serving.done():
                await asyncio.sleep(0.01)

    async def serving(self) -> None:
        """Return when nothing is served any more, whyever."""
        await asyncio.shield(self._serving)

    async def end(self) -> None:
        """Take no more; returns when what is under way is finished, or cut off after ``running.GRACE_S``."""
        self._server.should_exit = True
        await self._serving

    async def receive(self, number: int) -> list[Message]:
        """For a replica: what of a request has come since, as soon as there is something; [] where nothing will."""
        return await self._forwarding.receive(number)

    async def send(self, number: int, messages: list[Message]) -> bool:
        """For a replica: a part of its answer; returns when the client has taken it, False where nobody does."""
        return await self._forwarding.send(number, messages)


class Forwarding:
    """An ASGI app that has replicas answer."""

    def __init__(self, here: Any, anywhere: Any | None) -> None:
        self._here, self._anywhere = here, anywhere or here
        self._several = anywhere is not None
        self._open: dict[int, _Open] = {}
        self._numbers = itertools.count()

    async def receive(self, number: int) -> list[Message]:
        """As ``Front.receive``."""
        one = self._open.get(number)
        return [] if one is None else await one.take()

    async def send(self, number: int, messages: list[Message]) -> bool:
        """As ``Front.send``."""
        one = self._open.get(number)
        return one is not None and await one.send(messages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or one connection of a live view, from its beginning to its end."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if (problem := self._refusal(scope)) is not None:
            await refuse(problem, scope, receive, send)
            return
        number = next(self._numbers)
        one = self._open[number] = _Open(receive, send)
        reading = asyncio.create_task(one.read())
        try:
            kept = {name: scope[name] for name in _KEPT if name in scope}
            await one.send(await self._answered(kept, number, one))
        except Exception as error:
            _LOG.warning("a replica did not answer: %s", error)
            if not one.started:
                await refuse(_GONE, scope, receive, send)
            elif scope["type"] == "websocket":
                await one.send([{"type": "websocket.close", "code": 1012, "reason": "the server restarts"}])
            else:
                raise
        finally:
            del self._open[number]
            one.end()
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    def _refusal(self, scope: Scope) -> ApiProblem | None:
        if len(self._open) >= MOST_OPEN:
            return _BUSY
        return NO_METRICS if self._several and scope["path"] == "/metrics" else None

    async def _answered(self, scope: dict[str, Any], number: int, one: _Open) -> list[Message]:
        """What a replica returns; asked twice where the first one died and asking again changes nothing."""
        errors = optional("ray.exceptions", "scale")
        replicas = self._here if scope["path"].startswith(_OF_ONE_NODE) else self._anywhere
        first = await one.first()
        harmless = scope["path"] == "/v1/analyze" or scope.get("method") in _REPEATABLE
        try:
            answered: list[Message] = await replicas.answer.remote(scope, first, number)
        except errors.RayActorError:
            if one.started or not (harmless and one.whole.is_set()):
                raise
            answered = await replicas.answer.remote(scope, first, number)
        return answered


class _Open:
    """One request, or one connection of a live view."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._held: list[Message] = []
        self._size = 0
        self._came, self._room = asyncio.Event(), asyncio.Event()
        self.whole = asyncio.Event()
        """Whether the body has come to its end, or the client has gone."""
        self.full = asyncio.Event()
        """Whether there is no need to wait for more before a replica is asked."""
        self.started = False
        """Whether a part of the answer was sent."""
        self._over = False

    async def read(self) -> None:
        """Hold what comes until it is taken."""
        while not self._over:
            message = await self._receive()
            self._held.append(message)
            self._size += len(message.get("body") or message.get("bytes") or message.get("text") or b"")
            if message["type"].endswith(".disconnect"):
                self._over = True
            if self._over or (message["type"] == "http.request" and not message.get("more_body")):
                self.whole.set()
            if self.whole.is_set() or self._size >= MOST_HELD or message["type"].startswith("websocket."):
                self.full.set()
            self._room.clear()
            self._came.set()
            if self._size >= MOST_HELD:
                await self._room.wait()

    async def first(self) -> list[Message]:
        """What comes with the first asking: the whole body where it is small and there."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TOGETHER_S):
                await self.full.wait()
        return self._all()

    async def take(self) -> list[Message]:
        """What has come since, as soon as there is something; [] where the client has gone."""
        await self._came.wait()
        return self._all()

    async def send(self, messages: list[Message]) -> bool:
        """Hand on to the client; False where it has gone."""
        try:
            for message in messages:
                self.started = True
                await self._send(message)
        except OSError:
            return False
        return not self._over

    def end(self) -> None:
        """Whoever waits for more of it is told that there is none."""
        self._over = True
        self._came.set()

    def _all(self) -> list[Message]:
        taken, self._held, self._size = self._held, [], 0
        if not self._over:
            self._came.clear()
        self._room.set()
        return taken


async def _live(receive: Receive, send: Send) -> None:
    """ASGI's lifespan: there is nothing to begin and nothing to end."""
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
