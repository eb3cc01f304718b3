from __future__ import annotations

import itertools
import re
import threading
import time

import cv2
import numpy as np
import pytest
from tests import streams
from tests.streams import QUICK, check_order, error_of, numbers, take

from emovere.config import StreamOptions
from emovere.errors import SourceError
from emovere.sources import mjpeg
from emovere.sources.stream import Stream

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")


def begin(handler):
    streams.head(handler, "multipart/x-mixed-replace; boundary=frame")


def end(handler):
    handler.wfile.write(b"--frame--\r\n")


@pytest.mark.parametrize("length", [True, False])
def test_frames_as_the_camera_sends_them(length):
    camera = streams.Camera(50)
    with streams.http(lambda h: streams.mjpeg(h, camera.numbers(1000), length=length)) as url:
        source = Stream(url, QUICK)
        frames = take(source, 20)
        source.close()
    check_order(frames)
    assert np.diff(numbers(frames)).tolist() == [1] * 19
    assert frames[-1].time_s == pytest.approx(19 / 50, abs=0.15)
    assert {frame.source for frame in frames} == {url}
    difference = frames[0].image.astype(int) - streams.picture(numbers(frames)[0])
    assert np.abs(difference).mean() < 2
    assert vars(source.stats) == {"frames": 20, "reconnects": 0, "lost": 0, "damaged": 0}


def test_without_a_length_a_picture_does_not_wait_for_the_next_part():
    def answer(handler):
        streams.mjpeg(handler, [1], length=False)
        streams.stall(handler)

    with streams.http(answer) as url:
        source = Stream(url, QUICK)
        began = time.monotonic()
        assert numbers(take(source, 1)) == [1]
        assert time.monotonic() - began < 0.5
        source.close()


@pytest.mark.parametrize(
    ("kind", "boundary"),
    [
        ('multipart/x-mixed-replace; boundary="frame"', b"frame"),
        ("multipart/x-mixed-replace;boundary=--frame", b"frame"),
        ("multipart/x-mixed-replace; boundary=--frame", b"--frame"),
        ("multipart/x-mixed-replace", b"anything"),
        ("Multipart/Mixed; charset=x; boundary=frame", b"frame"),
    ],
)
def test_boundaries_as_cameras_write_them(kind, boundary):
    def answer(handler):
        streams.head(handler, kind)
        for number in range(4):
            streams.send_part(handler, streams.jpeg(number), length=number % 2, boundary=boundary)
        handler.wfile.write(b"--" + boundary + b"--\r\n")

    with streams.http(answer) as url:
        assert numbers(Stream(url, QUICK)) == [0, 1, 2, 3]  # and the closing boundary is an end


def test_parts_with_a_time_of_their_own():
    def answer(handler):
        begin(handler)
        for number, stamp in enumerate([100.0, 100.5, 101.25, "nonsense", 3.0, 3.5, "nan", 4.0]):
            streams.send_part(handler, streams.jpeg(number), X_Timestamp=stamp)
        end(handler)

    with streams.http(answer) as url:
        frames = list(Stream(url, QUICK))
    check_order(frames)
    times = [frame.time_s for frame in frames]
    assert times[:3] == [0, 0.5, 1.25]
    assert times[5] - times[4] == pytest.approx(0.5)


def test_pictures_of_other_kinds_and_sizes():
    def answer(handler):
        begin(handler)
        for side, ending in ((64, ".jpg"), (128, ".png"), (32, ".webp")):
            picture = cv2.imencode(ending, np.zeros((side, side, 3), np.uint8))[1].tobytes()
            streams.send_part(handler, picture, length=side != 128)
        end(handler)

    with streams.http(answer) as url:
        assert [frame.size for frame in Stream(url, QUICK)] == [(64, 64), (128, 128), (32, 32)]


def test_garbage_between_and_within_the_parts_is_counted_and_passed_by(capfd):
    noise = np.random.default_rng(0).bytes(20_000)

    def answer(handler):
        begin(handler)
        for number in range(8):
            streams.send_part(handler, streams.jpeg(number), length=number % 2)
            if number == 1:
                handler.wfile.write(noise)
            if number == 3:
                streams.send_part(handler, noise)
                streams.send_part(handler, streams.jpeg(99)[:-200])
                streams.send_part(handler, b"")
            if number == 5:
                handler.wfile.write(b"--frame\r\nContent-Length: 99999999999\r\n\r\n" + noise + b"\r\n")
                handler.wfile.write(b"--frame\r\n" + b"X: y\r\n" * 10_000)
        end(handler)

    with streams.http(answer) as url:
        source = Stream(url, QUICK)
        assert numbers(source) == list(range(8))
    assert source.stats.damaged == 5
    assert capfd.readouterr() == ("", "")  # no library has a word of its own


def test_a_picture_that_is_too_large_is_never_decoded(monkeypatch):
    monkeypatch.setattr(mjpeg, "MAX_PIXELS", streams.WIDTH * streams.HEIGHT - 1)
    with streams.http(lambda h: streams.mjpeg(h, range(3))) as url:
        source = Stream(url, StreamOptions(timeout=1, attempts=1, longest_pause=0.01), say=lambda _: None)
        with pytest.raises(SourceError, match="the stream ended; tried again once"):
            list(source)
    assert source.stats.damaged == 6


