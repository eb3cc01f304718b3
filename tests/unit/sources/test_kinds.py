from __future__ import annotations

import io
import os
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emovere.sources.kinds import HEAD, VIDEO_SUFFIXES, container_of, kind_of

pytestmark = pytest.mark.timeout(30)


def picture(format, pages=1, **how):
    images = [Image.fromarray(np.full((8, 8, 3), 40 * k, np.uint8)) for k in range(pages)]
    buffer = io.BytesIO()
    images[0].save(buffer, format, **({"save_all": True, "append_images": images[1:]} if pages > 1 else {}), **how)
    return buffer.getvalue()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP", "PPM"])
def test_a_photo_whatever_its_ending(tmp_path, format):
    for name in ("a", "a.jpg", "a.mp4"):
        path = tmp_path / name
        path.write_bytes(picture(format))
        assert kind_of(path) == kind_of(str(path)) == "photo"


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "AVIF"])
def test_an_animation_has_several_pages(tmp_path, format):
    path = tmp_path / "a.jpg"
    path.write_bytes(picture(format, pages=3))
    assert kind_of(path) == "animation"


def test_the_pages_of_a_tiff_do_not_move(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(picture("TIFF", pages=3))
    assert kind_of(path) == "photo"


def test_real_files(shared):
    assert kind_of(shared("videos/one_smiling.gif")) == "animation"
    assert kind_of(shared("videos/signing_sorry.mkv")) == "video"
    assert kind_of(shared("photos/one_smiling.jpg")) == "photo"


@pytest.mark.parametrize(
    "ending", ["mp4", "mov", "m4v", "3gp", "mkv", "webm", "avi", "ts", "m2ts", "mpg", "flv", "wmv"]
)
def test_a_video_by_its_beginning(make_clip, ending):
    codec = {"webm": "libvpx", "mpg": "mpeg2video", "wmv": "wmv2", "avi": "mpeg4"}.get(ending, "libx264")
    path = make_clip(f"a.{ending}", codec=codec, count=10)
    assert kind_of(path.rename(path.with_name("no ending"))) == "video"


@pytest.mark.parametrize(("ending", "codec"), [("h264", "libx264"), ("mpeg2video", "mpeg2video"), ("ivf", "libvpx")])
def test_a_raw_stream_by_its_beginning(make_clip, ending, codec):
    path = make_clip(f"a.{'m2v' if ending == 'mpeg2video' else ending}", codec=codec, count=10)
    assert kind_of(path.rename(path.with_name("no ending"))) == "video"


def test_pictures_in_a_row_by_their_ending(tmp_path):
    path = tmp_path / "a.mjpeg"
    path.write_bytes(picture("JPEG") * 3)
    assert kind_of(path) == "video"


@pytest.mark.parametrize("suffix", sorted(VIDEO_SUFFIXES))
def test_a_broken_video_is_known_by_its_ending(tmp_path, suffix):
    path = tmp_path / f"CLIP{suffix.upper()}"
    for data in (b"", bytes(5000), b"some text", random.Random(0).randbytes(50)):
        path.write_bytes(data)
        assert kind_of(path) == "video"


@pytest.mark.parametrize("name", ["a", "a.txt", "a.jpg", "a.gif", "a.mp3"])
def test_what_is_neither_counts_as_a_photo_which_says_why_not(tmp_path, name):
    path = tmp_path / name
    for data in (b"", bytes(5000), b"some text", b"\0\0\1\0\1\0 an icon", b"GIF89a", b"RIFF....WAVE"):
        path.write_bytes(data)
        assert kind_of(path) == "photo"


def test_heic_is_no_video():
    assert container_of(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic") is None
    assert container_of(b"\0\0\0\x18ftypisom\0\0\0\0isomavc1") == "MP4 or MOV"


def test_a_damaged_animation_counts_as_a_photo(tmp_path):
    path = tmp_path / "a.webp"
    path.write_bytes(picture("WEBP", pages=3)[:40])
    assert kind_of(path) == "photo"


def test_places_that_are_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert kind_of("-") == "photo"
    assert kind_of("none.mp4") == "video"
    assert kind_of("none.jpg") == kind_of("a\0b") == kind_of(tmp_path) == "photo"
    if hasattr(os, "mkfifo"):
        os.mkfifo("pipe.mp4")
        os.mkfifo("pipe.jpg")
        assert (kind_of(Path("pipe.mp4")), kind_of("pipe.jpg")) == ("video", "photo")


def test_mpeg_ts_needs_more_than_one_letter():
    assert container_of(b"G" * HEAD) == "MPEG-TS"
    assert container_of((b"G" + bytes(187)) * 5) == "MPEG-TS"
    assert container_of((bytes(4) + b"G" + bytes(187)) * 5) == "MPEG-TS"
    assert container_of(b"G" + bytes(1000)) is None
