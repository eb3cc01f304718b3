"""Recorded colour and depth in the layouts that people have, and a RealSense camera that is made up."""

from __future__ import annotations

import dataclasses
import itertools
import sys
import threading
import time
import types

import numpy as np
import pytest
from PIL import Image

from emovere.config import PhotoOptions, StreamOptions, VideoOptions
from emovere.errors import ConfigError, MissingExtra, SourceError
from emovere.sources.depth import RealSense, is_depth_folder, read_depth_folder
from emovere.types import Frame, Problem

pytestmark = pytest.mark.timeout(30)


def write_colour(path, shade=100, size=(48, 64)):
    path.parent.mkdir(exist_ok=True, parents=True)
    Image.fromarray(np.full((*size, 3), (shade, 0, 0), np.uint8)).save(path)


def write_depth(path, millimetres=1500, size=(48, 64)):
    path.parent.mkdir(exist_ok=True, parents=True)
    values = np.full(size, millimetres, np.uint16)
    values[: size[0] // 4] = 0
    Image.fromarray(values).save(path)


@pytest.fixture
def numbered(tmp_path):
    for number in (0, 1, 2, 10):
        write_colour(tmp_path / "color" / f"{number:04}.png", shade=number)
        write_depth(tmp_path / "depth" / f"{number:04}.png", 1000 + number)
    return tmp_path


def problems(items):
    for item in items:
        if isinstance(item, Problem):
            assert item.message.isprintable()
    return [item for item in items if isinstance(item, Problem)]


def test_numbered_pairs_in_two_folders(numbered):
    frames = list(read_depth_folder(numbered, VideoOptions(rate=10)))
    assert [frame.index for frame in frames] == [0, 1, 2, 10]
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.1, 0.2, 1.0])
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [0, 1, 2, 10]
    assert {frame.source for frame in frames} == {str(numbered)}
    for frame, metres in zip(frames, (1.0, 1.001, 1.002, 1.010), strict=True):
        assert frame.depth_m.dtype == np.float32
        assert frame.depth_m.shape == frame.size
        np.testing.assert_allclose(frame.depth_m[12:], metres, rtol=1e-6)
        assert (frame.depth_m[:12] == 0).all()


def test_times_can_be_chosen(numbered):
    chosen = [f.index for f in read_depth_folder(numbered, VideoOptions(rate=10, start=0.1, end=0.5))]
    assert chosen == [1, 2]
    assert [f.index for f in read_depth_folder(numbered, VideoOptions(rate=10, every=0.2))] == [0, 2, 10]


@pytest.mark.parametrize("folder", ["rgb", "RGB", "colour", "color", "image"])
def test_other_names_of_the_colour_folder(tmp_path, folder):
    write_colour(tmp_path / folder / "frame7.jpg")
    write_depth(tmp_path / "Depth" / "7.png")
    assert is_depth_folder(tmp_path)
    (frame,) = read_depth_folder(tmp_path)
    assert isinstance(frame, Frame)
    assert (frame.index, frame.time_s) == (0, 0.0)


def test_one_folder_with_two_kinds_of_names(tmp_path):
    for number in (45, 46):
        write_colour(tmp_path / f"rgb_{number:05}.jpg")
        write_depth(tmp_path / f"sync_depth_{number:05}.png")
    assert is_depth_folder(tmp_path)
    assert [frame.index for frame in read_depth_folder(tmp_path)] == [0, 1]


def tum(tmp_path, colour, depth):
    lines = {"rgb": ["# color images", "# timestamp filename"], "depth": ["# depth maps"]}
    for kind, stamps, write in (("rgb", colour, write_colour), ("depth", depth, write_depth)):
        for stamp in stamps:
            write(tmp_path / kind / f"{stamp:.6f}.png")
            lines[kind].append(f"{stamp:.6f} {kind}/{stamp:.6f}.png")
        (tmp_path / f"{kind}.txt").write_text("\n".join(lines[kind]) + "\n")
    return tmp_path


STAMPS = 1305031102.0 + np.array([0.175, 0.211, 0.243, 0.300])


