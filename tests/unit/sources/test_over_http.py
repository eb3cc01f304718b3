from __future__ import annotations

import io
import itertools
import re
import socket
import sys
import threading
import time

import numpy as np
import pytest
from tests import streams
from tests.streams import QUICK, check_order, error_of, numbers, take

from emovere.config import StreamOptions
from emovere.errors import MissingExtra, SourceError
from emovere.sources.stream import Stream

av = pytest.importorskip("av")
pytestmark = pytest.mark.timeout(60)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")


def send(handler, data, kind="video/mp2t", status=200, **headers):
    streams.head(handler, kind, status, **headers)
    handler.wfile.write(data)


@pytest.mark.parametrize("container", ["mpegts", "mp4", "matroska"])
def test_a_file_ends_where_it_ends(container):
    data = streams.video(container)
    with streams.http(lambda h: send(h, data, Content_Length=len(data))) as url:
        source = Stream(url, QUICK)
        frames = list(source)
    check_order(frames)
    assert numbers(frames) == list(range(50))
    assert frames[-1].time_s == pytest.approx(49 / 25, abs=0.002)
    assert vars(source.stats) == {"frames": 50, "reconnects": 0, "lost": 0, "damaged": 0}


def test_a_file_whose_index_stands_at_its_end_is_read_in_parts():
    data = streams.video("mp4")
    begins = []

    def answer(handler):
        begin = int(re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", "bytes=0-"))[1])
        begins.append(begin)
        more = {"Content_Range": f"bytes {begin}-{len(data) - 1}/{len(data)}"} if begin else {}
        more |= {"Content_Length": len(data) - begin, "Accept_Ranges": "bytes"}
        send(handler, data[begin:], "video/mp4", 206 if begin else 200, **more)

    assert data.index(b"moov") > data.index(b"mdat")
    with streams.http(answer) as url:
        assert numbers(Stream(url, QUICK)) == list(range(50))
    assert begins[0] == 0


def test_chunks_end_where_the_last_one_says():
    data = streams.video()

    def answer(handler):
        handler.protocol_version = "HTTP/1.1"
        streams.head(handler, "video/mp2t", Transfer_Encoding="chunked")
        for at in range(0, len(data), 5000):
            part = data[at : at + 5000]
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
        handler.wfile.write(b"0\r\n\r\n")

    with streams.http(answer) as url:
        assert numbers(Stream(url, QUICK)) == list(range(50))


@pytest.mark.parametrize("chunked", [False, True])
def test_a_video_that_is_cut(chunked, capsys):
    data = streams.video()
    calls = itertools.count()

    def answer(handler):
        part = data if next(calls) else data[: len(data) // 2]
        if chunked:
            handler.protocol_version = "HTTP/1.1"
            streams.head(handler, "video/mp2t", Transfer_Encoding="chunked")
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(part), part) + (b"0\r\n\r\n" if part is data else b""))
        else:
            send(handler, part, Content_Length=len(data))

    with streams.http(answer) as url:
        source = Stream(url, QUICK)
        frames = list(source)
    check_order(frames)
    seen = numbers(frames)
    lost, back = capsys.readouterr().err.splitlines()
    assert "lost (cut off)" in lost
    assert source.stats.reconnects == 1
    if chunked:  # nobody knows that it is finite, so it is taken for live, and begins again
        assert seen[-50:] == list(range(50))
        assert len(seen) > 60
    else:
        assert len(seen) == len(set(seen)) >= 49  # all but the one that was cut through
        assert frames[-1].time_s == pytest.approx(49 / 25, abs=0.01)
        assert back.endswith("; no frame lost")
        assert source.stats.lost == 0


def test_a_live_video_that_ends_is_tried_again():
    data = streams.video()
    with streams.http(lambda h: send(h, data)) as url:
        source = Stream(url, QUICK, say=lambda _: None)
        frames = take(source, 70)
        source.close()
    check_order(frames)
    assert numbers(frames) == [*range(50), *range(20)]
    assert source.stats.reconnects == 1


def test_damage_within_a_video_is_passed_by_and_counted():
    data = bytearray(streams.video(frames=100))
    middle = len(data) // 2
    data[middle : middle + 4000] = np.random.default_rng(1).bytes(4000)
    with streams.http(lambda h: send(h, bytes(data), Content_Length=len(data))) as url:
        source = Stream(url, QUICK)
        frames = list(source)
    check_order(frames)
    seen = numbers(frames)
    assert seen[:20] == list(range(20))
    assert seen[-20:] == list(range(80, 100))
    assert source.stats.damaged > 0


