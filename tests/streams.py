"""Servers on loopback for the tests of live sources, and moving pictures whose numbers can be read back."""

from __future__ import annotations

import base64
import contextlib
import functools
import io
import itertools
import socket
import socketserver
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
import pytest

from emovere.config import StreamOptions
from emovere.errors import SourceError
from emovere.sources.stream import Stream

QUICK = StreamOptions(timeout=1.0, attempts=3, longest_pause=0.1)
WIDTH, HEIGHT, BITS = 192, 64, 12


def picture(number):
    """A grey wave that moves, under a row of white and black fields that spell the number."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[32:] = (np.sin((np.arange(WIDTH) + 3 * number) / 9) * 50 + 120).astype(np.uint8)[:, None]
    for bit in range(BITS):
        image[:32, bit * 16 : bit * 16 + 16] = 255 * (number >> bit & 1)
    return image


def number_of(image):
    fields = image[8:24, :, 1].reshape(16, BITS, 16).mean(axis=(0, 2)) > 127
    return sum(1 << bit for bit in range(BITS) if fields[bit])


def jpeg(number, quality=90):
    return cv2.imencode(".jpg", picture(number), [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def take(source, count):
    return list(itertools.islice(iter(source), count))


def numbers(frames):
    return [number_of(frame.image) for frame in frames]


def check_order(frames):
    assert [frame.index for frame in frames] == list(range(len(frames)))
    times = [frame.time_s for frame in frames]
    assert times[0] == 0
    assert all(a < b for a, b in itertools.pairwise(times))


def error_of(url, options=QUICK):
    """The one line that a stream ends with."""
    with pytest.raises(SourceError) as caught:
        list(Stream(url, options, say=lambda _: None))
    message = str(caught.value)
    assert message.isprintable()
    assert caught.value.__suppress_context__  # what lies behind may show a password
    return message


@functools.cache
def video(container="mpegts", frames=50, rate=25, **options):
    """A clip with H.264 as bytes, a whole picture every ten frames."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=container, options=options) as output:
        stream = output.add_stream("libx264", rate, options={"g": "10", "tune": "zerolatency", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(frames):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture(number), "rgb24")))
        output.mux(stream.encode())
    return file.getvalue()


class Camera:
    """A clock that counts frames, whether anybody is looking or not."""

    def __init__(self, rate):
        self.rate, self.born = rate, time.monotonic()

    def numbers(self, most):
        """Up to that many numbers, each when its time has come."""
        first = int((time.monotonic() - self.born) * self.rate) + 1
        for number in range(first, first + most):
            time.sleep(max(0.0, self.born + number / self.rate - time.monotonic()))
            yield number