def test_tums_lists_pair_by_the_nearest_time_and_hold_5000_units_a_metre(tmp_path):
    folder = tum(tmp_path, STAMPS, STAMPS[:3] + 0.015)
    assert is_depth_folder(folder)
    items = list(read_depth_folder(folder))
    frames = [item for item in items if isinstance(item, Frame)]
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.036, 0.068], abs=1e-5)
    assert [frame.index for frame in frames] == [0, 1, 2]
    np.testing.assert_allclose(frames[0].depth_m[12:], 0.3, rtol=1e-6)
    (problem,) = problems(items)
    assert "no depth picture belongs to it" in problem.message
    assert f"{STAMPS[3]:.6f}" in problem.source


def test_a_depth_picture_belongs_to_one_colour_picture_the_nearest(tmp_path):
    items = list(read_depth_folder(tum(tmp_path, STAMPS[0] + np.array([0, 0.012]), STAMPS[:1] + 0.010)))
    assert [type(item) for item in items] == [Problem, Frame]
    assert items[1].time_s == pytest.approx(0.012, abs=1e-5)


def test_names_with_timestamps_pair_by_the_nearest_time(tmp_path):
    for stamp in STAMPS:
        write_colour(tmp_path / "rgb" / f"r-{stamp:.6f}-123.png")
        write_depth(tmp_path / "depth" / f"d-{stamp - 0.008:.6f}-77.png")
    frames = list(read_depth_folder(tmp_path))
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.036, 0.068, 0.125], abs=1e-5)
    np.testing.assert_allclose(frames[0].depth_m[12:], 1.5, rtol=1e-6)


def test_the_unit_can_be_declared(numbered):
    frame = next(iter(read_depth_folder(numbered, unit_m=0.0001)))
    np.testing.assert_allclose(frame.depth_m[12:], 0.1, rtol=1e-6)
    for unit_m in (0.0, -1.0, 1.0, float("nan")):
        with pytest.raises(ConfigError, match="depth unit"):
            next(iter(read_depth_folder(numbered, unit_m=unit_m)))


@pytest.mark.parametrize("size", [(24, 32), (96, 128)])
def test_depth_of_another_resolution_is_not_mixed(tmp_path, size):
    write_colour(tmp_path / "color" / "1.png")
    (tmp_path / "depth").mkdir()
    values = np.random.default_rng(0).choice(np.array([0, 800, 3000], np.uint16), size)
    Image.fromarray(values).save(tmp_path / "depth" / "1.png")
    (frame,) = read_depth_folder(tmp_path)
    assert frame.depth_m.shape == (48, 64)
    np.testing.assert_allclose(np.unique(frame.depth_m), [0, 0.8, 3.0], rtol=1e-6)
    if size == (24, 32):
        np.testing.assert_allclose(frame.depth_m[::2, ::2], values * 0.001, rtol=1e-6)


def broken(numbered, what):
    path = numbered / "depth" / "0001.png"
    if what == "8-bit":
        Image.fromarray(np.zeros((48, 64), np.uint8)).save(path)
    elif what == "colours":
        Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save(path)
    elif what == "shape":
        write_depth(path, size=(48, 48))
    elif what == "cut":
        path.write_bytes(path.read_bytes()[:60])
    elif what == "empty":
        path.write_bytes(b"")
    elif what == "no depth":
        path.unlink()
    elif what == "no colour":
        (numbered / "color" / "0001.png").unlink()
    else:
        (numbered / "color" / "0001.png").write_bytes(b"nothing of the kind")


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("8-bit", "expected 16 bits a pixel, grey; got 8 bits, grey"),
        ("colours", "expected 16 bits a pixel, grey; got a picture of mode RGB"),
        ("shape", "48 x 48 pixels, its colour picture 64 x 48; expected depth that is aligned"),
        ("cut", "the depth picture cannot be read"),
        ("empty", "the depth picture cannot be read"),
        ("no depth", "no depth picture belongs to it"),
        ("no colour", "no colour picture belongs to it"),
        ("damaged colour", "0001.png"),
    ],
)
def test_one_bad_pair_is_a_problem_in_its_place_and_the_rest_goes_on(numbered, what, says):
    broken(numbered, what)
    items = list(read_depth_folder(numbered))
    assert [type(item) for item in items] == [Frame, Problem, Frame, Frame]
    assert says in items[1].message
    assert "0001.png" in items[1].source
    assert items[1].message.count("\n") == 0
    problems(items)


