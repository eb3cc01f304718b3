"""Routes whose bodies are a few words of JSON: a body that is larger, or comes too slowly, is not waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.types import Message

MOST_BYTES = 100_000
PATIENCE_S = 10.0


class SmallBody(APIRoute):
    """For ``APIRouter(route_class=...)``: 413 or 408 before the body is held in memory or waited for."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own handler, given a body with an end."""
        handle = super().get_route_handler()

        async def handle_small(request: Request) -> Response:
            return await handle(Request(request.scope, _Bounded(request).receive))

        return handle_small


class _Bounded:
    """A request's body, as far as it is taken."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._until = time.monotonic() + PATIENCE_S
        self._got = 0
        self._ended = False

    async def receive(self) -> Message:
        """The next message. Raises HTTPException 408 or 413."""
        if self._ended:  # from here on only the client's going can come
            return await self._request.receive()
        try:
            async with asyncio.timeout(self._until - time.monotonic()):
                message = await self._request.receive()
        except TimeoutError as error:
            raise HTTPException(
                408, f"expected the whole body within {PATIENCE_S:g} s; got {self._got:,} bytes"
            ) from error
        self._got += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        if self._got > MOST_BYTES:
            raise HTTPException(413, f"expected at most {MOST_BYTES:,} bytes of JSON; got {self._got:,} or more")
        return message
