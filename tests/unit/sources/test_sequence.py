from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image

from emovere.config import PhotoOptions, VideoOptions
from emovere.errors import ConfigError, UnreadableImage
from emovere.sources.sequence import read_animation, read_sequence
from emovere.types import Problem

pytestmark = pytest.mark.timeout(30)


def save(path, grey):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((6, 8, 3), grey, np.uint8)).save(path)


def rows(*how, **options):
    """Index, time and grey of each frame; the file's name for a problem."""
    return [
        item.source.rpartition("/")[2]
        if isinstance(item, Problem)
        else (item.index, item.time_s, int(item.image[0, 0, 0]))
        for item in read_sequence(*how, **options)
    ]


@pytest.fixture
def shots(tmp_path):
    """Shots 8 to 12, of which number 10 is missing, beside files that are no shots."""
    for number in (8, 9, 11, 12):
        save(tmp_path / f"shot_{number:04d}.png", number)
    for name in ("shot_8.png", "shot_00009.png", "shot_0010.jpg", "other_0010.png", "shot_0010.png.bak"):
        (tmp_path / name).write_bytes(b"no shot")
    return tmp_path


def test_a_missing_number_keeps_its_time(shots):
    assert rows(shots / "shot_%04d.png", 10) == [(0, 0.0, 8), (1, 0.1, 9), (3, 0.3, 11), (4, 0.4, 12)]


def test_all_frames_are_of_one_source(shots):
    pattern = str(shots / "shot_%04d.png")
    assert {frame.source for frame in read_sequence(pattern, 10)} == {pattern}


def test_a_damaged_picture_is_a_problem_in_its_place(shots):
    (shots / "shot_0009.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    save(shots / "shot_0010.png", 10)
    assert rows(shots / "shot_%04d.png", 10) == [
        (0, 0.0, 8),
        "shot_0009.png",
        (2, 0.2, 10),
        (3, 0.3, 11),
        (4, 0.4, 12),
    ]
    (problem,) = (item for item in read_sequence(shots / "shot_%04d.png", 10) if isinstance(item, Problem))
    assert problem.error == "UnreadableImage"
    assert "shot_0009.png" in problem.message


def test_start_end_and_every(shots):
    save(shots / "shot_0010.png", 10)
    pattern = shots / "shot_%04d.png"
    assert rows(pattern, 10, VideoOptions(start=0.1, end=0.4)) == [(1, 0.1, 9), (2, 0.2, 10), (3, 0.3, 11)]
    assert rows(pattern, 10, VideoOptions(every=0.2)) == [(0, 0.0, 8), (2, 0.2, 10), (4, 0.4, 12)]


def test_what_is_left_out_is_not_read(shots):
    (shots / "shot_0009.png").write_bytes(b"broken")
    assert rows(shots / "shot_%04d.png", 10, VideoOptions(every=0.3)) == [(0, 0.0, 8), (3, 0.3, 11)]


def test_patterns_without_zeros_and_beyond_their_width(tmp_path):
    for number in (1, 2, 10, 100):
        save(tmp_path / f"{number}%.png", number)
        save(tmp_path / f"x{number:02d}y.png", number)
    expected = [(0, 0.0, 1), (1, 1.0, 2), (9, 9.0, 10), (99, 99.0, 100)]
    assert rows(tmp_path / "%d%%.png", 1) == expected
    assert rows(tmp_path / "x%02dy.png", 1) == expected


def test_a_folder_in_natural_order_without_those_in_it(tmp_path):
    for name, grey in (("10.png", 3), ("2.png", 2), ("1.png", 1), ("deeper/0.png", 9), (".hidden.png", 9)):
        save(tmp_path / name, grey)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "3.png").write_bytes(b"broken")
    assert rows(tmp_path, 4) == [(0, 0.0, 1), (1, 0.25, 2), "3.png", (3, 0.75, 3)]


@pytest.mark.parametrize("name", ["none/%d.png", "%d.png", "plain.png", "%d_%d.png", "empty"])
def test_nothing_to_read_is_a_problem(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (problem,) = read_sequence(tmp_path / name, 25)
    assert isinstance(problem, Problem)
    assert "no picture; expected a folder or names like shot_%04d.png" in problem.message


@pytest.mark.parametrize("rate", [0, -1, math.nan, math.inf])
def test_a_rate_that_makes_no_sense(tmp_path, rate):
    with pytest.raises(ConfigError, match=r"video\.rate"):
        list(read_sequence(tmp_path, rate))


def test_options_that_make_no_sense(tmp_path):
    with pytest.raises(ConfigError, match=r"video\.every"):
        list(read_sequence(tmp_path, 1, VideoOptions(every=-1)))


def test_pictures_larger_than_allowed_are_problems(shots):
    found = list(read_sequence(shots / "shot_%04d.png", 10, photo=PhotoOptions(max_pixels=4)))
    assert [isinstance(item, Problem) for item in found] == [True] * 4


@pytest.fixture
def animation(tmp_path):
    path = tmp_path / "a.gif"
    pages = [Image.fromarray(np.full((6, 8), 40 * k, np.uint8)) for k in range(5)]
    pages[0].save(path, save_all=True, append_images=pages[1:], duration=[100, 200, 300, 400, 500])
    return path


def test_the_pages_of_an_animation_by_their_times(animation):
    def read(**options):
        return [
            (frame.index, round(frame.time_s, 3)) for frame in read_animation(animation, None, VideoOptions(**options))
        ]

    assert read() == [(0, 0.0), (1, 0.1), (2, 0.3), (3, 0.6), (4, 1.0)]
    assert read(start=0.1, end=0.6) == [(1, 0.1), (2, 0.3)]
    assert read(every=0.5) == [(0, 0.0), (3, 0.6), (4, 1.0)]


def test_a_damaged_animation_gives_its_pages_first(animation):
    data = animation.read_bytes()
    animation.write_bytes(data[: len(data) * 3 // 4])
    pages = read_animation(animation)
    assert next(pages).index == 0
    with pytest.raises(UnreadableImage, match="truncated"):
        list(pages)


def test_a_real_animation(shared):
    path = shared("videos/two_tilting.gif")
    frames = list(read_animation(path, None, VideoOptions(every=0.5)))
    assert len(frames) > 3
    gaps = np.diff([frame.time_s for frame in frames])
    assert (gaps > 0.3).all()
