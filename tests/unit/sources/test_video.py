"""Frames of video files: upright, in true colours, at their exact times, from wherever reading begins."""

from __future__ import annotations

import sys
import threading
import time
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from emovere.config import VideoOptions
from emovere.errors import ConfigError, MissingExtra, UnreadableVideo
from emovere.sources import video_open
from emovere.sources.video import VideoFile, read_video
from emovere.sources.video_frames import is_shown
from emovere.sources.video_pixels import Blocks, ToRgb

av = pytest.importorskip("av")
pytestmark = pytest.mark.timeout(60)

CONTAINERS = {
    "H.264 in MP4": ("a.mp4", {}),
    "H.264 in Matroska": ("a.mkv", {}),
    "H.264 in MPEG-TS": ("a.ts", {}),
    "H.264 in FLV": ("a.flv", {}),
    "H.264 in AVI, timestamps in the order of decoding": ("a.avi", {}),
    "raw H.264, no timestamps": ("a.h264", {}),
    "open groups": ("a.mp4", {"options": {"x264-params": "open-gop=1:keyint=12:bframes=3"}}),
    "intra refresh, no key pictures but the first": ("a.mp4", {"options": {"x264-params": "intra-refresh=1"}}),
    "one key picture": ("a.mkv", {"options": {"g": "250"}}),
    "interlaced": ("a.mp4", {"options": {"x264-params": "interlaced=1"}}),
    "VP8": ("a.webm", {"codec": "libvpx", "options": {"g": "12", "b": "400k", "auto-alt-ref": "1"}}),
    "VP9": ("a.webm", {"codec": "libvpx-vp9", "options": {"g": "12", "b": "400k", "cpu-used": "8"}}),
    "MPEG-2 in MPEG-PS": ("a.mpg", {"codec": "mpeg2video", "options": {"g": "12", "bf": "2", "b": "2M"}}),
    "MPEG-4 in AVI": ("a.avi", {"codec": "mpeg4", "options": {"g": "12", "bf": "2", "b": "2M"}}),
    "MJPEG in AVI": ("a.avi", {"codec": "mjpeg", "pixels": "yuvj420p"}),
    "WMV": ("a.wmv", {"codec": "wmv2", "options": {"g": "12", "b": "2M"}}),
}


def tables(path, options=None, **how):
    """Index, time and pixels of every frame."""
    with VideoFile(path, options, **how) as video:
        return [(frame.index, frame.time_s, frame.image) for frame in video]


def same(found, expected):
    assert [row[:2] for row in found] == [row[:2] for row in expected]
    return all(np.array_equal(a[2], b[2]) for a, b in zip(found, expected, strict=True))


@pytest.fixture(params=CONTAINERS.values(), ids=CONTAINERS.keys())
def any_clip(request, make_clip):
    name, how = request.param
    return make_clip(name, **how)


def test_a_real_clip_as_it_is_decoded_without_further_ado(shared):
    path = shared("videos/signing_sorry.mkv")
    frames = list(read_video(path))
    with av.open(str(path)) as container:
        plain = [(picture.pts, picture.to_ndarray(format="rgb24")) for picture in container.decode(video=0)]
    assert [frame.index for frame in frames] == list(range(len(plain)))
    assert [frame.time_s for frame in frames] == [(pts - plain[0][0]) / 1000 for pts, _ in plain]
    assert all(np.array_equal(frame.image, image) for frame, (_, image) in zip(frames, plain, strict=True))
    assert {frame.source for frame in frames} == {str(path)}


def test_every_frame_at_its_place_and_time(any_clip, number_in):
    with VideoFile(any_clip) as video:
        frames = list(video)
        assert video.damaged == 0
    assert [number_in(frame.image) for frame in frames] == list(range(60))
    assert [frame.index for frame in frames] == list(range(60))
    assert [frame.time_s for frame in frames] == pytest.approx([k / 30 for k in range(60)], abs=0.0006)
    assert all(frame.image.flags.c_contiguous and frame.size == (96, 128) for frame in frames)


def test_what_is_known_beforehand(make_clip):
    path = make_clip("a.mp4", sound_s=1.0)
    with VideoFile(path) as video:
        info = video.info
    assert (info.width, info.height, info.codec, info.audio, info.frames) == (128, 96, "h264", True, 60)
    assert info.rate == pytest.approx(30)
    assert info.duration_s == pytest.approx(2, abs=0.01)
    with VideoFile(make_clip("silent.mkv")) as video:
        assert not video.info.audio


