"""``emovere analyze --workers``: several processes give what one gives, whatever happens to them."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emovere.config import DetectOptions
from emovere.errors import ConfigError, UnknownModel
from emovere.pipeline import Analyzer, Seen
from emovere.recorded import Checkpoint
from emovere.scale.options import ArchiveOptions, ScaleOptions
from emovere.scale.pool import Pool
from emovere.types import Problem

PICKY = Path(__file__).parent / "picky"
COLOURS = {"red": "#f00", "green": "#0f0", "blue": "#00f", "yellow": "#ff0", "cyan": "#0ff", "magenta": "#f0f"}


def picky(**scale: float) -> ArchiveOptions:
    """Options for the plug-in of ``picky/``: one face in every picture, and colours that end its process."""
    return ArchiveOptions(detect=DetectOptions(name="picky", check=0), scale=ScaleOptions(**scale))


@pytest.fixture
def plug_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(PICKY))


@pytest.fixture
def pictures(tmp_path: Path):
    """Makes so many small pictures, of which some have a colour."""

    def make(count: int, **coloured: int) -> list[str]:
        rng = np.random.default_rng(3)
        places = {place: COLOURS[colour] for colour, place in coloured.items()}
        names = []
        for k in range(count):
            path = tmp_path / f"p{k:04d}.png"
            if k in places:
                Image.new("RGB", (48, 48), places[k]).save(path)
            else:
                Image.fromarray(rng.integers(0, 255, (48, 48, 3), np.uint8)).save(path)
            names.append(str(path))
        return names

    return make


def sources(items: list[Seen | Problem]) -> list[str]:
    return [item.source if isinstance(item, Problem) else item.result.source for item in items]


def same(one: dict, other: dict) -> None:
    """The same frames with the same faces: boxes to a pixel's hundredth, probabilities to 1e-5."""
    assert [f["source"] for f in one["frames"]] == [f["source"] for f in other["frames"]]
    assert one["errors"] == other["errors"]
    for a, b in zip(one["frames"], other["frames"], strict=True):
        assert (a["index"], a["time_s"], len(a["faces"])) == (b["index"], b["time_s"], len(b["faces"]))
        assert a.get("events", []) == b.get("events", [])
        for x, y in zip(a["faces"], b["faces"], strict=True):
            assert x["box"] == pytest.approx(y["box"], abs=0.011)
            assert x["track_id"] == y["track_id"]
            assert list(x["probs"].values()) == pytest.approx(list(y["probs"].values()), abs=1.1e-5)


