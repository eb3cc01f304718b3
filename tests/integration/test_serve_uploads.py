"""Every kind of bad upload gets a clear answer, and the next good request is still served."""

from __future__ import annotations

import gzip
import io
import socket
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from tests.serving import Answer, Running, form, jpeg, picture, serving

from emovere.web.settings import Limits

pytestmark = pytest.mark.timeout(60)

LIMITS = Limits(bytes=300_000, pixels=1_000_000, upload_seconds=1.0, rate=0)


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("serve"), LIMITS) as running:
        yield running


@pytest.fixture(autouse=True)
def still_serves(server):
    yield
    assert server.ask("POST", "/v1/analyze", data=jpeg()).status_code == 200


def request(
    server: Running,
    body: bytes,
    *headers: str,
    path: str = "/v1/analyze",
    method: str = "POST",
    length: int | None = None,
) -> bytes:
    """A request as it goes over the line."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {server.host}:{server.port}", *headers]
    if not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in headers):
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def assert_problem(answer: Answer, status: int, word: str) -> None:
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "instance"}
    assert problem["status"] == status
    assert word in problem["detail"], problem["detail"]
    assert "\n" not in problem["detail"]
    assert "Traceback" not in problem["detail"]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(width: int, height: int) -> bytes:
    """A small PNG that unpacks to width x height grey pixels."""
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(b"\0" * (width + 1)) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def zip_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("photo.jpg", b"\0" * 20_000_000)
    return file.getvalue()


BOMB = png_bomb(9_000, 9_000)
BROKEN = picture("PNG", 200, 200).replace(b"IDAT", b"IDAT" + b"\xff" * 40)

NOT_PHOTOS = {
    "broken": (BROKEN, 400, "damaged"),
    "empty": (b"", 400, "0 bytes"),
    "truncated": (jpeg(300, 300)[:-400], 400, "truncated"),
    "text": (b"I am a photo, believe me\n" * 5, 415, "text"),
    "svg": (
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        415,
        "text",
    ),
    "html": (b"<!doctype html><script>alert(1)</script>", 415, "text"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", 415, "PDF"),
    "video": (b"\x1a\x45\xdf\xa3" + bytes(200), 415, "video"),
    "executable": (b"\x7fELF\x02\x01\x01" + bytes(200), 415, "no picture"),
    "zip bomb": (zip_bomb(), 415, "no picture"),
    "png bomb": (BOMB, 413, "pixels"),
    "huge in pixels": (jpeg(1200, 900), 413, "1200 x 900"),
    "no pixels": (png_bomb(0, 0), 400, "photo"),
    "a header alone": (b"\x89PNG\r\n\x1a\n", 400, "photo"),
    "huge in bytes": (jpeg() + bytes(300_000), 413, "300,000 bytes"),
}


@pytest.mark.parametrize("name", NOT_PHOTOS)
@pytest.mark.parametrize("way", ["raw", "form"])
def test_what_is_no_good_photo_is_told(server, name, way):
    body, status, word = NOT_PHOTOS[name]
    kind = "image/jpeg"
    if way == "form":
        body, kind = form(("photo", "photo.jpg", body))
    assert_problem(server.send(request(server, body, f"Content-Type: {kind}")), status, word)


def test_a_bomb_is_not_unpacked(server):
    started = time.process_time()
    assert server.send(request(server, BOMB)).status == 413
    assert time.process_time() - started < 0.2  # unpacking takes longer: 81 megapixels


def test_the_length_decides_before_the_body_comes(server):
    head = request(server, b"", "Content-Length: 99999999999")
    assert_problem(server.send(head), 413, "99,999,999,999")


def test_a_body_shorter_than_its_length(server):
    assert server.send(request(server, jpeg(), length=len(jpeg()) + 100), end=True).status in (0, 400)


def test_a_body_longer_than_its_length_is_cut(server):
    answer = server.send(request(server, jpeg(300, 300), length=500))
    assert_problem(answer, 400, "truncated")


def test_a_slow_sender_is_cut_off(server):
    started = time.monotonic()
    answer = server.send(request(server, jpeg()[:100], length=len(jpeg())))
    assert_problem(answer, 408, "waited")
    assert answer.headers["connection"] == "close"
    assert time.monotonic() - started > 0.9


def drip(sock: socket.socket, data: bytes) -> None:
    for byte in data:
        sock.sendall(bytes([byte]))
        time.sleep(0.1)


def test_a_drip_is_cut_off_too(server):
    with socket.create_connection((server.host, server.port), timeout=45) as sock:
        sock.sendall(request(server, b"", length=len(jpeg())))
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            drip(sock, jpeg()[:300])


def test_a_chunked_body_without_end(server):
    head = request(server, b"", "Transfer-Encoding: chunked")
    pieces = [b"2000\r\n" + bytes(0x2000) + b"\r\n"] * 60
    assert_problem(server.send(head, *pieces), 413, "300,000 bytes")


def test_a_chunked_body_is_welcome(server):
    head = request(server, b"", "Transfer-Encoding: chunked")
    size = f"{len(jpeg()):x}\r\n".encode()
    assert server.send(head, size + jpeg() + b"\r\n0\r\n\r\n").status == 200


def test_a_broken_chunk(server):
    answer = server.send(request(server, b"xyz\r\n", "Transfer-Encoding: chunked"))
    assert answer.status in (0, 400)


@pytest.mark.parametrize(
    ("files", "status", "word"),
    [
        ((), 422, "got none"),
        ((("picture", "a.jpg", jpeg()),), 422, "got 'picture'"),
        ((("photo", "a.jpg", jpeg()), ("photo", "b.jpg", jpeg())), 422, "got several"),
        ((("photo", "a.jpg", jpeg()), ("more", "b.jpg", jpeg())), 422, "got 'more'"),
        ((("<script>\x07", "a.jpg", jpeg()),), 422, "field 'photo'"),
    ],
    ids=["no field", "another field", "two files", "one too many", "script in the field's name"],
)
def test_forms_bring_one_file(server, files, status, word):
    body, kind = form(*files)
    assert_problem(server.send(request(server, body, f"Content-Type: {kind}")), status, word)


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd",
        "..\\..\\boot.ini",
        "a\0b.jpg",
        "<script>alert(1)</script>.jpg",
        "x" * 10_000,
        "=1+1.csv",
        "",
    ],
    ids=["path", "backslashes", "NUL", "script", "10 kB", "formula", "empty"],
)
def test_file_names_are_not_looked_at(server, name):
    body, kind = form(("photo", name, jpeg()))
    answer = server.send(request(server, body, f"Content-Type: {kind}"))
    assert answer.status == 200, answer.body
    assert answer.json()["frames"][0]["source"] == "photo"
    assert "script" not in answer.body.decode()


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("multipart/form-data; boundary=another", "form"),
        ("multipart/form-data", "boundary"),
        (f"multipart/form-data; boundary={'b' * 500}", "oundary"),
        ("multipart/mixed; boundary=xyz", ""),
    ],
    ids=["another boundary", "no boundary", "a long boundary", "another multipart"],
)
def test_forms_are_whole(server, kind, word):
    body, _ = form(("photo", "a.jpg", jpeg()))
    answer = server.send(request(server, body, f"Content-Type: {kind}"))
    if kind.startswith("multipart/mixed"):
        assert answer.status == 200
    else:
        assert_problem(answer, 400, word)


def test_a_form_that_ends_too_early(server):
    body, kind = form(("photo", "a.jpg", jpeg()))
    answer = server.send(request(server, body[:-20], f"Content-Type: {kind}"))
    assert_problem(answer, 400, "last boundary")


def test_a_form_with_endless_headers(server):
    body = b"--xyz\r\n" + b"X-Long: " + b"a" * 50_000 + b"\r\n\r\n" + jpeg() + b"\r\n--xyz--\r\n"
    answer = server.send(request(server, body, "Content-Type: multipart/form-data; boundary=xyz"))
    assert_problem(answer, 400, "form")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip"])
def test_packed_bodies_are_refused(server, encoding):
    answer = server.send(request(server, gzip.compress(jpeg()), f"Content-Encoding: {encoding}"))
    assert_problem(answer, 415, "Content-Encoding")


@pytest.mark.parametrize(
    "line",
    ["Content-Length: -5", "Content-Length: ten", "Content-Length: 1, 2", "No colon here"],
    ids=["negative length", "length in words", "two lengths", "no header"],
)
def test_broken_http_is_told_in_problem_details(server, line):
    answer = server.send(request(server, jpeg(), line))
    assert_problem(answer, 400, "HTTP/1.1")
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_header_of_100_kb_is_refused(server):
    head = request(server, b"", "X-Long: " + "a" * 100_000)
    assert_problem(server.send(head), 431, "32,768 bytes")
    assert_problem(server.send(*(head[i : i + 1000] for i in range(0, len(head), 1000))), 431, "32,768 bytes")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_refused(server, method):
    answer = server.send(request(server, b"", method=method))
    assert_problem(answer, 405, method)
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("lables=fer7", "did you mean 'labels'"),
        ("labels=fer9", "unknown label"),
        ("labels=happy", "at least two"),
        ("labels=happy,happy", "once"),
        ("labels=%3Cscript%3Ealert(1)%3C/script%3E,happy", "unknown label"),
        ("labels=" + "x" * 300, "200"),
        ("labels=%00,happy", "unknown label"),
        ("crops=maybe", "crops"),
        ("format=exe", "format"),
    ],
)
def test_wrong_parameters_are_told(server, query, word):
    answer = server.send(request(server, jpeg(), path=f"/v1/analyze?{query}"))
    assert_problem(answer, 422, word)
    assert answer.headers["x-content-type-options"] == "nosniff"


def animation() -> bytes:
    pages = [Image.fromarray(np.full((40, 60), 40 * i, np.uint8)) for i in range(4)]
    file = io.BytesIO()
    pages[0].save(file, "GIF", save_all=True, append_images=pages[1:])
    return file.getvalue()


def deep() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.arange(48 * 64, dtype=np.uint16).reshape(48, 64) * 20).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    "photo",
    [
        animation(),
        deep(),
        picture("JPEG", mode="CMYK"),
        picture("PNG", mode="RGBA"),
        picture("PNG", mode="P"),
        picture("WEBP"),
        picture("BMP"),
        picture("TIFF"),
        jpeg(1, 1),
        jpeg(1000, 1000),
    ],
    ids=[
        "animation",
        "16 bits",
        "CMYK",
        "transparent",
        "palette",
        "webp",
        "bmp",
        "tiff",
        "one pixel",
        "all the pixels",
    ],
)
def test_unusual_photos_are_good_ones(server, photo):
    answer = server.send(request(server, photo, "Content-Type: text/plain"))
    assert answer.status == 200, answer.body
    (frame,) = answer.json()["frames"]
    assert (frame["height"], frame["width"]) == Image.open(io.BytesIO(photo)).size[::-1]


def test_a_client_that_goes_away_is_not_missed(server):
    for _ in range(20):
        with socket.create_connection((server.host, server.port), timeout=5) as sock:
            sock.sendall(request(server, jpeg()))
    deadline = time.monotonic() + 40
    while server.service.batcher.waiting and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.service.batcher.waiting == 0
