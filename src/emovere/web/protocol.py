"""HTTP as uvicorn speaks it, with an end to patience, and with problem details where even HTTP is broken."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from emovere.report.json_document import dumps
from emovere.web.guard import HEAD_TOO_LONG, HEADERS
from emovere.web.problems import MEDIA_TYPE, ApiProblem

HEAD_S = 15.0
"""Seconds in which a request's head must have come."""

DISCARD_S = 10.0
"""Seconds for which the rest of a body is taken and thrown away that was refused before its end."""


class Protocol(H11Protocol):
    """One connection."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come: it has some seconds to say what it wants."""
        super().connection_made(transport)
        self._wait(HEAD_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """It has gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes of a request."""
        super().data_received(data)
        self._watch()

    def handle_websocket_upgrade(self, event: Any) -> None:
        """From here on it is another protocol's."""
        self._stop_waiting()
        super().handle_websocket_upgrade(event)

    def on_response_complete(self) -> None:
        """An answer was given, perhaps before the request's end."""
        super().on_response_complete()
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP."""
        problem = HEAD_TOO_LONG
        if getattr(sys.exception(), "error_status_hint", 400) != HEAD_TOO_LONG.status:
            problem = ApiProblem(400, "Malformed request", "expected a request of HTTP/1.1; got something else")
        body = dumps(problem.to_dict("")).encode()
        headers = [
            ("Content-Type", MEDIA_TYPE),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            *HEADERS.items(),
        ]
        try:
            for event in (
                h11.Response(status_code=problem.status, headers=headers),
                h11.Data(data=body),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:
            pass  # an answer is under way already: all that is left is to hang up
        self.transport.close()

    def _watch(self) -> None:
        """Start or end the patience, by where the connection stands."""
        theirs, ours = self.conn.their_state, self.conn.our_state
        if self.transport.is_closing():
            self._stop_waiting()
        elif theirs is h11.SEND_BODY and ours is h11.DONE:
            self._wait(DISCARD_S)
        elif theirs is h11.IDLE and self.conn.trailing_data[0]:
            self._wait(HEAD_S)
        elif theirs is not h11.IDLE or self.timeout_keep_alive_task is not None:
            self._stop_waiting()

    def _wait(self, seconds: float) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        self.transport.abort()