def test_a_video_that_stalls(capsys):
    data = streams.video()
    calls = itertools.count()

    def answer(handler):
        send(handler, data[: len(data) // 2])
        if next(calls) == 0:
            streams.stall(handler)

    with streams.http(answer) as url:
        source = Stream(url, StreamOptions(timeout=0.4, attempts=2, longest_pause=0.01))
        began = time.monotonic()
        seen = numbers(take(source, 40))
        assert time.monotonic() - began < 4
        source.close()
    assert seen[:20] == list(range(20))
    assert 0 in seen[20:]
    assert capsys.readouterr().err.startswith(f"emovere: {url} lost (timed out); trying again in 0.01 s\n")


def test_hls():
    clip = streams.video(frames=50)
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\nclip.ts\n#EXT-X-ENDLIST\n"

    def answer(handler):
        if handler.path.endswith("clip.ts"):
            send(handler, clip, Content_Length=len(clip))
        else:
            send(handler, playlist, "application/vnd.apple.mpegurl", Content_Length=len(playlist))

    with streams.http(answer) as url:
        frames = list(Stream(url, StreamOptions(timeout=5, attempts=1)))
    check_order(frames)
    assert numbers(frames) == list(range(50))


@pytest.mark.parametrize("kind", ["application/vnd.apple.mpegurl", "video/mp4"])
def test_a_playlist_opens_no_file_of_this_computer(kind, tmp_path):
    clip = tmp_path / "clip.ts"
    clip.write_bytes(streams.video())
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\nfile://{clip}\n#EXT-X-ENDLIST\n".encode()
    with streams.http(lambda h: send(h, playlist, kind, Content_Length=len(playlist))) as url:
        error_of(url, StreamOptions(timeout=1, attempts=1, longest_pause=0.01))


def test_without_pyav(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with streams.http(lambda h: send(h, b"anything", Content_Length=8)) as url:
        with pytest.raises(MissingExtra) as caught:
            list(Stream(url, QUICK))
        assert str(caught.value) == "av is missing: pip install 'emovere[video]'"
    with streams.http(lambda h: streams.mjpeg(h, range(3))) as url:
        assert numbers(take(Stream(url, QUICK), 3)) == [0, 1, 2]  # which needs no PyAV


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (404, "the server knows no such path (404); check the address"),
        (401, "user name or password missing or wrong (401); expected scheme://user:password@host/..."),
        (403, "the server forbids it (403)"),
        (418, "the server answers 418"),
    ],
)
def test_a_refusal_is_final(status, told):
    asked = []
    with streams.http(lambda h: asked.append(1) or streams.head(h, "text/plain", status)) as url:
        assert error_of(url) == f"{url}: {told}"
    assert len(asked) == 1


def sound():
    file = io.BytesIO()
    with av.open(file, "w", format="wav") as output:
        stream = output.add_stream("pcm_s16le", 8000)
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), "s16", "mono")
        samples.sample_rate = 8000
        output.mux(stream.encode(samples))
    return file.getvalue()


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("text/html; charset=utf-8", b"<html>", "is no video that can be read; .* got text/html$"),
        ("image/jpeg", b"\xff\xd8\xff", "is no video that can be read; .* got image/jpeg$"),
        ("video/mp4", bytes(5000), "is no video that can be read; expected a stream such as"),
        ("", b"Some text.\n" * 500, "is no video that can be read; "),
        ("audio/wav", sound(), "holds sound, but no video$"),
    ],
    ids=["page", "photo", "zeros", "text", "sound"],
)
def test_what_is_no_video(kind, body, told, length):
    headers = {"Content_Length": len(body)} if length else {}
    with streams.http(lambda h: send(h, body, kind, **headers)) as url:
        assert re.search(told, error_of(url))


def test_an_answer_without_a_byte_is_an_ended_stream():
    with streams.http(lambda h: send(h, b"")) as url:
        assert error_of(url).startswith(f"{url}: the stream ended; tried again 3 times")


def test_an_endless_header():
    def answer(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not handler.server.closed.is_set():
            handler.wfile.write(b"X-Again: and again\r\n" * 100)

    with streams.http(answer) as url:
        assert error_of(url) == f"{url}: does not answer as a web server does"


def test_a_server_of_another_kind():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk():
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"220 mail.example ESMTP\r\n" * 50)
                connection.recv(1000)

        thread = threading.Thread(target=talk)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        assert error_of(url) == f"{url}: does not answer as a web server does"
        thread.join()


def test_a_certificate_that_nobody_knows_and_no_tls_at_all():
    with streams.http(lambda h: send(h, b"")) as url:
        secure = url.replace("http:", "https:")
        with pytest.raises(SourceError) as caught:
            list(Stream(secure, StreamOptions(1, 1, 0.01), say=lambda _: None))
    assert str(caught.value).startswith(f"{secure}: ")


@pytest.mark.parametrize("url", ["http:///x", "http://host:port/", "http://[::1/"])
def test_no_address(url):
    assert re.search("names no host|is no address", error_of(url))


@pytest.mark.parametrize("scheme", ["Basic", "Digest"])
def test_a_password_is_used_and_never_shown(scheme, capsys):
    seen = []

    def answer(handler):
        given = handler.headers.get("Authorization", "")
        if not given.startswith(scheme):
            challenge = f'{scheme} realm="camera"' + (', nonce="abc", qop="auth"' if scheme == "Digest" else "")
            streams.head(handler, "text/plain", 401, WWW_Authenticate=challenge)
            return
        seen.append(given)
        streams.mjpeg(handler, range(3))

    with streams.http(answer) as url:
        source = Stream(url.replace("//", "//me:p%40ss@"), StreamOptions(timeout=1, attempts=1, longest_pause=0.01))
        frames = take(source, 4)
        source.close()
    assert numbers(frames) == [0, 1, 2, 0]
    assert source.name == frames[0].source == url.replace("//", "//***@")
    assert seen[0] == "Basic bWU6cEBzcw==" if scheme == "Basic" else 'username="me"' in seen[0]
    assert "p%40ss" not in capsys.readouterr().err


def test_close_wakes_a_read_that_waits():
    def answer(handler):
        streams.mjpeg(handler, [1])
        streams.stall(handler)

    with streams.http(answer) as url:
        source = Stream(url, StreamOptions(timeout=30))
        frames = iter(source)
        next(frames)
        closing = threading.Timer(0.1, source.close)
        closing.start()
        began = time.monotonic()
        assert list(frames) == []
        assert time.monotonic() - began < 1
        closing.join()