@contextlib.contextmanager
def http(answer, port=0):
    """Serve HTTP in threads; answer(handler) writes each answer. Gives the address; open answers end with the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            with contextlib.suppress(OSError):
                answer(self)
            self.close_connection = True

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        closed = threading.Event()

        def handle_error(self, *_):
            pass

    server = Server(("127.0.0.1", port), Handler)
    server.closed = threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/live"
    finally:
        server.closed.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def head(handler, kind, status=200, **headers):
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), str(value))
    handler.end_headers()


def send_part(handler, data, *, length=True, boundary=b"frame", **headers):
    lines = [b"--" + boundary, b"Content-Type: image/jpeg"]
    lines += [b"Content-Length: %d" % len(data)] if length else []
    lines += [f"{name.replace('_', '-')}: {value}".encode() for name, value in headers.items()]
    handler.wfile.write(b"\r\n".join([*lines, b"", data, b""]))


def mjpeg(handler, numbers, *, length=True, kind="multipart/x-mixed-replace; boundary=frame"):
    head(handler, kind)
    for number in numbers:
        send_part(handler, jpeg(number), length=length)


def stall(handler):
    """Say nothing until the server closes or five seconds are over."""
    handler.server.closed.wait(5)


class Rtsp:
    """A small RTSP camera: H.264 over TCP (RFC 2326, RFC 6184), whose clock goes on while nobody is connected.

    cut_after: each connection is cut after that many frames; stall_after: or says nothing more. password: for the
    user ``me``. Any path but /live is unknown.
    """

    def __init__(self, rate=50, cut_after=None, stall_after=None, password=None, port=0):
        self.rate, self.cut_after, self.stall_after, self.password = rate, cut_after, stall_after, password
        self.frames = list(_access_units(video("h264", 500, rate)))
        self.camera, self.connections, self.closed = Camera(rate), 0, threading.Event()
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError, ValueError):
                    outer.talk(self)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.url = f"rtsp://127.0.0.1:{self.port}/live"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed.set()
        self.server.shutdown()
        self.server.server_close()

    def talk(self, handler):
        self.connections += 1
        while True:
            request = handler.rfile.readline().split()
            headers = {}
            while line := handler.rfile.readline().strip():
                name, _, value = line.partition(b":")
                headers[name.lower()] = value.strip()
            if not request:
                return
            method, url = request[0].decode(), request[1].decode()
            status, extra, body = self.answer(method, url, headers)
            lines = [f"RTSP/1.0 {status}", f"CSeq: {headers[b'cseq'].decode()}", *extra]
            lines += [f"Content-Length: {len(body)}"] if body else []
            handler.wfile.write("\r\n".join([*lines, "", body]).encode())
            if method == "PLAY" and status.startswith("200"):
                self.play(handler)
                return

    def answer(self, method, url, headers):
        if method == "OPTIONS":
            return "200 OK", ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"], ""
        if self.password is not None:
            right = b"Basic " + base64.b64encode(f"me:{self.password}".encode())
            if headers.get(b"authorization") != right:
                return "401 Unauthorized", ['WWW-Authenticate: Basic realm="camera"'], ""
        if not url.partition("//")[2].partition("/")[2].startswith("live"):
            return "404 Not Found", [], ""
        if method == "DESCRIBE":
            lines = ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=camera", "c=IN IP4 0.0.0.0", "t=0 0", "m=video 0 RTP/AVP 96"]
            lines += ["a=rtpmap:96 H264/90000", "a=fmtp:96 packetization-mode=1", "a=control:track1", ""]
            return "200 OK", ["Content-Type: application/sdp"], "\r\n".join(lines)
        if method == "SETUP":
            return "200 OK", ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 1"], ""
        return "200 OK", ["Session: 1"], ""

    def play(self, handler):
        sequence = 0
        sent = 0
        for count in self.camera.numbers(10**6):
            number = count % len(self.frames)
            if self.closed.is_set() or sent == self.cut_after:
                handler.connection.shutdown(socket.SHUT_RDWR)
                return
            if sent == self.stall_after:
                self.closed.wait(5)
                return
            if not sent and number % 10:
                continue  # begin with a whole picture
            sent += 1
            stamp = int(number * 90_000 / self.rate)
            payloads = [part for unit in self.frames[number] for part in _fragments(unit)]
            for i, payload in enumerate(payloads):
                mark = 0x80 if i == len(payloads) - 1 else 0
                header = struct.pack(">BBHII", 0x80, mark | 96, sequence & 0xFFFF, stamp, 1)
                handler.wfile.write(struct.pack(">cBH", b"$", 0, len(header) + len(payload)) + header + payload)
                sequence += 1


def _access_units(stream):
    """The NAL units of each picture of an H.264 byte stream whose pictures have one slice."""
    units = []
    for unit in stream.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]:
        units.append(unit)
        if unit[0] & 31 in (1, 5):
            yield units
            units = []


def _fragments(unit, most=400):
    """A NAL unit as RTP payloads: alone, or in FU-A parts where it is long."""
    if len(unit) <= most:
        return [unit]
    parts = [unit[at : at + most] for at in range(1, len(unit), most)]
    flags = [0x80 * (i == 0) | 0x40 * (i == len(parts) - 1) for i in range(len(parts))]
    return [bytes([unit[0] & 0xE0 | 28, flag | unit[0] & 31]) + part for flag, part in zip(flags, parts, strict=True)]