def test_a_picture_that_never_ends_takes_no_memory(monkeypatch):
    monkeypatch.setattr(mjpeg, "MAX_PICTURE_BYTES", 100_000)
    sizes = []
    more = mjpeg._Parts._more
    monkeypatch.setattr(mjpeg._Parts, "_more", lambda parts: sizes.append(len(parts._bytes)) or more(parts))

    def answer(handler):
        begin(handler)
        streams.send_part(handler, streams.jpeg(7))
        handler.wfile.write(b"--frame\r\n\r\n" + streams.jpeg(0)[:-2] + bytes(3_000_000) + b"\r\n")
        streams.send_part(handler, streams.jpeg(8))
        end(handler)

    with streams.http(answer) as url:
        assert numbers(Stream(url, QUICK)) == [7, 8]
    assert max(sizes) < 300_000


def test_no_boundary_at_all():
    def answer(handler):
        streams.head(handler, "multipart/x-mixed-replace")
        handler.wfile.write(b"x" * 100_000)

    with streams.http(answer) as url:
        assert error_of(url) == f"{url}: its parts have no boundary"


def test_cut_and_brought_back_with_the_number_of_lost_frames(capsys):
    camera, calls = streams.Camera(50), itertools.count()

    def answer(handler):
        call = next(calls)
        if call == 1:
            time.sleep(0.3)
            streams.head(handler, "text/plain", 503)
        else:
            streams.mjpeg(handler, camera.numbers(30 if call == 0 else 1000))

    with streams.http(answer) as url:
        source = Stream(url, StreamOptions(timeout=1, attempts=3, longest_pause=0.25))
        frames = take(source, 50)
        source.close()
    check_order(frames)
    seen = numbers(frames)
    really_lost = seen[30] - seen[29] - 1
    assert really_lost > 20
    assert abs(source.stats.lost - really_lost) <= 3
    assert frames[30].time_s - frames[29].time_s == pytest.approx((really_lost + 1) / 50, abs=0.15)
    assert source.stats.reconnects == 1
    lost, still_lost, back = capsys.readouterr().err.splitlines()
    assert lost == f"emovere: {url} lost (the stream ended); trying again in 0.25 s"
    assert still_lost == f"emovere: {url} lost (the server answers 503); trying again in 0.25 s"
    assert re.fullmatch(rf"emovere: {url} is back after \d\.\d s; about {source.stats.lost} frames lost", back)


def test_a_server_that_is_gone_and_comes_back(capsys):
    camera = streams.Camera(50)
    with streams.http(lambda h: streams.mjpeg(h, camera.numbers(10))) as url:
        port = int(url.rpartition(":")[2].partition("/")[0])
        source = Stream(url, StreamOptions(timeout=1, longest_pause=0.05))
        frames = iter(source)
        seen = [next(frames) for _ in range(10)]
    enough = threading.Event()

    def bring_back():
        time.sleep(0.3)
        with streams.http(lambda h: streams.mjpeg(h, camera.numbers(1000)), port):
            enough.wait(10)

    thread = threading.Thread(target=bring_back)
    thread.start()
    seen += [next(frames) for _ in range(10)]
    source.close()
    enough.set()
    thread.join()
    check_order(seen)
    told = capsys.readouterr().err
    assert "lost (connection refused); trying again in 0.05 s" in told
    assert "is back after 0." in told


def test_a_stall_is_a_loss(capsys):
    calls = itertools.count()

    def answer(handler):
        streams.mjpeg(handler, range(5))
        if next(calls) == 0:
            streams.stall(handler)

    with streams.http(answer) as url:
        source = Stream(url, StreamOptions(timeout=0.3, longest_pause=0.05))
        began = time.monotonic()
        assert numbers(take(source, 7)) == [0, 1, 2, 3, 4, 0, 1]
        assert 0.3 <= time.monotonic() - began < 3
        source.close()
    assert "lost (timed out)" in capsys.readouterr().err


def test_a_consumer_that_takes_its_time_is_no_stall():
    with streams.http(lambda h: streams.mjpeg(h, range(6))) as url:
        source = Stream(url, StreamOptions(timeout=0.2, attempts=1))
        frames = iter(source)
        seen = []
        for _ in range(6):
            seen.append(next(frames))
            time.sleep(0.25)
        source.close()
    assert numbers(seen) == list(range(6))
    assert source.stats.reconnects == 0


@pytest.mark.parametrize("where", ["status", "headers", "part", "garbage"])
def test_bytes_that_trickle_for_ever_are_a_stall(where):
    def answer(handler):
        if where == "headers":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        if where in ("part", "garbage"):
            begin(handler)
            handler.wfile.write(b"--frame\r\nContent-Length: 100000\r\n\r\n" if where == "part" else b"")
        while not handler.server.closed.wait(0.02):
            handler.wfile.write(b"x")

    with streams.http(answer) as url:
        began = time.monotonic()
        message = error_of(url, StreamOptions(timeout=0.3, attempts=1, longest_pause=0.01))
        assert time.monotonic() - began < 3
    assert message.startswith(f"{url}: timed out; tried again once in 0.")