def test_a_file_that_a_list_names_and_is_not_there(tmp_path):
    folder = tum(tmp_path, STAMPS, STAMPS)
    (folder / "depth" / f"{STAMPS[1]:.6f}.png").unlink()
    items = list(read_depth_folder(folder))
    assert [type(item) for item in items] == [Frame, Problem, Frame, Frame]
    assert "no such file" in items[1].message


def test_a_damaged_list_is_one_problem_that_names_the_line(tmp_path):
    folder = tum(tmp_path, STAMPS, STAMPS)
    for line in ("not-a-number depth/x.png", "nan depth/x.png", "1305031102.1"):
        (folder / "depth.txt").write_text(f"# depth maps\n{line}\n")
        (item,) = read_depth_folder(folder)
        assert "depth.txt: line 2: expected a timestamp and a file" in item.message


def test_a_depth_picture_that_is_too_large_is_refused_before_it_is_decoded(numbered):
    items = list(read_depth_folder(numbered, photo=PhotoOptions(max_pixels=1000)))
    assert len(problems(items)) == 4


def test_what_is_no_depth_folder(tmp_path, numbered):
    assert is_depth_folder(numbered)
    assert not is_depth_folder(numbered / "color")
    assert not is_depth_folder(numbered / "nowhere")
    assert not is_depth_folder(numbered / "color" / "0000.png")
    (tmp_path / "other" / "depth").mkdir(parents=True)
    write_colour(tmp_path / "other" / "color" / "1.png")
    assert not is_depth_folder(tmp_path / "other")
    for folder in (tmp_path / "other", tmp_path / "nowhere"):
        (item,) = read_depth_folder(folder)
        assert isinstance(item, Problem)
        assert item.source == str(folder)


def test_frames_are_read_as_they_are_asked_for(numbered):
    frames = read_depth_folder(numbered)
    assert next(frames).index == 0
    (numbered / "depth" / "0001.png").write_bytes(b"")
    assert isinstance(next(frames), Problem)


@dataclasses.dataclass
class FakeCamera:
    """What is used of pyrealsense2, and a camera behind it that can be pulled out."""

    devices: int = 1
    frames: int = 3
    after: str = "silence"
    failing: str = ""
    started: list = dataclasses.field(default_factory=list)
    stopped: int = 0

    def module(self):
        fake = self
        colour_data, depth_data = np.zeros((480, 640, 3), np.uint8), np.zeros((480, 640), np.uint16)

        class Picture:
            def __init__(self, data, number):
                self._data, self._number = data, number

            def __bool__(self):
                return True

            def get_data(self):
                return self._data

            def get_timestamp(self):
                return 5_000_000.0 + 33.0 * self._number

        class Set:
            def __init__(self, number):
                self._number = number

            def get_color_frame(self):
                return Picture(colour_data, self._number)

            def get_depth_frame(self):
                return Picture(depth_data, self._number)

        class Pipeline:
            def __init__(self):
                self._count = 0

            def start(self, config):
                if fake.failing:
                    raise RuntimeError(fake.failing)
                fake.started.append(config.streams)
                sensor = types.SimpleNamespace(get_depth_scale=lambda: 0.00025)
                seen = types.SimpleNamespace(width=640, fx=320.0)
                stream = types.SimpleNamespace(get_intrinsics=lambda: seen)
                return types.SimpleNamespace(
                    get_device=lambda: types.SimpleNamespace(first_depth_sensor=lambda: sensor),
                    get_stream=lambda _: types.SimpleNamespace(as_video_stream_profile=lambda: stream),
                )

            def try_wait_for_frames(self, wait_ms):
                if self._count >= fake.frames:
                    if fake.after == "error":
                        raise RuntimeError("Device disconnected\nfrom port 3")
                    time.sleep(wait_ms / 1000)
                    return False, None
                self._count += 1
                colour_data[:] = self._count  # the library's own memory, written again for each frame
                depth_data[:] = 4000 * self._count
                return True, Set(self._count)

            def stop(self):
                fake.stopped += 1
                if fake.after == "error":
                    raise RuntimeError("no device")

        class Config:
            def __init__(self):
                self.streams = []

            def enable_stream(self, *wanted):
                self.streams.append(wanted)

        return types.SimpleNamespace(
            context=lambda: types.SimpleNamespace(query_devices=lambda: [None] * fake.devices),
            pipeline=Pipeline,
            config=Config,
            align=lambda stream: types.SimpleNamespace(process=lambda found: found),
            stream=types.SimpleNamespace(depth="depth", color="color"),
            format=types.SimpleNamespace(z16="z16", rgb8="rgb8"),
        )


