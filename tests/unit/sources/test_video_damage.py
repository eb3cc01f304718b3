"""What is broken, is no video, or changes under way: a clear line, what can be read is kept, and never a hang."""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np
import pytest

from emovere.config import VideoOptions
from emovere.errors import UnreadableVideo
from emovere.sources.video import VideoFile, read_video

av = pytest.importorskip("av")
pytestmark = pytest.mark.timeout(60)

FAST_START = {"movflags": "faststart"}
BUSY = {"crf": "8"}


def noise(number):
    """Pictures that compress badly, so that a clip has some hundred kB."""
    return np.random.default_rng(number).integers(0, 256, (96, 128, 3), dtype=np.uint8)


def reading(path, options=None, **how):
    """Frames, the number of damaged ones, and what was said at the end ('' where nothing was)."""
    frames, said = [], ""
    with VideoFile(path, options, **how) as video:
        try:
            frames.extend(video)
        except UnreadableVideo as error:
            said = str(error)
            assert said.isprintable()
        times = [frame.time_s for frame in frames]
        assert times == sorted(set(times))
        indices = [frame.index for frame in frames]
        assert indices == sorted(set(indices))
        return frames, video.damaged, said


def refusal(path):
    with pytest.raises(UnreadableVideo) as caught:
        next(read_video(path), None)
    message = str(caught.value)
    assert message.isprintable()
    assert "\n" not in message
    return message


def garbage(path, share=0.5, size=20_000, seed=0):
    """Write random bytes over some in the file."""
    data = bytearray(path.read_bytes())
    at = int(len(data) * share)
    assert at + size < len(data)
    data[at : at + size] = random.Random(seed).randbytes(size)
    path.write_bytes(data)


def cut(path, share=0.6):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("ending", ["mp4", "ts", "mpg", "avi", "h264"])
def test_20_kb_of_garbage_in_the_middle(make_clip, ending, threads):
    codec = {"mpg": "mpeg2video", "avi": "mjpeg"}.get(ending, "libx264")
    how = {"pixels": "yuvj420p"} if codec == "mjpeg" else {}
    if codec == "mpeg2video":
        how["options"] = {"g": "12", "bf": "2", "b": "3M"}
    path = make_clip(f"a.{ending}", codec=codec, picture=noise, **how)
    whole, damaged, said = reading(path, threads=threads)
    assert (len(whole), damaged, said) == (60, 0, "")
    garbage(path)
    frames, damaged, said = reading(path, threads=threads)
    assert damaged > 0 or ending == "avi"  # where the demuxer skips it, and no packet tells that one is missing
    assert 30 < len(frames) < 60
    before = [frame.image for frame in frames[:20]]
    assert all(np.array_equal(a, b.image) for a, b in zip(before, whole[:20], strict=True))
    assert [frame.index for frame in frames[:20]] == list(range(20))
    assert any(np.array_equal(frames[-1].image, frame.image) for frame in whole[-3:])
    assert said == ""


def test_garbage_in_a_real_clip(shared, tmp_path):
    source = shared("videos/signing_again.mkv")
    path = tmp_path / "a.mp4"
    with av.open(str(source)) as container, av.open(str(path), "w") as out:
        stream = out.add_stream_from_template(container.streams.video[0])
        for packet in container.demux(video=0):
            if packet.dts is not None or packet.pts is not None:
                packet.stream = stream
                out.mux(packet)
    whole, _, _ = reading(path)
    garbage(path)
    frames, damaged, _ = reading(path)
    assert damaged > 0
    assert 0.4 * len(whole) < len(frames) < len(whole)
    assert frames[-1].time_s == pytest.approx(whole[-1].time_s, abs=0.2)


def test_where_matroska_loses_the_rest_it_is_told(shared, tmp_path):
    path = tmp_path / "a.mkv"
    path.write_bytes(shared("videos/signing_again.mkv").read_bytes())
    garbage(path)
    frames, _, said = reading(path)
    assert len(frames) > 20
    assert "breaks off at 1." in said
    assert "of 2.6 s" in said


def test_damage_of_an_exact_number_of_packets_is_counted(make_clip, tmp_path):
    """Three packets in a row of one group without pictures that others build on: those three, and no more."""
    path = make_clip("a.mp4", codec="mjpeg", pixels="yuvj420p", picture=noise)
    with av.open(str(path)) as container:
        places = [packet.pos for packet in container.demux(video=0) if packet.size][30:34]
    data = bytearray(path.read_bytes())
    data[places[0] : places[3]] = bytes(places[3] - places[0])
    path.write_bytes(data)
    frames, damaged, said = reading(path)
    assert damaged == 3
    assert said == ""
    assert [frame.index for frame in frames] == [*range(30), *range(33, 60)]
    assert [frame.time_s for frame in frames] == pytest.approx([frame.index / 30 for frame in frames])


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("a.mp4", {"container": FAST_START}),
        ("a.mkv", {}),
        ("a.avi", {"codec": "mjpeg", "pixels": "yuvj420p"}),
        ("a.flv", {"count": 120}),
    ],
)
def test_a_file_that_breaks_off_gives_its_frames_and_says_where(make_clip, name, how):
    path = make_clip(name, picture=noise, **how)
    whole, _, _ = reading(path, threads=1)
    cut(path)
    frames, _, said = reading(path, threads=1)
    assert 0.4 * len(whole) < len(frames) < 0.7 * len(whole)
    assert all(np.array_equal(a.image, b.image) for a, b in zip(frames[:-3], whole, strict=False))
    assert f"breaks off at {frames[-1].time_s:.1f} s of" in said
    assert said.endswith("copy it again")
    assert len(reading(path, VideoOptions(end=0.2), threads=1)[0]) == 6
    assert reading(path, VideoOptions(end=0.2), threads=1)[2] == ""


