"""Watching: streams that are cut and come back, Ctrl-C, readers that go away, loops that raise."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest
from PIL import Image
from tests import streams
from tests.integration.conftest import command

import emovere
from emovere.config import Options, StreamOptions
from emovere.errors import InputError

pytestmark = pytest.mark.timeout(90)

QUICK = ("--set", "stream.timeout=2", "--set", "stream.longest_pause=0.2", "--set", "stream.attempts=5")


@pytest.fixture
def jpegs(shared, yunet_weights) -> list[bytes]:
    """A real man who signs, as a webcam sends him."""
    pictures = []
    with av.open(str(shared("videos/signing_sorry.mkv"))) as container:
        for frame in itertools.islice(container.decode(video=0), 30):
            file = io.BytesIO()
            frame.to_image().save(file, "JPEG", quality=85)
            pictures.append(file.getvalue())
    return pictures


def sent(jpegs: list[bytes], most: int, rate: float = 20.0) -> Callable[[object], None]:
    """An answer that sends that many pictures at that pace and then breaks off."""

    def answer(handler) -> None:
        streams.head(handler, "multipart/x-mixed-replace; boundary=frame")
        for picture in itertools.islice(itertools.cycle(jpegs), most):
            streams.send_part(handler, picture)
            time.sleep(1 / rate)

    return answer


def lines(process: subprocess.Popen[bytes]) -> Iterator[dict]:
    for line in process.stdout:
        yield json.loads(line)


def begin(tmp_path: Path, *arguments: str | Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command(arguments), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_a_line_a_frame_at_once_and_ctrl_c_ends_it_cleanly(jpegs, tmp_path):
    kept = ("--record", "raw.mp4", "--annotate", "drawn.mp4")
    with streams.http(sent(jpegs, 100_000)) as url, begin(tmp_path, "watch", url, *kept, *QUICK) as process:
        seen = list(itertools.islice(lines(process), 12))
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert all(json.loads(line) for line in rest.splitlines())
    assert {face["track_id"] for frame in seen for face in frame["faces"]} == {1}
    assert {frame["source"] for frame in seen} == {url}
    times = [frame["time_s"] for frame in seen]
    assert times == sorted(times)
    assert b"frames, " in err
    assert b"ms a frame" in err
    for name in ("raw.mp4", "drawn.mp4"):
        with av.open(str(tmp_path / name)) as container:
            assert sum(1 for _ in container.decode(video=0)) >= 12


def test_a_stream_that_is_cut_comes_back_and_what_was_lost_is_told(jpegs, tmp_path):
    with streams.http(sent(jpegs, 8)) as url, begin(tmp_path, "watch", url, *QUICK) as process:
        seen = list(itertools.islice(lines(process), 14))
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    said = err.decode()
    assert process.returncode == 0, said
    assert f"{url} lost" in said
    assert "lost in" in said.splitlines()[-1]
    indices = [frame["index"] for frame in seen]
    assert indices == sorted(set(indices))
    assert {face["track_id"] for frame in seen for face in frame["faces"]} == {1}


def test_a_stream_that_stalls_for_good_ends_with_one_line_and_the_rows_so_far(jpegs, tmp_path):
    first = threading.Event()

    def answer(handler) -> None:
        if not first.is_set():
            first.set()
            sent(jpegs, 3)(handler)
        streams.stall(handler)

    settings = ("--set", "stream.timeout=1", "--set", "stream.attempts=2", "--set", "stream.longest_pause=0.1")
    with streams.http(answer) as url:
        process = begin(tmp_path, "watch", url, *settings)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert len(out.splitlines()) >= 1
    assert b"Traceback" not in err
    assert url.encode() in err.splitlines()[-1]


def test_a_password_is_never_shown(jpegs, tmp_path):
    with contextlib.ExitStack() as closing:
        url = closing.enter_context(streams.http(sent(jpegs, 100_000))).replace("://", "://me:secret@")
        process = closing.enter_context(begin(tmp_path, "watch", url, *QUICK))
        seen = list(itertools.islice(lines(process), 2))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert "secret" not in json.dumps(seen)
    assert b"secret" not in err


def test_a_reader_that_goes_away_ends_it(shared, yunet_weights, tmp_path):
    with begin(tmp_path, "watch", shared("videos/signing_again.mkv")) as process:
        first = process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        process.wait(20)
    assert json.loads(first)["index"] == 0
    assert b"Traceback" not in err
    assert process.returncode == 1


def test_every_frame_of_a_file_with_a_timeline_and_cues(emovere, shared, yunet_weights, tmp_path):
    clip = shared("videos/one_smiling.gif")
    done = emovere("watch", clip, "--timeline", "t.png", "--say", "-f", "csv", env={"PATH": str(tmp_path)})
    assert len(done.stdout.splitlines()) == 1 + 62
    with Image.open(tmp_path / "t.png") as picture:
        assert picture.width > 500
    assert "looks happy" in done.stderr


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("99", "camera"),
        ("nothing.mp4", "nothing.mp4"),
        ("http://127.0.0.1:9/live", "127.0.0.1:9"),
        ("photo.jpg", "use analyze for photos"),
    ],
)
def test_what_cannot_be_watched_is_one_line(emovere, yunet_weights, tmp_path, source, says):
    Image.new("RGB", (64, 64)).save(tmp_path / "photo.jpg")
    done = emovere("watch", source, "--set", "stream.attempts=1", "--set", "stream.longest_pause=0.1", expect=1)
    told = [line for line in done.stderr.splitlines() if not line.endswith("dropped")]
    assert says in told[-1]
    assert done.stdout == ""


def reading_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("emovere")]


def options() -> Options:
    return Options(stream=StreamOptions(timeout=2, attempts=3, longest_pause=0.2))


def divide_by_nothing(watched: emovere.Watch) -> None:
    for result in watched:
        if len(result):
            result.index / 0


def test_a_loop_that_raises_lets_the_source_go(jpegs):
    with streams.http(sent(jpegs, 100_000)) as url:
        with pytest.raises(ZeroDivisionError):
            divide_by_nothing(emovere.watch(url, options()))
        due = time.monotonic() + 10
        while reading_threads() and time.monotonic() < due:
            time.sleep(0.05)
    assert reading_threads() == []


def test_the_newest_frame_wins_when_looking_is_slow(jpegs):
    with streams.http(sent(jpegs, 100_000, rate=50)) as url:
        watched = emovere.watch(url, options())
        for _ in itertools.islice(watched, 6):
            time.sleep(0.2)
        watched.close()
    assert watched.dropped >= 20


def test_closing_from_another_thread_ends_a_loop_that_waits(jpegs):
    def answer(handler) -> None:
        sent(jpegs, 2)(handler)
        streams.stall(handler)

    with streams.http(answer) as url:
        watched = emovere.watch(url, Options(stream=StreamOptions(timeout=30)))
        threading.Timer(2.0, watched.close).start()
        started = time.monotonic()
        assert len(list(watched)) <= 2
        assert time.monotonic() - started < 15


def test_the_async_form_gives_the_same_and_leaves_the_loop_free(shared, yunet_weights):
    clip = str(shared("videos/signing_thanks.mkv"))
    ticks = 0

    async def main() -> list[int]:
        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.01)

        beside = asyncio.create_task(tick())
        found = [result.index async for result in emovere.watch(clip)]
        beside.cancel()
        return found

    assert asyncio.run(main()) == list(range(51))
    assert ticks > 10


def test_a_photo_is_not_watched(tmp_path, yunet_weights):
    Image.new("RGB", (64, 64)).save(tmp_path / "photo.png")
    with pytest.raises(InputError, match="use analyze for photos"):
        emovere.watch(str(tmp_path / "photo.png"))
