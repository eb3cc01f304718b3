"""A server to test against: the real app behind real sockets, in a thread of the test's process."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import requests
import uvicorn
from fastapi import FastAPI
from PIL import Image

from emovere.config import Options
from emovere.pipeline import with_settings
from emovere.web.app import create_app
from emovere.web.running import listen, server_config
from emovere.web.service import Service
from emovere.web.settings import Limits, ServeSettings

TOKEN = "correct-horse-battery"


@dataclass(frozen=True)
class Answer:
    """What came back over a bare socket; status 0 where the connection was closed without an answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Running:
    """A server that runs."""

    app: FastAPI
    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def service(self) -> Service:
        service: Service = self.app.state.service
        return service

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        return requests.request(method, self.url + path, timeout=60, **more)

    def send(self, *parts: bytes, end: bool = False, timeout: float = 45.0) -> Answer:
        """Send bytes as they are and read the answer. end: whether the client's half is closed after them."""
        with socket.create_connection((self.host, self.port), timeout=timeout) as sock:
            # a server may answer and hang up before it has everything
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for part in parts:
                    sock.sendall(part)
                if end:
                    sock.shutdown(socket.SHUT_WR)
            return answer(sock)


def answer(sock: socket.socket) -> Answer:
    """Read one answer from a socket."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while b"\r\n\r\n" not in data:
            if not (more := sock.recv(65536)):
                break
            data += more
    if b"\r\n\r\n" not in data:
        return Answer(0, {}, data)
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", 0))
    while len(body) < length and (more := sock.recv(65536)):
        body += more
    return Answer(int(first.split()[1]), headers, body)


@contextlib.contextmanager
def serving(folder: Path, limits: Limits | None = None, **settings: Any) -> Iterator[Running]:
    """A server with the detector haar, which needs no file, and a journal in a folder."""
    options = with_settings(Options(), detector="haar")
    wanted = {"options": options, "journal": str(folder / "journal.db"), "limits": limits or Limits(rate=0)}
    chosen = ServeSettings(port=0, **{**wanted, **settings})
    app = create_app(chosen)
    with listen(chosen.host, 0) as sock:
        server = uvicorn.Server(server_config(chosen, app))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        try:
            yield Running(app, chosen.host, sock.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


def jpeg(width: int = 64, height: int = 48, **options: Any) -> bytes:
    """A good photo without a face."""
    return picture("JPEG", width, height, **options)


def picture(format: str, width: int = 64, height: int = 48, mode: str = "RGB", **options: Any) -> bytes:
    """A good picture of any format, of smooth colours."""
    ramp = np.linspace(0, 255, width, dtype=np.uint8)[None].repeat(height, 0)
    file = io.BytesIO()
    Image.fromarray(np.dstack([ramp, ramp[:, ::-1], ramp])).convert(mode).save(file, format, **options)
    return file.getvalue()


def form(*files: tuple[str, str, bytes], boundary: str = "xyz") -> tuple[bytes, str]:
    """A multipart body of (field, file name, bytes), and its content type."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'.encode()
        + b"Content-Type: image/jpeg\r\n\r\n"
        + data
        + b"\r\n"
        for field, name, data in files
    ]
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"
