from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from tests import streams
from tests.streams import QUICK, check_order, error_of, numbers, take

from emovere.config import StreamOptions
from emovere.errors import ConfigError, SourceError
from emovere.sources.live import Newest
from emovere.sources.names import without_password
from emovere.sources.stream import Stream

pytest.importorskip("av")
pytestmark = pytest.mark.timeout(60)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def nobody():
    """host:port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def test_rtsp():
    with streams.Rtsp() as server:
        source = Stream(server.url, QUICK)
        frames = take(source, 40)
        source.close()
    check_order(frames)
    assert set(np.diff(numbers(frames))) == {1}
    assert frames[-1].time_s == pytest.approx(39 / 50, abs=0.05)
    assert np.diff([frame.time_s for frame in frames[1:]]) == pytest.approx(1 / 50, abs=1e-4)
    assert vars(source.stats) == {"frames": 40, "reconnects": 0, "lost": 0, "damaged": 0}


def test_rtsp_cut_and_brought_back_with_the_number_of_lost_frames(capsys):
    with streams.Rtsp(cut_after=40) as server:
        source = Stream(server.url, StreamOptions(timeout=1, longest_pause=0.3))
        frames = take(source, 60)
        source.close()
        assert server.connections == 2
    check_order(frames)
    seen = numbers(frames)
    really_lost = seen[40] - seen[39] - 1
    assert really_lost >= 14
    assert abs(source.stats.lost - really_lost) <= 5
    assert frames[40].time_s - frames[39].time_s == pytest.approx((really_lost + 1) / 50, abs=0.15)
    lost, back = capsys.readouterr().err.splitlines()
    assert lost == f"emovere: {server.url} lost (the stream ended); trying again in 0.3 s"
    told = rf"emovere: {server.url} is back after \d\.\d s; about {source.stats.lost} frames lost"
    assert re.fullmatch(told, back)


def test_rtsp_that_stalls(capsys):
    with streams.Rtsp(stall_after=20) as server:
        source = Stream(server.url, StreamOptions(timeout=0.5, longest_pause=0.05))
        began = time.monotonic()
        take(source, 30)
        assert time.monotonic() - began < 5
        source.close()
    assert "lost (timed out)" in capsys.readouterr().err


def test_rtsp_with_a_password():
    with streams.Rtsp(password="word") as server:
        right = server.url.replace("//", "//me:word@")
        assert len(take(Stream(right, QUICK), 5)) == 5
        for wrong in (server.url, right.replace("word", "wrong")):
            message = error_of(wrong)
            assert "user name or password missing or wrong (401)" in message
            assert "wrong@" not in message


def test_an_rtsp_path_that_is_not_there():
    with streams.Rtsp() as server:
        url = server.url.replace("live", "other")
        assert error_of(url) == f"{url}: the server knows no such path (404); check the address"


def test_a_server_that_accepts_and_says_nothing():
    with socket.create_server(("127.0.0.1", 0)) as server:
        for scheme in ("rtsp", "http", "tcp"):
            began = time.monotonic()
            url = f"{scheme}://127.0.0.1:{server.getsockname()[1]}/x"
            assert error_of(url, StreamOptions(0.3, 1, 0.01)).startswith(f"{url}: timed out; tried again once")
            assert time.monotonic() - began < 3


def test_a_raw_stream_over_tcp_has_times_by_arrival():
    data = streams.video("h264")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk():
            connection, _ = server.accept()
            with connection:
                for at in range(0, len(data), 500):
                    connection.sendall(data[at : at + 500])
                    time.sleep(0.005)

        thread = threading.Thread(target=talk)
        thread.start()
        source = Stream(f"tcp://127.0.0.1:{server.getsockname()[1]}", StreamOptions(1, 1, 0.01), say=lambda _: None)
        frames = take(source, 48)
        thread.join()
        source.close()
    check_order(frames)
    assert numbers(frames) == list(range(48))


@pytest.mark.parametrize("scheme", ["http", "rtsp", "tcp"])
def test_nobody_listens(scheme, nobody, capsys):
    url = f"{scheme}://{nobody}/x"
    with pytest.raises(SourceError) as caught:
        list(Stream(url, StreamOptions(timeout=1, attempts=2, longest_pause=0.02)))
    told = (
        rf"{url}: connection refused; tried again 2 times in \d\.\d s; look after it, or raise --set stream.attempts="
    )
    assert re.fullmatch(told, str(caught.value))
    assert (
        capsys.readouterr().err
        == f"emovere: {url} cannot be reached (connection refused); trying again in 0.02 s\n" * 2
    )


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_an_unknown_host_is_final(scheme):
    url = f"{scheme}://no..host/x"
    assert error_of(url) == f"{url}: unknown host no..host; check the address and the network"


def test_a_camera_that_is_switched_on_later(nobody, capsys):
    def switch_on():
        time.sleep(0.3)
        with streams.http(lambda h: streams.mjpeg(h, range(3)), int(nobody.rpartition(":")[2])):
            enough.wait(10)

    enough = threading.Event()
    thread = threading.Thread(target=switch_on)
    thread.start()
    source = Stream(f"http://{nobody}/", StreamOptions(timeout=1, longest_pause=0.05))
    assert numbers(take(source, 3)) == [0, 1, 2]
    source.close()
    enough.set()
    thread.join()
    assert vars(source.stats) == {"frames": 3, "reconnects": 0, "lost": 0, "damaged": 0}
    *waiting, there = capsys.readouterr().err.splitlines()
    assert set(waiting) == {f"emovere: {source.name} cannot be reached (connection refused); trying again in 0.05 s"}
    assert re.fullmatch(rf"emovere: {source.name}: connected after \d\.\d s", there)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (StreamOptions(timeout=0), "stream.timeout: expected seconds, more than 0; got 0"),
        (StreamOptions(timeout=float("nan")), "stream.timeout: expected seconds, more than 0; got nan"),
        (StreamOptions(timeout=float("inf")), "stream.timeout: expected seconds, more than 0; got inf"),
        (StreamOptions(longest_pause=0), "stream.longest_pause: expected seconds, more than 0; got 0"),
        (StreamOptions(attempts=-1), "stream.attempts: expected 0 or more; got -1"),
    ],
)
def test_options_that_make_no_sense(options, told):
    with pytest.raises(ConfigError) as caught:
        Stream("rtsp://cam/1", options)
    assert str(caught.value) == told


def test_the_pause_doubles_up_to_the_longest(nobody, monkeypatch):
    told = []
    source = Stream(f"http://{nobody}/", StreamOptions(longest_pause=3, attempts=4), say=told.append)
    monkeypatch.setattr(source._stop, "wait", lambda pause: False)
    with pytest.raises(SourceError, match="tried again 4 times"):
        list(source)
    assert [re.search(r"again in ([\d.]+) s", text)[1] for text in told] == ["0.5", "1", "2", "3"]


def test_days_of_failures_are_borne(nobody, monkeypatch):
    told = []
    source = Stream(f"http://{nobody}/", StreamOptions(longest_pause=30), say=told.append)
    source._failures = 100_000
    monkeypatch.setattr(source._stop, "wait", lambda pause: source.close())
    assert list(source) == []
    assert told[0].endswith("trying again in 30 s")


def test_close_ends_a_pause_at_once(nobody):
    told = threading.Event()
    source = Stream(f"http://{nobody}/", StreamOptions(longest_pause=30), say=lambda _: told.set())
    source._failures = 20
    with Newest(source.__iter__, source.close) as newest:
        assert told.wait(5)
        began = time.monotonic()
        newest.close()
        assert time.monotonic() - began < 0.5
        assert not newest._thread.is_alive()


def test_close_while_an_rtsp_camera_says_nothing_is_bounded():
    with streams.Rtsp(stall_after=5) as server:
        source = Stream(server.url, StreamOptions(timeout=0.8))
        with Newest(source.__iter__, source.close) as newest:
            next(newest)
            began = time.monotonic()
            newest.close()
            assert time.monotonic() - began < 1.5
            assert not newest._thread.is_alive()


def test_a_closed_stream_connects_no_more(nobody):
    source = Stream(f"rtsp://{nobody}/", QUICK)
    source.close()
    assert list(source) == []


def test_a_slow_consumer_gets_the_newest_frame_of_a_stream():
    camera = streams.Camera(100)
    with streams.http(lambda h: streams.mjpeg(h, camera.numbers(10_000))) as url:
        source = Stream(url, QUICK)
        with Newest(source.__iter__, source.close) as newest:
            late = []
            for frame in newest:
                late.append((time.monotonic() - camera.born) * 100 - streams.number_of(frame.image))
                time.sleep(0.1)
                if len(late) == 8:
                    break
    assert newest.dropped > 40
    assert sorted(late)[4] < 4  # in frames of 10 ms


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://cam/1", "rtsp://cam/1"),
        ("rtsp://me:word@cam:554/1?a=b", "rtsp://***@cam:554/1?a=b"),
        ("rtsp://me@cam/1", "rtsp://***@cam/1"),
        ("rtsp://me:w@rd@cam/1", "rtsp://***@cam/1"),
        ("rtsp://me:w/rd@cam/1", "rtsp://***@cam/1"),
        ("rtsp://me:1/rd@cam/1", "rtsp://***@cam/1"),
        ("http://cam/@home/1", "http://cam/@home/1"),
        ("http://cam:80/v?mail=a@b", "http://cam:80/v?mail=a@b"),
        ("http://[::1]:80/@x", "http://[::1]:80/@x"),
        ("udp://@239.0.0.1:1234", "udp://@239.0.0.1:1234"),
        ("http://cam/v?user=me&password=word&x=1", "http://cam/v?user=me&password=***&x=1"),
        ("http://cam/v?access_TOKEN=word", "http://cam/v?access_TOKEN=***"),
        ("http://cam/\n\x1b[1m", "http://cam/\\n\\x1b[1m"),
    ],
)
def test_an_address_without_its_password(url, shown):
    assert without_password(url) == shown


def test_the_password_stands_in_no_traceback(nobody):
    script = (
        "import sys; from emovere.sources.stream import Stream; from emovere.config import StreamOptions\n"
        "list(Stream(sys.argv[1], StreamOptions(timeout=1, attempts=1, longest_pause=0.01)))\n"
    )
    for scheme in ("rtsp", "http"):
        command = [sys.executable, "-c", script, f"{scheme}://me:hidden@{nobody}/x"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert f"SourceError: {scheme}://***@{nobody}/x: connection refused" in done.stderr
        assert "hidden" not in done.stderr
