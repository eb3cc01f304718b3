"""The review page from its socket to its end."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator

import uvicorn

from emovere.web.review.app import create_app
from emovere.web.review.desk import Desk
from emovere.web.running import address_of, listen, server_config
from emovere.web.settings import ServeSettings


class _Server(uvicorn.Server):
    """Leaves signals to ``serve``, which listens to them from before the address is told."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing to do here."""
        yield


def serve(desk: Desk, settings: ServeSettings, ready: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or a polite kill. ready: is told the address. Raises ConfigError where it cannot be had."""
    with listen(settings.host, settings.port) as sock:
        server = _Server(server_config(settings, create_app(desk, settings)))
        before = {number: signal.signal(number, server.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            ready(address_of(sock, settings.host))
            server.run(sockets=[sock])
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
