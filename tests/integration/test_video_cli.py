"""Recordings through the command line: what comes out, what is kept when things go wrong, and going on."""

from __future__ import annotations

import csv
import io
import itertools
import json
import shutil
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.integration.conftest import command

pytestmark = pytest.mark.timeout(120)

FEATURES = ("source", "index", "time_s", "track_id", "emotion")


@pytest.fixture
def clip(shared, yunet_weights) -> Path:
    return shared("videos/signing_sorry.mkv")


def pictures_of(clip: Path) -> list[np.ndarray]:
    with av.open(str(clip)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def encode(path: Path, pictures: list[np.ndarray]) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", 30, {"g": "15", "preset": "veryfast"})
        stream.height, stream.width, stream.pix_fmt = pictures[0].shape[0], pictures[0].shape[1], "yuv420p"
        for image in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))


@pytest.fixture
def long_clip(clip, tmp_path) -> Path:
    """The real clip there and back, 12 seconds, as MP4 with a tone."""
    pictures = pictures_of(clip)
    path = tmp_path / "long.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", 30, {"g": "30", "preset": "veryfast"})
        stream.height, stream.width, stream.pix_fmt = pictures[0].shape[0], pictures[0].shape[1], "yuv420p"
        sound = container.add_stream("aac", 16000)
        for image in itertools.islice(itertools.cycle(pictures + pictures[-2:0:-1]), 360):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
        tone = (8000 * np.sin(np.arange(16000 * 12) / 6)).astype(np.int16)
        for start in range(0, len(tone), 1024):
            part = tone[None, start : start + 1024]
            frame = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 16000, start, Fraction(1, 16000)
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_one_row_a_frame_with_time_and_number(emovere, clip):
    found = rows(emovere("analyze", clip, "-f", "csv").stdout)
    assert [int(row["index"]) for row in found] == list(range(73))
    assert {row["track_id"] for row in found} == {"1"}
    times = [float(row["time_s"]) for row in found]
    assert all(0.02 < b - a < 0.05 for a, b in itertools.pairwise(times))
    for row in found:
        assert sum(
            float(row[label]) for label in ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
        ) == (pytest.approx(1, abs=1e-4))


def test_a_person_reads_events_and_one_line_a_face(emovere, clip, shared):
    said = emovere("analyze", clip, shared("videos/one_smiling.gif")).stdout.splitlines()
    assert any(line.endswith("73 frames, 2.4 s, 1 face followed") for line in said)
    assert any("happy begins" in line for line in said)
    assert any("one_smiling.gif" in line and "mean: happy" in line for line in said)


def test_times_choose_the_frames(emovere, clip):
    found = rows(emovere("analyze", clip, "-f", "csv", "--start", "0.5s", "--end", "1.5", "--every", "0.2s").stdout)
    times = [float(row["time_s"]) for row in found]
    assert len(times) == 5
    assert all(0.5 + 0.2 * k <= t < 0.5 + 0.2 * k + 0.04 for k, t in enumerate(times))


def test_everything_else_that_can_be_made(emovere, clip, shared, tmp_path):
    emovere(
        *("analyze", clip, shared("videos/two_tilting.gif"), "-f", "json", "-o", "out.json", "--annotate", "drawn"),
        *("--timeline", "time.html", "--events", "events.csv", "--emoji"),
    )
    seen = json.loads((tmp_path / "out.json").read_text())
    assert len(seen["frames"]) == 73 + 56
    with av.open(str(tmp_path / "drawn" / "signing_sorry.mp4")) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert sum(1 for _ in container.decode(video=0)) == 73
    assert (tmp_path / "drawn" / "two_tilting.mp4").is_file()
    assert "two_tilting.gif" in (tmp_path / "time.html").read_text()
    told = rows((tmp_path / "events.csv").read_text())
    assert [(row["kind"], row["track_id"]) for row in told if row["kind"] == "enter"] == [
        ("enter", "1"), ("enter", "1"), ("enter", "2"),
    ]  # fmt: skip
    assert not (tmp_path / "out.json.partial").exists()


def test_sound_is_kept(emovere, long_clip, tmp_path):
    emovere("analyze", long_clip, "--annotate", "drawn.mp4", "--end", "2", "-o", "rows.csv", "-f", "csv")
    with av.open(str(tmp_path / "drawn.mp4")) as container:
        assert len(container.streams.audio) == 1
        seconds = sum(frame.samples for frame in container.decode(audio=0)) / 16000
    assert seconds == pytest.approx(2, abs=0.2)


