"""A server of pictures on loopback that behaves, misbehaves and lies, and imitates the APIs of image searches.

``python -m tests.pictures_server`` starts one and prints the settings with which ``emovere data collect`` asks it.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import io
import json
import struct
import threading
import time
import zipfile
import zlib
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np

BING_KEY = "a-key-that-nobody-may-see"


@functools.cache
def jpeg(number, side=96):
    """A JPEG that looks like no other number's."""
    rng = np.random.default_rng(number)
    image = cv2.resize(rng.integers(0, 255, (6, 6, 3), np.uint8), (side, side), interpolation=cv2.INTER_CUBIC)
    return cv2.imencode(".jpg", image)[1].tobytes()


def png_of_size(width, height):
    """A PNG whose header states a size, and that holds hardly anything."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def a_zip():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../../evil.txt", "x" * 1000)
    return file.getvalue()


@dataclass(frozen=True)
class Asked:
    path: str
    headers: dict[str, str]
    at: float


class PicturesServer:
    """``with PicturesServer() as server``: server.url, and what was asked of it in server.asked.

    Paths: /pictures/N.jpg behaves; see ``_ODD`` for the others. /openverse/, /wikimedia and /bing imitate the APIs:
    ``finds`` pictures a query, ``page`` at a time. robots: the text of robots.txt; None answers 404.
    """

    def __init__(self, robots=None, finds=6, page=3, slow_s=0.0):
        self.robots, self.finds, self.page, self.slow_s = robots, finds, page, slow_s
        self.asked: list[Asked] = []
        self.closed = threading.Event()
        self.troubles: dict[str, int] = {}
        self.most_at_once = self.at_once = 0
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                with outer._lock:
                    outer.asked.append(Asked(self.path, dict(self.headers.items()), time.monotonic()))
                    outer.at_once += 1
                    outer.most_at_once = max(outer.most_at_once, outer.at_once)
                try:
                    with contextlib.suppress(OSError):
                        outer._answer(self)
                finally:
                    with outer._lock:
                        outer.at_once -= 1

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed.set()
        self._server.shutdown()
        self._server.server_close()

    def times(self, path):
        """How often a path was asked for."""
        return sum(asked.path.partition("?")[0] == path for asked in self.asked)

    def pictures_asked(self):
        return [asked.path for asked in self.asked if asked.path.startswith("/pictures/")]

    def _answer(self, handler):
        parts = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        first = parts.path.split("/")[1]
        if parts.path == "/robots.txt":
            send(handler, (self.robots or "").encode(), "text/plain", 200 if self.robots is not None else 404)
        elif first == "pictures":
            time.sleep(self.slow_s)
            send(handler, jpeg(int(parts.path.split("/")[2].partition(".")[0])))
        elif first in ("openverse", "wikimedia", "bing"):
            getattr(self, f"_{first}")(handler, query)
        else:
            _ODD[first](self, handler, query)

    def trouble(self, path):
        """How often this path had trouble before, counted up."""
        with self._lock:
            self.troubles[path] = self.troubles.get(path, 0) + 1
            return self.troubles[path] - 1

    def number(self, words, place):
        return zlib.crc32(words.encode()) % 100_000 * 100 + place

    def _openverse(self, handler, query):
        number, size = int(query.get("page", 1)), min(int(query["page_size"]), self.page)
        places = range((number - 1) * size, min(number * size, self.finds))
        licences = query.get("license", "by,cc0,by-nc-nd").split(",")
        results = [
            {
                "id": f"{place}",
                "title": "a face",
                "foreign_landing_url": f"https://pages.example/{place}",
                "url": f"{self.url}/pictures/{self.number(query['q'], place)}.jpg",
                "creator": f"Ann\u0007 Author {place}",
                "license": licences[place % len(licences)],
                "license_version": "" if licences[place % len(licences)] == "pdm" else "4.0",
                "license_url": None,
                "mature": False,
            }
            for place in places
        ]
        pages = -(-self.finds // size)
        send_json(handler, {"result_count": self.finds, "page_count": pages, "page_size": size, "results": results})

    def _wikimedia(self, handler, query):
        words = "commons " + query["gsrsearch"].removesuffix(" filetype:bitmap")
        offset, size = int(query["gsroffset"]), min(int(query["gsrlimit"]), self.page)
        pages = [
            {
                "pageid": place,
                "ns": 6,
                "title": f"File:../../{place}.jpg",
                "index": place + 1,
                "imageinfo": [
                    {
                        "mime": "image/svg+xml" if place == 1 else "image/jpeg",
                        "url": f"{self.url}/pictures/{self.number(words, place)}.jpg?original",
                        "thumburl": f"{self.url}/pictures/{self.number(words, place)}.jpg",
                        "descriptionurl": f"https://commons.wikimedia.org/wiki/File:{place}.jpg",
                        "extmetadata": {
                            "License": {"value": "cc-by-sa-4.0", "hidden": ""},
                            "LicenseShortName": {"value": "CC BY-SA 4.0"},
                            "LicenseUrl": {"value": "https://creativecommons.org/licenses/by-sa/4.0"},
                            "Artist": {"value": '<a href="//x" title="User:B">Bea &amp; Co</a>\n'},
                        },
                    }
                ],
            }
            for place in reversed(range(offset, min(offset + size, self.finds)))
        ]
        answer = {"batchcomplete": True, "query": {"pages": pages}}
        if offset + size < self.finds:
            answer["continue"] = {"gsroffset": offset + size, "continue": "gsroffset||"}
        send_json(handler, answer)

    def _bing(self, handler, query):
        if handler.headers.get("Ocp-Apim-Subscription-Key") != BING_KEY:
            send_json(handler, {"error": {"code": "401", "message": "Access denied"}}, 401)
            return
        offset, size = int(query["offset"]), min(int(query["count"]), self.page)
        value = [
            {
                "name": "a face",
                "contentUrl": f"{self.url}/pictures/{self.number(query['q'], place)}.jpg",
                "hostPageUrl": f"https://pages.example/{place}",
                "encodingFormat": "jpeg",
                "width": 96,
                "height": 96,
                **({"creativeCommons": "AttributionNonCommercialShareAlike"} if place % 2 else {}),
            }
            for place in range(offset, min(offset + size, self.finds))
        ]
        answer = {"_type": "Images", "totalEstimatedMatches": self.finds, "nextOffset": offset + size, "value": value}
        send_json(handler, answer)


def send(handler, data, kind="image/jpeg", status=200, **headers):
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    for name, value in ({"Content-Length": len(data)} | {n.replace("_", "-"): v for n, v in headers.items()}).items():
        if value is not None:
            handler.send_header(name, str(value))
    handler.end_headers()
    handler.wfile.write(data)


def send_json(handler, answer, status=200):
    packed = gzip.compress(json.dumps(answer).encode())
    send(handler, packed, "application/json", status, Content_Encoding="gzip")


def _drip(server, handler, _):
    """A byte now and then, for ever: no pause is long enough to be a stall."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 1000000\r\n\r\n" + jpeg(1)[:100]
    for byte in head + bytes(1000):
        if server.closed.wait(0.02):
            return
        handler.wfile.write(bytes([byte]))


