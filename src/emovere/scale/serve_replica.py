"""One copy of the app in a process of Ray's: the front hands it what clients ask, and sends on what it answers.

Photos of several clients are batched inside each replica by ``web.batcher``, as in a server without Ray, and not by
``serve.batch``: that one gathers whole calls, but here each photo is decoded and searched for faces by itself, and only
the network's calls are shared.
"""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Any

from starlette.types import Message

from emovere.web.app import create_app
from emovere.web.service import Service, cores
from emovere.web.settings import ServeSettings

_LOG = logging.getLogger("emovere.web")

AT_ONCE = 65_536
"""Bytes of an answer that are held so that it goes back in one piece."""


class Replica:
    """Made by Ray Serve, which asks it in one event loop."""

    def __init__(self, front: Any, settings: dict[str, Any], scratch: str | None, threads: int) -> None:
        """Load the networks. front: the actor that asks. scratch: what all replicas of its node share; None for no
        such folder. threads: that decode photos and find faces.

        Raises UnknownModel, ModelError, WeightsError or ConfigError.
        """
        self._front = front
        mine = dataclasses.replace(ServeSettings.from_dict(settings), workers=max(1, cores(1) // threads))
        self._app = create_app(mine, Path(scratch) if scratch else None)

    async def answer(self, scope: dict[str, Any], first: list[Message], number: int) -> list[Message]:
        """What of the answer is not sent yet when it is whole.

        scope: as ASGI says. first: what has come of the request already. number: by which the front knows it.
        """
        exchange = _Exchange(self._front, number, first, scope["type"])
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except Exception:  # the app has answered with a problem, and leaves it to its server to say why
            if not exchange.answered:
                raise
            _LOG.exception("a request failed")
        return exchange.held

    def __del__(self) -> None:
        """End the threads, tell the videos that are under way, and leave nothing behind; Ray Serve asks for it."""
        app = self.__dict__.pop("_app", None)
        if app is not None:
            service: Service = app.state.service
            service.close()


class _Exchange:
    """One request and its answer, as ASGI's ``receive`` and ``send``."""

    def __init__(self, front: Any, number: int, first: list[Message], type: str) -> None:
        self._front, self._number = front, number
        self._gone: Message = {"type": f"{type}.disconnect", **({"code": 1006} if type == "websocket" else {})}
        self._came = list(reversed(first))
        self.held: list[Message] = []
        self.answered = False
        self._size = 0

    async def receive(self) -> Message:
        """The next part of the request, or that the client has gone."""
        if not self._came:
            self._came = list(reversed(await self._front.receive.remote(self._number))) or [self._gone]
        message = self._came.pop()
        if message["type"].endswith(".disconnect"):
            self._came.append(message)  # it says so again whenever it is asked
        return message

    async def send(self, message: Message) -> None:
        """A part of the answer. Raises OSError where the client has gone."""
        self.answered = True
        self.held.append(message)
        self._size += len(message.get("body", b""))
        whole = message["type"] == "http.response.start" or (
            message["type"] == "http.response.body" and not message.get("more_body") and self._size <= AT_ONCE
        )
        if not whole:
            held, self.held, self._size = self.held, [], 0
            if not await self._front.send.remote(self._number, held):
                raise OSError("the client has gone")
