"""A video that is written, read again."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from emovere.errors import OutputError, ShapeError
from emovere.report.movie import Movie

av = pytest.importorskip("av")

pytestmark = pytest.mark.timeout(60)

SIZE = (48, 64)


def picture(shade, size=SIZE):
    return np.full((*size, 3), shade, np.uint8)


def seen(path):
    """Size, times and pictures of a video."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    return (frames[0].height, frames[0].width), [f.time for f in frames], [f.to_ndarray(format="rgb24") for f in frames]


def heard(path):
    """Codec, samples from second 0 on, silent where there are none, and their rate; None without sound."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        frames = list(container.decode(audio=0))
        codec = container.streams.audio[0].codec_context.codec.canonical_name
    rate = frames[0].rate
    samples = np.zeros(round(frames[-1].time * rate) + frames[-1].samples)
    for frame in frames:
        first = round(frame.time * rate)
        samples[first : first + frame.samples] = frame.to_ndarray()[0].astype(np.float64)
    return codec, samples, rate


def with_sound(path, codec, *, rate=44100, seconds=3.0, video="libx264"):
    """A clip with a click at each whole second, in pictures (white) and in sound (a burst)."""
    container = av.open(str(path), "w")
    pictures = container.add_stream(video, rate=25)
    pictures.width, pictures.height, pictures.pix_fmt = SIZE[1], SIZE[0], "yuv420p"
    sound = container.add_stream(codec, rate=rate)
    sound.layout = "mono"
    for i in range(int(seconds * 25)):
        frame = av.VideoFrame.from_ndarray(picture(255 if i % 25 == 0 else 0), format="rgb24")
        container.mux(pictures.encode(frame))
    at = np.arange(int(seconds * rate)) / rate
    wave = (0.5 * np.sin(at * 2 * np.pi * 880) * (at % 1 < 0.1)).astype(np.float32)[None]
    resampler = av.AudioResampler(format=sound.codec_context.format, layout="mono", rate=rate)
    for first in range(0, wave.shape[1], 1024):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(wave[:, first : first + 1024]), "fltp", "mono")
        frame.rate, frame.pts, frame.time_base = rate, first, Fraction(1, rate)
        for part in resampler.resample(frame):
            container.mux(sound.encode(part))
    container.mux(pictures.encode(None))
    container.mux(sound.encode(None))
    container.close()
    return path


def bursts(samples, rate):
    """Seconds at which sound sets in."""
    loud = np.abs(samples) > 0.1 * np.abs(samples).max()
    at = np.flatnonzero(loud)
    return [at[i] / rate for i in range(len(at)) if i == 0 or at[i] - at[i - 1] > 0.5 * rate]


@pytest.mark.parametrize(("suffix", "exact"), [(".mp4", 1e-4), (".mkv", 6e-4), (".webm", 6e-4)])
def test_every_picture_stands_at_its_own_time(tmp_path, suffix, exact):
    times = [0.0, 0.04, 0.05, 0.31, 1.0, 1.001, 7 / 3, 2.5]
    with Movie(tmp_path / f"a{suffix}", rate=None) as movie:
        for i, time_s in enumerate(times):
            movie.write(picture(20 + 25 * i), time_s)
    size, read, pictures = seen(tmp_path / f"a{suffix}")
    assert size == SIZE
    assert read == pytest.approx(times, abs=exact)
    assert [p.mean() for p in pictures] == pytest.approx([20 + 25 * i for i in range(8)], abs=4)
    assert [entry.name for entry in tmp_path.iterdir()] == [f"a{suffix}"]


def test_times_count_from_the_start_and_always_rise(tmp_path):
    with Movie(tmp_path / "a.mp4", rate=25, start=10.0) as movie:
        for time_s in (10.0, 10.04, 10.04, 9.0, 10.2):
            movie.write(picture(0), time_s)
    assert seen(tmp_path / "a.mp4")[1] == pytest.approx([0, 0.04, 0.041, 0.042, 0.2], abs=1e-4)


def test_colours_stay_and_thin_lines_too(tmp_path):
    image = picture(0)
    for row, colour in enumerate([(240, 40, 40), (40, 200, 60), (30, 60, 230), (240, 228, 66)]):
        image[12 * row : 12 * row + 12] = colour
    lines = picture(90)
    lines[3::6] = (240, 200, 60)
    with Movie(tmp_path / "a.mp4") as movie:
        for i in range(4):
            movie.write(image if i < 2 else lines, i / 25)
    _, _, pictures = seen(tmp_path / "a.mp4")
    for row in range(4):
        middle = (slice(12 * row + 3, 12 * row + 9), slice(8, 56))
        assert np.abs(pictures[1][middle].astype(int) - image[middle]).mean() < 8
    red, _, blue = pictures[3].reshape(-1, 3).mean(axis=0)
    assert red - blue > 12, "one row in six is orange, at odd rows too"


@pytest.mark.parametrize("size", [(47, 63), (1, 1), (48, 65), (3, 200)])
def test_odd_sizes_gain_a_pixel(tmp_path, size):
    with Movie(tmp_path / "a.mp4") as movie:
        movie.write(picture(200, size), 0.0)
    read, _, pictures = seen(tmp_path / "a.mp4")
    assert read == (size[0] + size[0] % 2, size[1] + size[1] % 2)
    assert pictures[0].mean() == pytest.approx(200, abs=4)


def test_pictures_of_another_size_are_fitted_into_the_first(tmp_path):
    with Movie(tmp_path / "a.mp4") as movie:
        movie.write(picture(250), 0.0)
        movie.write(picture(250, (200, 100)), 0.1)
        movie.write(picture(250, (6, 200)), 0.2)
    size, _, (_, tall, wide) = seen(tmp_path / "a.mp4")
    assert size == SIZE
    assert tall[:, 24:40].mean() > 240
    assert tall[:, :16].mean() < 12
    assert wide[23:25].mean() > 200
    assert wide[:16].mean() < 12


@pytest.mark.parametrize(
    ("name", "codec", "target", "kept"),
    [
        ("s.mp4", "aac", "a.mp4", "aac"),
        ("s.mp4", "libmp3lame", "a.mp4", "mp3"),
        ("s.mkv", "libopus", "a.mp4", "opus"),
        ("s.mkv", "libopus", "a.webm", "opus"),
        ("s.mkv", "pcm_s16le", "a.mp4", "aac"),
        ("s.ts", "aac", "a.mkv", "aac"),
        ("s.mp4", "aac", "a.webm", "opus"),
    ],
)
@pytest.mark.parametrize(("start", "end"), [(0.0, None), (0.5, 2.5)])
def test_sound_comes_along_in_step(tmp_path, name, codec, target, kept, start, end):
    source = with_sound(tmp_path / name, codec, rate=48000 if codec == "libopus" else 44100)
    with Movie(tmp_path / target, rate=25, sound_from=source, start=start, end=end) as movie:
        for i in range(75):
            if start <= i / 25 < (end or 9):
                movie.write(picture(i), i / 25)
    length = (end or 3.0) - start
    found, samples, rate = heard(tmp_path / target)
    assert found == kept
    assert len(samples) / rate == pytest.approx(length, abs=0.06)
    expected = [second - start for second in (0, 1, 2) if second >= start]
    assert bursts(samples, rate) == pytest.approx(expected, abs=0.06)
    assert len(seen(tmp_path / target)[1]) == round(25 * length)


def test_sound_ends_with_the_pictures_that_were_kept(tmp_path):
    source = with_sound(tmp_path / "s.mp4", "aac")
    movie = Movie(tmp_path / "a.mp4", rate=25, sound_from=source)
    for i in range(30):
        movie.write(picture(i), i / 25)
    movie.close()
    movie.close()
    _, samples, rate = heard(tmp_path / "a.mp4")
    assert len(samples) / rate == pytest.approx(1.2, abs=0.06)
    with pytest.raises(OutputError, match="is finished"):
        movie.write(picture(0), 2.0)


def test_sound_and_pictures_lie_side_by_side_in_the_file(tmp_path):
    source = with_sound(tmp_path / "s.mp4", "aac", seconds=20)
    with Movie(tmp_path / "a.mp4", rate=25, sound_from=source) as movie:
        for i in range(500):
            movie.write(picture(i % 200), i / 25)
    with av.open(str(tmp_path / "a.mp4")) as container:
        kinds = [(p.stream.type, float(p.dts * p.time_base)) for p in container.demux() if p.dts is not None]
    behind = [
        abs(time_s - next((t for k, t in reversed(kinds[:i]) if k != kind), time_s))
        for i, (kind, time_s) in enumerate(kinds)
    ]
    assert max(behind) < 2.5, "a player would have to read both ends at once"


def test_a_source_without_sound_or_that_is_no_video_is_fine(tmp_path):
    silent = tmp_path / "silent.mp4"
    with Movie(silent) as movie:
        movie.write(picture(1), 0)
    (tmp_path / "text.mp4").write_text("no video")
    for source in (silent, tmp_path / "text.mp4", tmp_path / "missing.mp4", tmp_path):
        with Movie(tmp_path / "a.mp4", sound_from=source) as movie:
            movie.write(picture(1), 0)
        assert heard(tmp_path / "a.mp4") is None
        assert len(seen(tmp_path / "a.mp4")[1]) == 1


@pytest.mark.parametrize(("codec", "damage"), [("aac", 900), ("pcm_s16le", 40_000)])
def test_damaged_sound_is_left_out(tmp_path, codec, damage, capfd):
    # Matroska is read on at its next cluster, up to five seconds later
    source = with_sound(tmp_path / "s.mkv", codec, seconds=20)
    data = bytearray(source.read_bytes())
    third = len(data) // 3
    data[third : third + damage] = np.random.default_rng(0).bytes(damage)
    source.write_bytes(data)
    with Movie(tmp_path / "a.mp4", rate=25, sound_from=source) as movie:
        for i in range(500):
            movie.write(picture(i % 200), i / 25)
    _, samples, rate = heard(tmp_path / "a.mp4")
    assert 14 < len(samples) / rate < 20.1
    assert {0, 5, 19} <= {round(second, 1) for second in bursts(samples, rate)}
    assert len(seen(tmp_path / "a.mp4")[1]) == 500
    assert capfd.readouterr() == ("", "")


def _write_and(movie, error, *, keep=False):
    for i in range(10):
        movie.write(picture(i), i / 25)
    if keep:
        movie.close()
    raise error


def test_without_a_picture_there_is_no_file(tmp_path):
    with Movie(tmp_path / "a.mp4"):
        pass
    Movie(tmp_path / "b.mp4").close()
    with pytest.raises(KeyError), Movie(tmp_path / "c.mp4"):
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_an_error_leaves_nothing_and_an_older_file_stays(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"older")
    with pytest.raises(KeyError), Movie(tmp_path / "a.mp4") as movie:
        _write_and(movie, KeyError)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.mp4"]
    assert (tmp_path / "a.mp4").read_bytes() == b"older"


def test_interrupted_work_is_kept_when_it_is_closed(tmp_path):
    with pytest.raises(KeyboardInterrupt), Movie(tmp_path / "a.mp4", rate=25) as movie:
        _write_and(movie, KeyboardInterrupt, keep=True)
    assert len(seen(tmp_path / "a.mp4")[1]) == 10


def test_names_that_ffmpeg_might_misread(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("10:30 é%03d.mp4", "-a.mkv", "new/folder/b.mp4"):
        with Movie(Path(name)) as movie:
            movie.write(picture(0), 0)
        assert len(seen(tmp_path / name)[1]) == 1


def test_what_cannot_be_written_is_told_at_once(tmp_path):
    with pytest.raises(OutputError, match=r"a\.avi: expected a name that ends in \.mp4, \.mkv, \.webm; got '\.avi'"):
        Movie(tmp_path / "a.avi")
    (tmp_path / "file").write_text("")
    movie = Movie(tmp_path / "file" / "a.mp4")
    with pytest.raises(OutputError, match=r"a\.mp4: cannot be written: "):
        movie.write(picture(0), 0)
    movie.close()
    (tmp_path / "folder.mp4").mkdir()
    with (
        pytest.raises(OutputError, match=r"folder\.mp4: cannot be written: Is a directory"),
        Movie(tmp_path / "folder.mp4") as movie,
    ):
        movie.write(picture(0), 0)
    with pytest.raises(ShapeError), Movie(tmp_path / "a.mp4") as movie:
        movie.write(np.zeros((4, 4), np.uint8), 0)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder.mp4"]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
@pytest.mark.parametrize("frames", [400, 12])
def test_a_full_disk_is_told_in_one_line_and_leaves_nothing(tmp_path, suffix, frames):
    """A limit on the size of files stands in for it; few frames meet it only when the file is finished."""
    script = (
        "import resource, sys, numpy as np\n"
        "from pathlib import Path\n"
        "from emovere.errors import OutputError\n"
        "from emovere.report.movie import Movie\n"
        "noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try:\n"
        "    with Movie(Path(sys.argv[1])) as movie:\n"
        "        for i in range(int(sys.argv[2])):\n"
        "            movie.write(np.roll(noise, 9 * i, axis=1), i / 25)\n"
        "except OutputError as error:\n"
        "    print(error)\n"
    )
    command = [sys.executable, "-W", "error", "-c", script, str(tmp_path / f"a{suffix}"), str(frames)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=True)
    assert done.stdout.strip() == f"{tmp_path / f'a{suffix}'}: cannot be written: File too large"
    assert done.stderr == ""
    assert not list(tmp_path.iterdir())


def test_a_real_clip_comes_through(tmp_path, shared):
    source = shared("videos/signing_thanks.mkv")
    size, times, pictures = seen(source)
    with Movie(tmp_path / "a.mp4", rate=30, sound_from=source) as movie:
        for time_s, image in zip(times, pictures, strict=True):
            movie.write(image, time_s)
    read_size, read_times, read = seen(tmp_path / "a.mp4")
    assert read_size == size
    assert read_times == pytest.approx(times, abs=1e-4)
    assert max(np.abs(a.astype(int) - b).mean() for a, b in zip(pictures, read, strict=True)) < 4
    assert (tmp_path / "a.mp4").stat().st_size < 5 * source.stat().st_size