@pytest.mark.timeout(180)
def test_any_number_of_processes_gives_what_one_gives(emovere, shared, tmp_path, yunet_weights):
    (tmp_path / "damaged.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    names = [shared(f"photos/{name}.jpg") for name in ("one_smiling", "two_standing", "two_waving")]
    inputs = [names[0], "missing.jpg", names[1], "damaged.jpg", shared("videos/signing_thanks.mkv"), *names]
    plain = json.loads(emovere("analyze", *inputs, "-f", "json", expect=1).stdout)
    for workers in (1, 3):
        done = emovere("analyze", *inputs, "-f", "json", "--workers", workers, expect=1)
        same(plain, json.loads(done.stdout))
        assert f"emovere: {workers} process" in done.stderr
    assert len(plain["errors"]) == 2


@pytest.mark.timeout(180)
def test_every_output_is_the_same(emovere, shared, tmp_path, yunet_weights):
    videos = [shared("videos/signing_help.mkv"), shared("videos/signing_thanks.mkv")]
    outputs = {}
    for kind, extra in (("plain", ()), ("pool", ("--workers", "2"))):
        names = [f"{kind}.csv", "--annotate", f"{kind}_drawn", "--events", f"{kind}_events.csv"]
        done = emovere(
            "analyze", *videos, "-f", "csv", "-o", *names, "--timeline", f"{kind}.html", "--compare", "-q",
            "--set", "track.step=0.3", *extra,
        )  # fmt: skip
        drawn = sorted((p.name, p.stat().st_size) for p in (tmp_path / f"{kind}_drawn").iterdir())
        outputs[kind] = (
            (tmp_path / f"{kind}.csv").read_text(),
            (tmp_path / f"{kind}_events.csv").read_text(),
            done.stdout,
            [name for name, _ in drawn],
        )
        assert all(size > 10_000 for _, size in drawn)
        assert (tmp_path / f"{kind}.html").stat().st_size > 1000
    assert outputs["plain"][1:] == outputs["pool"][1:]
    rows = [list(csv.DictReader(outputs[kind][0].splitlines())) for kind in ("plain", "pool")]
    assert len(rows[0]) == len(rows[1]) > 100
    for a, b in zip(*rows, strict=True):
        assert (a["source"], a["index"], a["track_id"]) == (b["source"], b["index"], b["track_id"])
        for name in ("x1", "y2", "happy", "neutral"):
            assert float(a[name]) == pytest.approx(float(b[name]), abs=1.1e-2 if name in ("x1", "y2") else 1.1e-5)


@pytest.mark.timeout(180)
@pytest.mark.usefixtures("plug_in")
def test_a_killed_process_costs_no_row_and_doubles_none(pictures):
    names = pictures(120)
    with Pool(picky(chunk=4), 2) as pool:
        items = []
        for item in pool.stream(names):
            items.append(item)
            if len(items) in (10, 50):
                os.kill(pool.pids[-1], signal.SIGKILL)
        assert sources(items) == names
        assert not any(isinstance(item, Problem) for item in items)
        assert pool.replaced == 2
        assert 30 < pool.memory_mb < 1000


@pytest.mark.timeout(180)
@pytest.mark.usefixtures("plug_in")
def test_the_picture_that_ends_its_process_is_named_and_the_rest_is_done(pictures):
    names = pictures(40, red=5, green=17, blue=29, yellow=30, magenta=38)
    with Pool(picky(chunk=8, memory_mb=3000), 2) as pool:
        items = list(pool.stream(names))
    assert sources(items) == names
    problems = {names.index(p.source): p for p in items if isinstance(p, Problem)}
    assert set(problems) == {5, 17, 29, 30}, "what was killed once was done the second time"
    assert "left out: every process that read it was ended by SIGSEGV" in problems[5].message
    assert "met an error: RuntimeError: green is no colour" in problems[17].message
    assert "needed more memory than the 3,000 MB" in problems[29].message
    assert "was killed, perhaps for want of memory" in problems[30].message
    assert {p.error for p in problems.values()} == {"UnreadableImage"}


@pytest.mark.timeout(180)
@pytest.mark.usefixtures("plug_in")
def test_the_command_line_names_it_too(emovere, pictures):
    names = pictures(9, red=4)
    done = emovere(
        "analyze", *names, "--workers", "2", "--detector", "picky", "--set", "detect.check=0", "-f", "csv", expect=1
    )
    assert len(done.stdout.splitlines()) == 1 + 8
    assert "p0004.png: left out" in done.stderr


def start(*arguments: str, cwd: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "emovere", "analyze", *arguments, "--detector", "picky", "--set", "detect.check=0"]
    return subprocess.Popen(command, cwd=cwd, stderr=subprocess.PIPE, start_new_session=True)


def children(pid: int) -> list[int]:
    return [int(p) for t in Path(f"/proc/{pid}/task").iterdir() for p in (t / "children").read_text().split()]


def until(condition, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def are_gone(pids: list[int]) -> bool:
    def lives(pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    return not any(lives(pid) for pid in pids)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.timeout(180)
@pytest.mark.usefixtures("plug_in")
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_an_ended_driver_leaves_nobody_behind_and_resume_does_the_rest(emovere, pictures, tmp_path, blow):
    names = pictures(60)
    for k in range(30, 60):
        Image.new("RGB", (48, 48), COLOURS["cyan"]).save(names[k])  # each takes half a second
    (tmp_path / "list.txt").write_text("\n".join(names))
    wanted = ("@list.txt", "--workers", "2", "-f", "csv", "-o", "out.csv", "--set", "scale.chunk=4")
    driver = start(*wanted, cwd=tmp_path)
    kept = tmp_path / "out.csv.partial"
    until(lambda: kept.is_file() and kept.read_text().count('"done"') >= 20)
    workers = children(driver.pid)
    assert len(workers) == 2
    driver.send_signal(blow)
    _, said = driver.communicate(timeout=20)
    if blow == signal.SIGINT:
        assert driver.returncode == 1
        assert b"go on with --resume" in said
        assert b"Traceback" not in said
    until(lambda: are_gone(workers), 5)
    assert not (tmp_path / "out.csv").exists()
    begun = kept.read_text().count('"done"')
    assert 20 <= begun < 60
    for k in range(30, 60):
        Image.new("RGB", (48, 48), "#123").save(names[k])
    emovere("analyze", *wanted, "--detector", "picky", "--set", "detect.check=0", "--resume")
    rows = [row["source"] for row in csv.DictReader((tmp_path / "out.csv").read_text().splitlines())]
    assert rows == names
    assert not kept.exists()


@pytest.fixture
def long_video(shared, tmp_path) -> Path:
    """12 s of a person, back and forth, with a key picture every second."""
    av = pytest.importorskip("av")
    with av.open(str(shared("videos/signing_thanks.mkv"))) as clip:
        pictures = [frame.to_ndarray(format="rgb24")[::2, ::2] for frame in clip.decode(video=0)][:48:2]
    path = tmp_path / "long.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=10, options={"preset": "ultrafast", "bf": "0"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.codec_context.gop_size = "yuv420p", 10
        for k in range(120):
            place = k % (2 * len(pictures))
            picture = pictures[min(place, 2 * len(pictures) - 1 - place)]
            for packet in stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)
    return path


@pytest.mark.timeout(180)
def test_a_cut_recording_is_whole_again_whatever_the_number_of_processes(long_video, yunet_weights):
    options = ArchiveOptions(detect=DetectOptions(name="yunet"), scale=ScaleOptions(piece_s=4))
    runs = []
    for workers in (1, 2):
        with Pool(options, workers) as pool:
            runs.append(list(pool.stream([str(long_video)])))
    plain = list(Analyzer(options).stream([str(long_video)]))
    for a, b in zip(*runs, strict=True):
        assert a.result.index == b.result.index
        np.testing.assert_allclose(a.result.faces.boxes, b.result.faces.boxes, atol=0.01)
        np.testing.assert_allclose(a.result.expressions.probs, b.result.expressions.probs, atol=1e-5)
        assert a.result.events == b.result.events
    assert [one.result.index for one in runs[0]] == [one.result.index for one in plain] == list(range(120))
    assert [one.done for one in runs[0]] == sorted(one.done for one in runs[0])
    numbers = Counter(number for one in runs[0] for number in one.result.faces.track_ids.tolist())
    assert set(numbers) == {1}, "the same person throughout"
    kinds = [Counter(e.kind for one in run for e in one.result.events if e.kind == "enter") for run in (plain, runs[1])]
    assert kinds[0] == kinds[1] == {"enter": 1}
    away = [
        np.abs(a.result.expressions.probs - b.result.expressions.probs).max()
        for a, b in zip(plain, runs[1], strict=True)
        if len(a.result) == len(b.result) == 1
    ]
    assert len(away) > 115
    assert np.mean(away) < 0.01, "as if it had not been cut, but for which frames were looked at"
    goes_on_at_a_seam(options, runs[0])


def goes_on_at_a_seam(options: ArchiveOptions, whole: list[Seen]) -> None:
    """From the checkpoint after a piece, as it stands in a file, to the same rows."""
    at = [k for k, one in enumerate(whole) if one.checkpoint is not None]
    assert at == [39, 79], "after the last frame of each piece but the last"
    checkpoint = whole[79].checkpoint
    state = json.loads(json.dumps(checkpoint.state))
    resume = Checkpoint(checkpoint.source, state, [], checkpoint.last)
    with Pool(options, 1) as pool:
        rest = list(pool.stream([checkpoint.source], resume=resume))
    assert [one.result.index for one in rest] == list(range(80, 120))
    for a, b in zip(whole[80:], rest, strict=True):
        np.testing.assert_allclose(a.result.expressions.probs, b.result.expressions.probs, atol=1e-6)
        assert a.result.faces.track_ids.tolist() == b.result.faces.track_ids.tolist()


@pytest.mark.timeout(180)
def test_what_cannot_begin_says_why():
    with Pool(ArchiveOptions(), 2) as pool, pytest.raises(ConfigError, match="standard input is one picture"):
        list(pool.stream(["-"]))
    missing = ArchiveOptions(detect=DetectOptions(name="yunett"))
    with Pool(missing, 2) as pool, pytest.raises(UnknownModel, match="did you mean 'yunet'"):
        _ = pool.models
    with pytest.raises(ConfigError, match="from 1 on"):
        Pool(ArchiveOptions(), 0)


@pytest.mark.timeout(180)
def test_one_photo_alone_starts_nothing_of_it(emovere, shared, yunet_weights):
    script = (
        "import sys; sys.argv = ['emovere', 'analyze', sys.argv[1], '-q']\n"
        "from emovere.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "found = {n for n in sys.modules if n.startswith(('emovere.scale', 'emovere.cli.scale', 'ray', 'fsspec'))}\n"
        "sys.exit(f'imported {found}' if found else 0)\n"
    )
    photo = str(shared("photos/one_smiling.jpg"))
    done = subprocess.run([sys.executable, "-c", script, photo], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