def begin(tmp_path: Path, *arguments: str | Path, **options: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command(arguments), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def wait_for(path: Path, text: str, seconds: float = 60) -> None:
    due = time.monotonic() + seconds
    while not (path.is_file() and text in path.read_text()):
        assert time.monotonic() < due, f"{path} never held {text}"
        time.sleep(0.05)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_interrupted_work_goes_on_to_the_same_rows(emovere, long_clip, tmp_path, how):
    emovere("analyze", long_clip, "-f", "csv", "-o", "whole.csv")
    arguments = ("analyze", long_clip, "-f", "csv", "-o", "cut.csv", "--annotate", "drawn.mp4")
    with begin(tmp_path, *arguments) as process:
        wait_for(tmp_path / "cut.csv.partial", '"checkpoint"')
        process.send_signal(how)
        _, err = process.communicate(timeout=30)
    assert process.returncode != 0
    assert not (tmp_path / "cut.csv").exists()
    if how is signal.SIGINT:
        assert b"cut.csv.partial keeps what is done: go on with --resume" in err
    again = emovere("analyze", long_clip, "-f", "csv", "-o", "cut.csv", expect=1)
    assert "go on with --resume, or delete it" in again.stderr
    emovere(*arguments, "--resume")
    whole, cut = (rows((tmp_path / name).read_text()) for name in ("whole.csv", "cut.csv"))
    assert [[row[name] for name in FEATURES] for row in cut] == [[row[name] for name in FEATURES] for row in whole]
    for a, b in zip(whole, cut, strict=True):
        for name in ("x1", "y2", "happy", "neutral"):
            assert float(a[name]) == pytest.approx(float(b[name]), abs=2e-3 if name in ("happy", "neutral") else 0.1)
    assert not (tmp_path / "cut.csv.partial").exists()
    with av.open(str(tmp_path / "drawn.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 360


def damaged(kind: str, clip: Path, folder: Path) -> Path:
    path = folder / "damaged.mp4"
    data = clip.read_bytes()
    if kind == "truncated":
        path = folder / "damaged.mkv"
        path.write_bytes(data[: len(data) // 2])
    elif kind == "garbage inside":
        path = folder / "damaged.ts"
        encode(path, pictures_of(clip))
        whole = bytearray(path.read_bytes())
        middle = len(whole) // 2
        whole[middle : middle + 20_000] = np.random.default_rng(0).integers(0, 256, 20_000, dtype=np.uint8).tobytes()
        path.write_bytes(whole)
    elif kind == "no index":
        path.write_bytes(b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + data[5000:60000])
    elif kind == "zero bytes":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("this is no video\n" * 100)
    return path


@pytest.mark.parametrize(
    ("kind", "least", "says"),
    [
        ("truncated", 10, "breaks off"),
        ("garbage inside", 30, "damaged"),
        ("no index", 0, "damaged.mp4"),
        ("zero bytes", 0, "is empty"),
        ("text", 0, "text"),
    ],
)
def test_a_damaged_video_gives_what_is_there_and_one_line(emovere, clip, shared, tmp_path, kind, least, says):
    path = damaged(kind, clip, tmp_path)
    good = shared("videos/signing_thanks.mkv")
    done = emovere("analyze", path, good, "-f", "csv", "-o", "rows.csv", expect=1)
    lines = [line for line in done.stderr.splitlines() if line.startswith("emovere:")]
    assert len(lines) == 1
    assert says in lines[0]
    found = rows((tmp_path / "rows.csv").read_text())
    assert sum(row["source"] == str(path) for row in found) >= least
    assert sum(row["source"] == str(good) for row in found) == 51


def test_sound_alone_is_no_video(emovere, tmp_path, yunet_weights):
    path = tmp_path / "tone.mp4"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", 16000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.int16), format="s16", layout="mono")
        frame.sample_rate = 16000
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    done = emovere("analyze", path, expect=1)
    assert "no picture" in done.stderr or "no video" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="file-size limits are POSIX")
def test_a_full_disk_is_one_line_and_the_rows_are_kept(long_clip, tmp_path):
    import resource

    def little_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    process = begin(tmp_path, "analyze", long_clip, "-f", "csv", "-o", "rows.csv", preexec_fn=little_room)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"Traceback" not in err
    assert err.count(b"emovere:") == 1
    assert b"cannot be written" in err
    assert (tmp_path / "rows.csv.partial").stat().st_size > 10_000
    assert not (tmp_path / "rows.csv").exists()


def test_two_recordings_are_compared(emovere, clip, shared):
    done = emovere("analyze", clip, shared("videos/signing_help.mkv"), "--compare")
    assert "no difference is claimed" in done.stdout
    assert "expected two videos or more" in emovere("analyze", clip, "--compare", expect=1).stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--every", "soon"], "--every: expected a time such as 0.2s"),
        (["--start", "5", "--end", "2"], "--end: expected a time after --start"),
        (["--resume"], "--resume: goes on with the file that --output names"),
        (["--timeline", "time.pdf"], "--timeline: expected a name that ends in .png or .html"),
        (["--emoji"], "--emoji: draws into what --annotate writes"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_work(emovere, clip, arguments, says):
    done = emovere("analyze", clip, *arguments, expect=1)
    assert says in done.stderr
    assert done.stdout == ""


def test_a_numbered_sequence_is_one_recording(emovere, clip, tmp_path):
    with av.open(str(clip)) as container:
        for number, frame in zip(range(10), container.decode(video=0), strict=False):
            frame.to_image().save(tmp_path / f"shot_{number:03d}.png")
    found = rows(emovere("analyze", "shot_%03d.png", "-f", "csv", "--set", "video.rate=10").stdout)
    assert [row["time_s"] for row in found] == ["0.0", *(str(k / 10) for k in range(1, 10))]
    assert {row["source"] for row in found} == {"shot_%03d.png"}


def test_a_folder_gives_its_photos_and_its_videos(emovere, clip, shared, tmp_path):
    folder = tmp_path / "material"
    folder.mkdir()
    shutil.copy(shared("photos/one_smiling.jpg"), folder / "a.jpg")
    (folder / "b.mkv").symlink_to(clip)
    said = emovere("analyze", folder).stdout
    assert "a.jpg  1  happy" in said
    assert "73 frames" in said