def _endless(server, handler, _):
    """A picture's beginning, and then more for as long as anybody reads."""
    handler.close_connection = True
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + jpeg(2))
    while not server.closed.is_set():
        handler.wfile.write(bytes(1 << 16))


def _endless_header(server, handler, _):
    handler.close_connection = True
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not server.closed.is_set():
        handler.wfile.write(b"X-More: " + b"x" * 1000 + b"\r\n")


def _stall(server, handler, _):
    handler.close_connection = True
    server.closed.wait(20)


def _status(server, handler, query):
    """/status?is=429&times=2&after=1: trouble so many times, then the picture."""
    if server.trouble(handler.path) < int(query.get("times", 10**6)):
        send(handler, b"no", "text/plain", int(query["is"]), Retry_After=query.get("after"))
    else:
        send(handler, jpeg(int(query.get("number", 3))))


def _short(_, handler, __):
    """States more than comes."""
    handler.close_connection = True
    send(handler, jpeg(4), Content_Length=len(jpeg(4)) + 5000)


def _long(_, handler, __):
    """States less than comes: what arrives is half a picture."""
    handler.close_connection = True
    send(handler, jpeg(5), Content_Length=len(jpeg(5)) // 2)


def _no_http(_, handler, __):
    handler.close_connection = True
    handler.wfile.write(b"220 mail.example ready\r\n")


@functools.cache
def _bomb_bytes():
    return gzip.compress(jpeg(6) + bytes(4_000_000), 1)


def _bomb(_, handler, query):
    """A few kilobytes that unpack to many megabytes."""
    send(handler, _bomb_bytes(), Content_Encoding=query.get("as", "gzip"))


def _moved(_, handler, query):
    send(handler, b"", "text/plain", int(query.get("status", 302)), Location=query["to"])


_ODD = {
    "drip": _drip,
    "endless": _endless,
    "endless_header": _endless_header,
    "stall": _stall,
    "status": _status,
    "short": _short,
    "long": _long,
    "no_http": _no_http,
    "bomb": _bomb,
    "moved": _moved,
    "round": lambda _, handler, __: send(handler, b"", "text/plain", 302, Location="/round"),
    "huge.png": lambda _, handler, __: send(handler, png_of_size(50_000, 50_000), "image/png"),
    "tiny.jpg": lambda _, handler, __: send(handler, jpeg(7, 20)),
    "zip.jpg": lambda _, handler, __: send(handler, a_zip()),
    "text.jpg": lambda _, handler, __: send(handler, b"<html>" + bytes(100), "text/html; charset=utf-8"),
    "claims.jpg": lambda _, handler, __: send(handler, b"<html><body>no picture</body></html>" * 20),
    "empty.jpg": lambda _, handler, __: send(handler, b""),
    "damaged.jpg": lambda _, handler, __: send(handler, jpeg(8)[: len(jpeg(8)) // 2]),
    "named": lambda _, handler, __: send(
        handler, jpeg(9), Content_Disposition='attachment; filename="../../../../tmp/evil.jpg"', Set_Cookie="id=1"
    ),
    "packed": lambda _, handler, __: send(handler, gzip.compress(jpeg(10)), Content_Encoding="gzip"),
    "stated": lambda _, handler, __: send(handler, b"", Content_Length=10**12),
}


if __name__ == "__main__":
    with PicturesServer(finds=20, page=10) as running, contextlib.suppress(KeyboardInterrupt):
        settings = (
            *("collect.private=true", "collect.rate=0", "openverse.pause=0"),
            *(f"openverse.endpoint={running.url}/openverse/", f"wikimedia.endpoint={running.url}/wikimedia"),
        )
        print(" ".join(f"--set {setting}" for setting in settings), flush=True)
        threading.Event().wait()
