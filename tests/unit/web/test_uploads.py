"""Uploads: into memory, into a file of the server's own name, and nothing left of those that fail."""

from __future__ import annotations

import asyncio
import errno
import os
import types

import pytest
from fastapi import Request
from tests.serving import form

from emovere.web import uploads
from emovere.web.multipart import OneFile
from emovere.web.problems import ApiProblem
from emovere.web.settings import Limits
from emovere.web.uploads import read_upload, save_upload

pytestmark = pytest.mark.timeout(30)


def request(*chunks: bytes, pause_s: float = 0.0, cut: bool = False, **headers: str) -> Request:
    """A request whose body comes in chunks. cut: the client goes away after them."""
    waiting = list(chunks)

    async def receive():
        await asyncio.sleep(pause_s)
        if waiting:
            body = waiting.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(waiting) or cut}
        return {"type": "http.disconnect"}

    limits = Limits(upload_seconds=1.0)
    service = types.SimpleNamespace(settings=types.SimpleNamespace(limits=limits))
    app = types.SimpleNamespace(state=types.SimpleNamespace(service=service))
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "headers": lines, "app": app}, receive)


def test_raw_bytes():
    assert asyncio.run(read_upload(request(b"ab", b"", b"c"), "photo", 3)) == b"abc"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_a_form_in_chunks_of_any_size(size):
    data = bytes(range(256)) * 3 + b"\r\n--xy"
    body, kind = form(("photo", "x", data))
    chunks = [body[i : i + size] for i in range(0, len(body), size)]
    assert asyncio.run(read_upload(request(*chunks, content_type=kind), "photo", 1000)) == data


def test_exactly_the_most_is_welcome_and_one_more_is_not():
    assert len(asyncio.run(read_upload(request(b"x" * 10), "photo", 10))) == 10
    with pytest.raises(ApiProblem, match="at most 10 bytes; got 11") as told:
        asyncio.run(read_upload(request(b"x" * 11), "photo", 10))
    assert told.value.status == 413
    body, kind = form(("photo", "x", b"x" * 11))
    with pytest.raises(ApiProblem, match="at most 10 bytes"):
        asyncio.run(read_upload(request(body, content_type=kind), "photo", 10))


def test_a_long_preamble_does_not_hide_an_endless_form():
    chunks = [b"noise " * 5000] * 10
    with pytest.raises(ApiProblem) as told:
        asyncio.run(read_upload(request(*chunks, content_type="multipart/form-data; boundary=x"), "photo", 10))
    assert told.value.status in (400, 413)


def test_a_client_that_goes_away():
    with pytest.raises(ApiProblem, match="broke off after 2 bytes"):
        asyncio.run(read_upload(request(b"ab", cut=True), "photo", 10))


def test_a_pause_that_is_too_long():
    with pytest.raises(ApiProblem, match="and then waited") as told:
        asyncio.run(read_upload(request(b"a", b"b", pause_s=1.5), "photo", 10))
    assert told.value.status == 408


def test_a_steady_drip_ends_by_the_pace(monkeypatch):
    monkeypatch.setattr(uploads, "SLOWEST", 1000)
    with pytest.raises(ApiProblem) as told:
        asyncio.run(read_upload(request(*[b"a"] * 100, pause_s=0.1), "photo", 1000))
    assert told.value.status == 408
    large = [b"a" * 500] * 15
    assert len(asyncio.run(read_upload(request(*large, pause_s=0.1), "photo", 10_000))) == 7500


def test_a_file_has_the_servers_name(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "BLOCK", 100)
    body, kind = form(("video", "../../evil", b"frame" * 200))
    path = asyncio.run(save_upload(request(body[:300], body[300:], content_type=kind), "video", 10_000, tmp_path))
    assert path.parent == tmp_path
    assert path.read_bytes() == b"frame" * 200
    assert path.name.isalnum()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("bad", "status"),
    [
        ({"chunks": [b"x" * 101]}, 413),
        ({"chunks": [b""]}, 400),
        ({"chunks": [b"ab"], "cut": True}, 400),
        ({"chunks": [b"ab"], "content_encoding": "gzip"}, 415),
        ({"chunks": [b"ab"], "content_type": "multipart/form-data; boundary=x"}, 400),
    ],
)
def test_nothing_is_left_of_a_file_that_fails(tmp_path, bad, status):
    chunks = bad.pop("chunks")
    with pytest.raises(ApiProblem) as told:
        asyncio.run(save_upload(request(*chunks, **bad), "video", 100, tmp_path))
    assert told.value.status == status
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    real = uploads.asyncio.to_thread

    async def to_thread(work, *arguments):
        return await real(full if getattr(work, "__name__", "") == "write" else work, *arguments)

    monkeypatch.setattr(uploads.asyncio, "to_thread", to_thread)
    with pytest.raises(ApiProblem) as told:
        asyncio.run(save_upload(request(b"abc"), "video", 100, tmp_path))
    assert told.value.status == 507
    assert not list(tmp_path.iterdir())


def test_bytes_after_the_last_boundary_are_passed_over():
    body, kind = form(("photo", "x", b"data"))
    taken: list[bytes] = []
    one = OneFile(kind, "photo", taken.append)
    one.write(body)
    one.write(b"epilogue --xyz")
    one.close()
    assert b"".join(taken) == b"data"
