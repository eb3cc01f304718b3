"""Where recordings are cut."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image

from emovere.config import VideoOptions
from emovere.scale.cuts import pieces_of
from emovere.scale.options import ArchiveOptions, ScaleOptions

av = pytest.importorskip("av")


@pytest.fixture
def video(tmp_path) -> str:
    """20 s at 5 frames a second, a key picture every 1.4 s."""
    path = tmp_path / "v.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=5, options={"preset": "ultrafast", "sc_threshold": "0"})
        stream.height = stream.width = 32
        stream.pix_fmt, stream.codec_context.gop_size = "yuv420p", 7
        for k in range(100):
            image = np.full((32, 32, 3), 2 * k, np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)
    return str(path)


def edges(video: str, piece_s: float, **options: float) -> list[float]:
    wanted = ArchiveOptions(video=VideoOptions(**options), scale=ScaleOptions(piece_s=piece_s))
    pieces = pieces_of(video, wanted)
    assert [piece.number for piece in pieces] == list(range(len(pieces)))
    assert {piece.count for piece in pieces} == {len(pieces)}
    assert [piece.end_s for piece in pieces[:-1]] == [piece.begin_s for piece in pieces[1:]]
    assert math.isinf(pieces[-1].end_s)
    return [round(piece.begin_s, 3) for piece in pieces]


def test_cuts_lie_on_key_pictures_and_depend_on_the_file_alone(video):
    assert edges(video, 5) == [0.0, 4.2, 9.8, 14.0]
    assert edges(video, 5) == edges(video, 5)


def test_short_recordings_stay_whole_and_no_rest_is_tiny(video):
    assert edges(video, 20) == [0.0]
    assert edges(video, 14) == [0.0]
    assert edges(video, 9) == [0.0, 8.4]
    assert edges(video, 0) == [0.0]


def test_only_what_is_wanted_of_a_recording_is_cut(video):
    assert edges(video, 5, start=6.0) == [6.0, 9.8, 14.0]
    assert edges(video, 5, end=11.0) == [0.0, 4.2]


def test_what_is_no_video_is_one_piece(tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"\0\0\0\x18ftypmp42 no more")
    pages = [Image.new("RGB", (30, 30), (k, 0, 0)) for k in (0, 100, 200)]
    pages[0].save(tmp_path / "a.gif", save_all=True, append_images=pages[1:], duration=10_000)
    for name in ("bad.mp4", "a.gif", "none.mp4"):
        assert edges(str(tmp_path / name), 5) == [0.0]