def test_a_start_leaves_out_what_lies_before_and_changes_nothing_else(any_clip):
    whole = tables(any_clip)
    for start in (0.01, 0.4, 0.999, 1.9):
        assert same(tables(any_clip, VideoOptions(start=start)), [row for row in whole if row[1] >= start])


def test_an_end_is_left_out(any_clip):
    whole = tables(any_clip)
    assert same(tables(any_clip, VideoOptions(start=0.5, end=1.25)), [row for row in whole if 0.5 <= row[1] < 1.25])
    assert same(tables(any_clip, VideoOptions(end=whole[10][1])), whole[:10])


def test_reading_goes_on_after_any_frame_as_if_it_had_not_stopped(any_clip):
    whole = tables(any_clip)
    for place in (0, 11, 12, 23, 24, 25, 58):
        assert same(tables(any_clip, after=whole[place][:2]), whole[place + 1 :])


def test_going_on_after_the_last_frame_gives_nothing(make_clip):
    path = make_clip("a.mp4")
    assert tables(path, after=tables(path)[-1][:2]) == []


def test_every_takes_the_first_frame_at_or_after_each_multiple(any_clip):
    whole = tables(any_clip)
    for every in (0.1, 0.125, 0.5, 7.0):
        options = VideoOptions(every=every, start=0.2)
        expected, multiple = [], 0
        for row in whole:
            if row[1] >= 0.2 + multiple * every - 1e-6:
                expected.append(row)
                while 0.2 + multiple * every - 1e-6 <= row[1]:
                    multiple += 1
        found = tables(any_clip, options)
        assert same(found, expected)
        assert same(tables(any_clip, options, after=found[0][:2]), found[1:])


@pytest.mark.parametrize(("codec", "first", "shown"), [("vp8", 0x10, True), ("vp8", 0x01, False), ("vp9", 0x01, True)])
def test_a_picture_of_vp8_that_is_only_referred_to_does_not_count(codec, first, shown):
    stream = SimpleNamespace(codec_context=SimpleNamespace(codec=SimpleNamespace(canonical_name=codec)))
    assert is_shown(av.Packet(bytes([first, 0, 0])), stream) is shown


def test_frames_between_are_not_converted(make_clip, monkeypatch):
    path, converted = make_clip("a.mp4"), []
    to_rgb = ToRgb.__call__
    monkeypatch.setattr(ToRgb, "__call__", lambda self, picture: converted.append(1) or to_rgb(self, picture))
    assert len(tables(path, VideoOptions(every=0.5))) == len(converted) == 4


def test_the_number_of_threads_changes_nothing(any_clip):
    assert same(tables(any_clip, threads=4), tables(any_clip, threads=1))