def test_a_stream_that_breaks_off_where_no_length_is_stated_is_read_to_its_end(make_clip):
    path = make_clip("a.ts", picture=noise)
    cut(path)
    frames, _, said = reading(path)
    assert 30 < len(frames) < 40
    assert said == ""


def test_sound_that_is_longer_than_the_pictures_is_no_damage(make_clip):
    for name in ("a.mp4", "a.mkv"):
        frames, damaged, said = reading(make_clip(name, sound_s=8.0))
        assert (len(frames), damaged, said) == (60, 0, "")


def test_a_recording_that_begins_between_key_pictures(make_clip):
    path = make_clip("a.ts", picture=noise, options={"bf": "0"})
    data = path.read_bytes()
    start = int(len(data) * 0.3) // 188 * 188
    path.write_bytes(data[: 188 * 3] + data[start:])
    frames, _, said = reading(path)
    assert 30 <= len(frames) <= 42
    assert said == ""
    assert reading(path, after=(frames[5].index, frames[5].time_s))[0][0].index == frames[6].index


def test_no_index(make_clip):
    path = make_clip("a.mp4", picture=noise)
    cut(path)
    assert "has no index (moov)" in refusal(path)


def test_only_sound(make_sound):
    assert "has sound but no pictures" in refusal(make_sound("a.mkv"))
    assert "has sound but no pictures" in refusal(make_sound("a.m4a"))


def test_zero_bytes(tmp_path):
    path = tmp_path / "a.mp4"
    path.touch()
    assert refusal(path).endswith("is empty (0 bytes); expected a video")


def test_a_beginning_of_zeros(make_clip):
    path = make_clip("a.mp4", picture=noise, container=FAST_START)
    data = bytearray(path.read_bytes())
    data[:30_000] = bytes(30_000)
    path.write_bytes(data)
    assert "zero bytes: the file is damaged" in refusal(path)


def test_text_and_pictures_and_play_lists(tmp_path, shared):
    text = tmp_path / "a.mp4"
    text.write_text("These are my notes.\n" * 100)
    assert "is text; expected MP4" in refusal(text)
    play_list = tmp_path / "a.ts"
    play_list.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    assert "is text" in refusal(play_list)
    photo = tmp_path / "photo.mp4"
    photo.write_bytes(shared("photos/one_smiling.jpg").read_bytes())
    assert "is a JPEG picture; expected a video" in refusal(photo)


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts", "avi", "flv"])
def test_garbage_after_a_good_beginning(make_clip, ending):
    path = make_clip(f"a.{ending}", container=FAST_START if ending == "mp4" else None)
    head = path.read_bytes()[:24]
    path.write_bytes(head + random.Random(1).randbytes(50_000))
    said = refusal(path)
    assert "damaged" in said or "no index" in said or "no pictures" in said or "no video" in said


def test_nothing_that_can_be_decoded(make_clip):
    path = make_clip("a.mp4", picture=noise, container=FAST_START)
    data = bytearray(path.read_bytes())
    at = data.index(b"mdat") + 4
    data[at:] = random.Random(1).randbytes(len(data) - at)
    path.write_bytes(data)
    assert "none of its pictures can be decoded" in refusal(path)


def test_places_that_are_no_file(tmp_path, monkeypatch):
    assert refusal(tmp_path / "none.mp4").endswith("none.mp4: no such file")
    assert refusal(tmp_path).endswith("is a folder; expected a video")
    assert refusal(tmp_path / "a.mp4" / "b.mp4").endswith("no such file")
    assert "is no file name" in refusal("a\0.mp4")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.mp4")
        assert "is no regular file" in refusal(tmp_path / "pipe.mp4")


def test_no_permission(make_clip, monkeypatch):
    path = make_clip("a.mp4")

    def refuse(self, *_args, **_how):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    assert "no permission to read it" in refusal(path)


def test_ffmpeg_says_nothing_of_its_own(make_clip, capfd):
    path = make_clip("a.ts", picture=noise)
    garbage(path)
    capfd.readouterr()
    reading(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts", "avi", "flv", "mpg"])
def test_whatever_is_damaged_reading_ends_well(make_clip, ending):
    codec = "mpeg2video" if ending == "mpg" else "libx264"
    path = make_clip(f"a.{ending}", codec=codec, picture=noise, count=30)
    good = path.read_bytes()
    outcomes = set()
    for seed in range(25):
        chance = random.Random(seed)
        data = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            at, size = chance.randrange(len(data)), chance.choice([1, 4, 300, 5000])
            data[at : at + size] = chance.choice([chance.randbytes(size), b"", bytes(size)])
        path.write_bytes(data)
        try:
            frames, _, _ = reading(path, threads=1)
        except UnreadableVideo:
            outcomes.add("refused")
        else:
            assert len(frames) <= 60
            outcomes.add("whole" if len(frames) == 30 else "some")
    assert "some" in outcomes
