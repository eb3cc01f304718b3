"""What counts as a recording, and that each kind comes with times, resumes and tells its damage."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from PIL import Image

from emovere.config import Options, VideoOptions
from emovere.sources.recording import Recording, is_recording, open_recording
from emovere.types import Frame

GREY = [np.full((48, 64, 3), 20 * k, np.uint8) for k in range(10)]


@pytest.fixture
def animation(tmp_path):
    pictures = [Image.fromarray(image) for image in GREY]
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:], duration=100)
    return str(tmp_path / "a.gif")


@pytest.fixture
def sequence(tmp_path):
    for k, image in enumerate(GREY):
        Image.fromarray(image).save(tmp_path / f"s_{k:02d}.png")
    return str(tmp_path / "s_%02d.png")


@pytest.fixture
def depth_folder(tmp_path):
    for room in ("color", "depth"):
        (tmp_path / "kinect" / room).mkdir(parents=True)
    for k, image in enumerate(GREY):
        Image.fromarray(image).save(tmp_path / "kinect" / "color" / f"{k:03d}.png")
        Image.fromarray(np.full((48, 64), 1000, np.uint16)).save(tmp_path / "kinect" / "depth" / f"{k:03d}.png")
    return str(tmp_path / "kinect")


KINDS = ("animation", "sequence", "depth_folder")


def read(name: str, options: Options, **after) -> list[Frame]:
    with contextlib.closing(open_recording(name, options, **after)) as recording:
        return list(recording.frames)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_one_and_has_times(kind, request):
    name = request.getfixturevalue(kind)
    assert is_recording(name)
    frames = read(name, Options(video=VideoOptions(rate=10)))
    assert [frame.index for frame in frames] == list(range(10))
    np.testing.assert_allclose([frame.time_s for frame in frames], np.arange(10) / 10, atol=1e-6)
    assert all(frame.source == name for frame in frames)
    assert all((frame.depth_m is not None) == (kind == "depth_folder") for frame in frames)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_goes_on_after_a_frame_and_obeys_the_times(kind, request):
    name = request.getfixturevalue(kind)
    options = Options(video=VideoOptions(rate=10, start=0.2, end=0.8, every=0.2))
    assert [frame.index for frame in read(name, options)] == [2, 4, 6]
    assert [frame.index for frame in read(name, options, after=(4, 0.4))] == [6]


def test_a_photo_a_folder_of_photos_and_what_is_not_there_are_none(tmp_path):
    Image.fromarray(GREY[0]).save(tmp_path / "photo.jpg")
    for name in ("photo.jpg", ".", "nothing.jpg"):
        assert not is_recording(str(tmp_path / name))


def test_damage_is_told_only_where_there_is_some():
    assert Recording("a.mp4", iter(())).damage() is None
    problem = Recording("a\n.mp4", iter(()), damaged=lambda: 3).damage()
    assert problem.source == "a\n.mp4"
    assert problem.message == r"a\n.mp4: 3 damaged packets or pictures were skipped; the rest was read"