QUICK = StreamOptions(timeout=0.3)


def test_frames_of_a_camera_in_metres_rgb_and_seconds():
    fake = FakeCamera(frames=3)
    with RealSense(library=fake.module()) as camera:
        reading = iter(camera)
        frames = list(itertools.islice(reading, 3))
        assert camera.field_of_view == pytest.approx(90.0)
        assert camera.stats.frames == 3
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.033, 0.066], abs=1e-6)
    assert [int(frame.image[5, 5, 0]) for frame in frames] == [1, 2, 3]
    assert [float(frame.depth_m[5, 5]) for frame in frames] == pytest.approx([1.0, 2.0, 3.0])
    assert frames[0].source == "realsense"
    assert list(reading) == []  # closed, though it was not read to its end
    assert fake.started == [[("depth", 640, 480, "z16", 30), ("color", 640, 480, "rgb8", 30)]]
    assert fake.stopped == 1


def test_no_camera_says_what_to_do_without_waiting():
    started = time.monotonic()
    with pytest.raises(SourceError, match="realsense: no camera is connected; plug it into a USB 3 port"):
        RealSense(library=FakeCamera(devices=0).module())
    assert time.monotonic() - started < 1


def test_a_camera_that_cannot_be_started_is_one_line():
    with pytest.raises(SourceError, match="another program") as raised:
        RealSense(library=FakeCamera(failing="Couldn't resolve\nrequests").module())
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("after", ["silence", "error"])
def test_a_camera_that_is_unplugged_is_an_error_after_the_timeout_and_is_given_back(after):
    fake = FakeCamera(frames=2, after=after)
    seen = []
    started = time.monotonic()
    with (
        RealSense(options=QUICK, library=fake.module()) as camera,
        pytest.raises(SourceError, match="unplugged") as raised,
    ):
        seen.extend(camera)
    assert [frame.index for frame in seen] == [0, 1]
    assert time.monotonic() - started < 5
    assert "\n" not in str(raised.value)
    assert fake.stopped == 1


def test_closing_from_another_thread_ends_the_iteration():
    fake = FakeCamera(frames=1)
    camera = RealSense(options=StreamOptions(timeout=60), library=fake.module())
    threading.Timer(0.2, camera.close).start()
    assert len(list(camera)) == 1
    camera.close()
    assert fake.stopped == 1


def test_an_unread_camera_is_given_back():
    fake = FakeCamera()
    RealSense(library=fake.module()).close()
    assert fake.stopped == 1


def test_without_the_library_the_install_line_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyrealsense2", None)
    with pytest.raises(MissingExtra, match=r"^pyrealsense2 is missing: pip install 'emovere\[depth\]'$"):
        RealSense()


def test_a_library_that_cannot_be_loaded_says_why(monkeypatch, tmp_path):
    (tmp_path / "pyrealsense2.py").write_text(
        "raise ImportError('libusb-1.0.so.0: cannot open shared object file: No such file or directory')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pyrealsense2", raising=False)
    with pytest.raises(MissingExtra, match=r"libusb-1\.0\.so\.0.*; install what it needs"):
        RealSense()
