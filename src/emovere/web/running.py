"""A server from its socket to its end: one process, or several that share the socket."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from emovere.errors import ConfigError
from emovere.pipeline import Analyzer
from emovere.web.app import SHARED, create_app, share
from emovere.web.guard import LONGEST_HEAD
from emovere.web.metrics import FOLDER
from emovere.web.protocol import Protocol
from emovere.web.scratch import private_folder
from emovere.web.settings import ServeSettings

BACKLOG = 512
GRACE_S = 5
"""Seconds for which requests that are under way are waited for at the end."""


def serve(settings: ServeSettings, ready: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or a polite kill.

    ready: is told the address once connections are taken. Raises ConfigError where the address cannot be had, and
    what loading the networks raises.
    """
    with listen(settings.host, settings.port) as sock:
        address = address_of(sock, settings.host)
        if settings.workers > 1:
            Analyzer(settings.options)  # what cannot be loaded is told here, once
            with _shared(settings):
                _processes(settings, sock, lambda: ready(address))
            return
        server = uvicorn.Server(server_config(settings, create_app(settings)))
        with _ended_by_signals(server):
            ready(address)
            server.run(sockets=[sock])


def _processes(settings: ServeSettings, sock: socket.socket, ready: Callable[[], None]) -> None:
    config = server_config(settings, "emovere.web.app:from_environment", factory=True, workers=settings.workers)
    supervisor = Multiprocess(config, sockets=[sock])
    ready()
    supervisor.run()


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections. Raises ConfigError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        sock = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigError(f"--host: expected an address of this machine; got {host!r}: {error.strerror}") from error
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        sock.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            f"{host}:{port} cannot be served: {reason[:1].lower()}{reason[1:]}; choose another --port, or 0 for any "
            f"that is free"
        ) from error
    sock.set_inheritable(True)
    return sock


def address_of(sock: socket.socket, host: str) -> str:
    """What to type into a browser on this machine."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{sock.getsockname()[1]}/"


def server_config(settings: ServeSettings, app: Any, **more: Any) -> uvicorn.Config:
    """How uvicorn serves an app. more: further settings of uvicorn's."""
    return uvicorn.Config(
        app,
        http=Protocol,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        ws="auto",
        ws_max_size=settings.limits.live_frame_bytes,
        access_log=False,
        server_header=False,
        log_level="error",
        proxy_headers=bool(settings.proxy),
        forwarded_allow_ips=settings.proxy,
        timeout_graceful_shutdown=GRACE_S,
        lifespan="on",
        backlog=BACKLOG,
        **more,
    )


@contextlib.contextmanager
def _ended_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """While uvicorn runs it ends by these signals in good order; one that comes before lets it end as it begins.

    Afterwards uvicorn raises them once more, which is to do nothing.
    """

    def end(*_: object) -> None:
        server.should_exit = True

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _shared(settings: ServeSettings) -> Iterator[None]:
    """A private folder with what the workers share: the settings, the token among them, uploads, and the numbers."""
    with private_folder() as folder:
        os.environ[FOLDER] = str(share(settings, folder))
        os.environ[SHARED] = str(folder)
        try:
            yield
        finally:
            del os.environ[SHARED], os.environ[FOLDER]