def test_varying_rates_keep_their_exact_times(make_clip, number_in):
    ticks = [0, 1, 2, 50, 51, 400, 1000, 1001, 1002, 9000]
    path = make_clip("a.mp4", count=10, ticks=ticks, base=Fraction(1, 600))
    frames = list(read_video(path))
    assert [frame.time_s for frame in frames] == [tick / 600 for tick in ticks]
    assert [number_in(frame.image) for frame in frames] == list(range(10))
    assert [frame.index for frame in read_video(path, VideoOptions(every=1.0))] == [0, 6, 9]
    assert [frame.index for frame in read_video(path, VideoOptions(start=1.5))] == [6, 7, 8, 9]


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_turned_and_mirrored_pictures_come_upright(make_clip, number_in, degrees, mirrored):
    path = make_clip("a.mp4", count=5, prepare=lambda stream: stream.set_display_rotation(degrees, mirrored))
    plain = tables(make_clip("plain.mp4", count=5))
    with VideoFile(path) as video:
        size = (video.info.height, video.info.width)
        frames = list(video)
    for frame, (_, _, image) in zip(frames, plain, strict=True):
        turned = np.rot90(image, degrees // 90)
        assert frame.size == size
        assert np.array_equal(frame.image, turned[:, ::-1] if mirrored else turned)


def test_oblong_pixels_are_made_square(make_clip, number_in):
    def oblong(stream):
        stream.codec_context.sample_aspect_ratio = Fraction(3, 2)

    with VideoFile(make_clip("a.mp4", prepare=oblong)) as video:
        assert (video.info.width, video.info.height) == (192, 96)
        frames = list(video)
    assert {frame.size for frame in frames} == {(96, 192)}
    assert [number_in(frame.image) for frame in frames] == list(range(60))


COLOURS = np.array([[16, 16, 16], [250, 250, 250], [200, 40, 40], [40, 160, 40], [40, 40, 200], [180, 180, 60]])


def patches(_number):
    """Six large patches of known colour."""
    return np.repeat(np.repeat(COLOURS.reshape(2, 3, 3), 48, axis=0), 48, axis=1).astype(np.uint8)


def tagged(matrix, full):
    def prepare(stream):
        stream.codec_context.colorspace = matrix
        stream.codec_context.color_range = 2 if full else 1

    return prepare


def encoded(pixels, matrix, full):
    """The patches in YUV by the textbook's sums, with the tags that say so."""
    red, blue = {6: (0.299, 0.114), 1: (0.2126, 0.0722)}[matrix]
    rgb = patches(0) / 255.0
    luma = rgb @ (red, 1 - red - blue, blue)
    planes = [luma, (rgb[..., 2] - luma) / (2 - 2 * blue), (rgb[..., 0] - luma) / (2 - 2 * red)]
    depth = 10 if "10" in pixels else 8
    scale = (1 << depth) / 256
    if full:
        planes = [planes[0] * 255, planes[1] * 255 + 128, planes[2] * 255 + 128]
    else:
        planes = [planes[0] * 219 + 16, planes[1] * 224 + 128, planes[2] * 224 + 128]
    if "420" in pixels:
        planes[1:] = [plane[::2, ::2] for plane in planes[1:]]
    values = [np.clip(np.round(plane * scale), 0, (1 << depth) - 1) for plane in planes]
    frame = av.VideoFrame(144, 96, pixels)
    for plane, value in zip(frame.planes, values, strict=True):
        kind = np.uint16 if depth > 8 else np.uint8
        rows = np.zeros((plane.height, plane.line_size // np.dtype(kind).itemsize), kind)
        rows[:, : value.shape[1]] = value
        plane.update(rows.tobytes())
    frame.colorspace, frame.color_range = matrix, 2 if full else 1
    return frame


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv444p", "yuv420p10le"])
@pytest.mark.parametrize("matrix", [6, 1])
@pytest.mark.parametrize("full", [False, True])
def test_colours_by_the_range_and_the_matrix_of_the_file(tmp_path, pixels, matrix, full):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=30)
        stream.width, stream.height, stream.pix_fmt = 144, 96, pixels
        tagged(matrix, full)(stream)
        for number in range(3):
            frame = encoded(pixels, matrix, full)
            frame.pts, frame.time_base = number, Fraction(1, 30)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    (_, _, image), *_ = tables(path)
    assert np.abs(image[24::48, 24::48].reshape(6, 3).astype(int) - COLOURS).max() <= 3


def test_grey_and_transparent_pictures(make_clip):
    grey = make_clip("grey.mkv", codec="ffv1", pixels="gray", count=3)
    (_, _, image), *_ = tables(grey)
    assert (np.ptp(image, axis=2) == 0).all()
    assert np.ptp(image) > 100

    def half_there(_number):
        return np.dstack([patches(0), np.where(np.arange(144) < 72, 255, 0)[None].repeat(96, 0)]).astype(np.uint8)

    clear = make_clip("clear.mkv", codec="ffv1", pixels="bgra", size=(96, 144), count=3, picture=half_there)
    (_, _, image), *_ = tables(clear)
    assert np.array_equal(image[:, :72], patches(0)[:, :72])
    assert (image[:, 72:] == 255).all()


def test_high_definition_without_a_named_matrix_is_bt709(tmp_path):
    def frame_of(height):
        frame = av.VideoFrame(16, height, "yuv420p")
        for plane, value in zip(frame.planes, (120, 90, 200), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        return frame

    class Stream:
        sample_aspect_ratio = None

    def colour(height, matrix):
        frame = frame_of(height)
        frame.colorspace = matrix
        return ToRgb(Stream())(frame)[8, 8].tolist()

    assert colour(720, 2) == colour(720, 1) != colour(720, 6)
    assert colour(480, 2) == colour(480, 6)


@pytest.mark.parametrize("ending", ["ts", "h264"])
def test_a_change_of_resolution_within_the_file(make_clip, number_in, ending):
    first, second = make_clip(f"1.{ending}", count=30), make_clip(f"2.{ending}", count=30, size=(64, 160))
    joined = first.with_name(f"joined.{ending}")
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    rows = tables(joined)
    assert [number_in(row[2]) for row in rows] == [*range(30), *range(30)]
    assert [row[2].shape for row in rows] == [(96, 128, 3)] * 30 + [(64, 160, 3)] * 30
    assert [row[0] for row in rows] == list(range(60))
    assert [row[1] for row in rows] == pytest.approx([k / 30 for k in range(60)], abs=0.001)
    assert same(tables(joined, after=rows[40][:2]), rows[41:])
    assert same(tables(joined, VideoOptions(start=1.5)), [row for row in rows if row[1] >= 1.5])


def test_a_frame_that_is_held_is_never_written_over(make_clip, number_in):
    path = make_clip("a.mp4")
    views = [frame.image[:, ::-1] for frame in read_video(path)]
    assert [number_in(view[:, ::-1]) for view in views] == list(range(60))


def test_memory_is_used_again_only_when_nobody_holds_it():
    blocks = Blocks()
    first = blocks.copy_of(np.full((4, 4, 3), 1, np.uint8))
    address, view = first.ctypes.data, first[1:, ::-1]
    del first
    second = blocks.copy_of(np.full((4, 4, 3), 2, np.uint8))
    assert second.ctypes.data != address
    assert (view == 1).all()
    del view
    assert blocks.copy_of(np.full((4, 4, 3), 3, np.uint8)).ctypes.data == address
    assert blocks.copy_of(np.full((2, 4, 3), 4, np.uint8)).shape == (2, 4, 3)


def test_closing_ends_the_reading(make_clip):
    video = VideoFile(make_clip("a.mp4"))
    assert next(iter(video)).index == 0
    video.close()
    video.close()
    assert list(video) == []
    unread = VideoFile(make_clip("b.mp4"))
    unread.close()
    assert list(unread) == []


def test_closing_while_another_thread_reads(make_clip):
    video = VideoFile(make_clip("a.mp4", count=200), threads=1)
    seen, problems = [], []

    def read():
        try:
            for frame in video:
                seen.append(frame.index)
                time.sleep(0.001)
        except Exception as error:
            problems.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    while not seen:
        time.sleep(0.001)
    video.close()
    thread.join(20)
    assert not thread.is_alive()
    assert not problems
    assert len(seen) < 200


def test_a_file_is_read_once(make_clip):
    with VideoFile(make_clip("a.mp4")) as video:
        assert len(list(video)) == 60
        assert list(video) == []


def test_names_that_look_like_something_else(make_clip, monkeypatch):
    path = make_clip("sub/10:30 %d [1].mp4")
    assert len(tables(path)) == 60
    monkeypatch.chdir(path.parent)
    assert {frame.source for frame in read_video(path.name)} == {path.name}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (VideoOptions(every=-1), "video.every"),
        (VideoOptions(start=float("nan")), "video.start"),
        (VideoOptions(end=float("inf")), "video.end"),
        (VideoOptions(start=2, end=1), "video.end: expected more than video.start"),
    ],
)
def test_options_that_make_no_sense(make_clip, options, said):
    with pytest.raises(ConfigError, match=said):
        VideoFile(make_clip("a.mp4"), options)


def test_a_start_after_the_end_is_told(make_clip):
    with pytest.raises(UnreadableVideo, match=r"ends at 2\.0 s; expected more than video\.start \(100 s\)"):
        tables(make_clip("a.mp4"), VideoOptions(start=100))


def test_absurd_sizes_are_refused(make_clip, monkeypatch):
    path = make_clip("a.mp4")
    monkeypatch.setattr(video_open, "MAX_PIXELS", 96 * 128 - 1)
    with pytest.raises(UnreadableVideo, match=r"128 x 96 pixels; expected at most 12,287"):
        VideoFile(path)


def test_without_pyav(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtra, match=r"pip install 'emovere\[video\]'"):
        VideoFile("a.mp4")


def test_memory_does_not_grow(make_clip):
    pages = Path("/proc/self/statm")
    if not pages.exists():
        pytest.skip("needs /proc")
    path = make_clip("a.mp4", count=250, size=(480, 640))

    def resident():
        return int(pages.read_text().split()[1]) * 4096

    def read():
        for _ in read_video(path):
            pass

    read()
    before = resident()
    for _ in range(4):
        read()
    assert resident() - before < 20_000_000
