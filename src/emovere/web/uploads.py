"""Bodies of requests, with an end to their length and to their time.

A body is multipart/form-data with one file, or the file's bytes themselves. Names are the server's own: what a client
calls its file is never looked at.
"""

from __future__ import annotations

import asyncio
import errno
import time
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect

from emovere.web.multipart import OneFile
from emovere.web.problems import ApiProblem

SLOWEST = 100_000
"""Bytes a second that an upload must reach in the long run; the first ``limits.upload_seconds`` are free."""

BLOCK = 1 << 20
"""Bytes that are gathered before they go to the disk."""


async def admitted(request: Request) -> AsyncIterator[None]:
    """A route's dependency: uploads are held in memory, so only so many come at once, however slowly.

    Raises ApiProblem 503.
    """
    service = request.app.state.service
    most = 2 * service.settings.limits.queue
    if service.uploads >= most:
        service.metrics.refused("uploads")
        raise ApiProblem(
            503, "Busy", f"{service.uploads} uploads are under way; expected fewer; try again", {"Retry-After": "1"}
        )
    service.uploads += 1
    try:
        yield
    finally:
        service.uploads -= 1


def upload_body(field: str, *types: str) -> dict[str, Any]:
    """For ``openapi_extra=`` of a route: what its body may be. types: of a body that is the file itself."""
    binary = {"type": "string", "format": "binary"}
    form = {"type": "object", "required": [field], "properties": {field: binary}, "additionalProperties": False}
    content = {"multipart/form-data": {"schema": form}} | {name: {"schema": binary} for name in types}
    return {"requestBody": {"required": True, "content": content}}


async def read_upload(request: Request, field: str, most_bytes: int) -> bytes:
    """The file that a request brings. Raises ApiProblem 400, 408, 413, 415 or 422."""
    data = bytearray()
    async for block in _file(request, field, most_bytes):
        data += block
    if not data:
        raise _empty(field)
    return bytes(data)


async def save_upload(request: Request, field: str, most_bytes: int, folder: Path) -> Path:
    """The file that a request brings, in a folder, under a name of the server's; nothing is left if it fails.

    Raises ApiProblem as ``read_upload``, and 507 where the disk is full.
    """
    path = folder / uuid.uuid4().hex
    file = await asyncio.to_thread(path.open, "xb")
    held = bytearray()
    kept = False
    try:
        async for block in _file(request, field, most_bytes):
            held += block
            if len(held) >= BLOCK:
                await asyncio.to_thread(file.write, bytes(held))
                held.clear()
        await asyncio.to_thread(file.write, bytes(held))
        await asyncio.to_thread(file.close)
        if not path.stat().st_size:
            raise _empty(field)
        kept = True
        return path
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ApiProblem(507, "Disk full", "the server has no room for this file") from error
        raise
    finally:
        if not kept:
            _discard(file, path)


def _discard(file: Any, path: Path) -> None:
    try:
        file.close()
    except OSError:  # what a full disk refused was told already
        pass
    finally:
        path.unlink(missing_ok=True)


async def _file(request: Request, field: str, most_bytes: int) -> AsyncIterator[bytes]:
    """The file's bytes as they come."""
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise ApiProblem(415, "Unknown encoding", f"expected the bytes as they are; got Content-Encoding {encoding!r}")
    content_type = request.headers.get("content-type", "")
    of_form = content_type.lower().startswith("multipart/")
    spare = 65_536 if of_form else 0  # a form's own headers and boundaries
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > most_bytes + spare:
        raise _too_large(int(announced), most_bytes)
    blocks: list[bytes] = []
    take: Callable[[bytes], None] = blocks.append
    form = OneFile(content_type, field, take) if of_form else None
    received = length = 0
    async for chunk in _chunks(request):
        received += len(chunk)
        if form is None:
            take(chunk)
        else:
            form.write(chunk)
        for block in blocks:
            length += len(block)
            yield block
        blocks.clear()
        if length > most_bytes or received > most_bytes + spare:
            raise _too_large(received, most_bytes)
    if form is not None:
        form.close()


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """The body's chunks; a client that sends too slowly is not waited for."""
    patience: float = request.app.state.service.settings.limits.upload_seconds
    started, received = time.monotonic(), 0
    stream = request.stream()
    while True:
        deadline = started + patience + received / SLOWEST
        try:
            async with asyncio.timeout(min(patience, deadline - time.monotonic())):
                chunk = await anext(stream, None)
        except TimeoutError as error:
            raise ApiProblem(
                408,
                "Too slow",
                f"expected the whole body within {patience:g} s, or {SLOWEST // 1000} kB a second; got {received:,} "
                f"bytes and then waited",
                {"Connection": "close"},
            ) from error
        except ClientDisconnect as error:
            raise ApiProblem(400, "Broken off", f"the body broke off after {received:,} bytes") from error
        if chunk is None:
            return
        received += len(chunk)
        yield chunk


def _empty(field: str) -> ApiProblem:
    return ApiProblem(400, "Empty", f"expected a {field}; got 0 bytes")


def _too_large(got: int, most: int) -> ApiProblem:
    return ApiProblem(413, "Too large", f"expected at most {most:,} bytes; got {got:,} or more")
