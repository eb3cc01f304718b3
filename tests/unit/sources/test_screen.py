from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
import threading
import time
import types
from collections import namedtuple

import numpy as np
import pytest

from emovere.errors import MissingExtra, SourceError
from emovere.sources.screen import Screen

pytestmark = pytest.mark.timeout(60)

Size = namedtuple("Size", "width height")


class FakeMss:
    """Two monitors side by side; the pictures are blue 10, green 20, and as red as their number."""

    def __init__(self):
        self.monitors = [
            {"left": -100, "top": 0, "width": 300, "height": 80},
            {"left": 0, "top": 0, "width": 200, "height": 80},
            {"left": -100, "top": 0, "width": 100, "height": 80},
        ]
        self.grabbed, self.threads = [], set()

    def __enter__(self):
        self.threads.add(threading.get_ident())
        return self

    def __exit__(self, *_):
        self.threads.add(threading.get_ident())

    def grab(self, area):
        self.threads.add(threading.get_ident())
        self.grabbed.append(area)
        pixels = np.zeros((area["height"], area["width"], 4), np.uint8)
        pixels[:] = (10, 20, len(self.grabbed), 255)
        return types.SimpleNamespace(raw=bytearray(pixels.tobytes()), size=Size(area["width"], area["height"]))


@pytest.fixture(params=["MSS", "mss"])
def mss(request, monkeypatch):
    """A fake of the library, under the new name of its class and under the old one."""
    fake = FakeMss()
    monkeypatch.setitem(sys.modules, "mss", types.SimpleNamespace(**{request.param: lambda: fake}))
    return fake


def take(source, count):
    return list(itertools.islice(iter(source), count))


def test_the_first_monitor(mss):
    frames = take(Screen("screen", rate=200), 3)
    assert [frame.image[0, 0].tolist() for frame in frames] == [[1, 20, 10], [2, 20, 10], [3, 20, 10]]
    assert [(frame.size, frame.index, frame.source) for frame in frames] == [((80, 200), i, "screen") for i in range(3)]
    assert mss.grabbed[0] == {"left": 0, "top": 0, "width": 200, "height": 80}
    assert frames[0].time_s == 0
    assert len(mss.threads) == 1


def test_a_part(mss):
    source = Screen("screen:-50,10,60,20")
    assert take(source, 1)[0].size == (20, 60)
    assert mss.grabbed == [{"left": -50, "top": 10, "width": 60, "height": 20}]
    assert source.stats.frames == 1


def test_so_many_frames_a_second_and_no_more(mss):
    began = time.monotonic()
    frames = take(Screen(rate=50), 11)
    assert time.monotonic() - began >= 0.19
    assert frames[-1].time_s >= 0.19


def test_close_ends_it_at_once(mss):
    source = Screen(rate=0.05)
    frames = iter(source)
    next(frames)
    timer = threading.Timer(0.05, source.close)
    timer.start()
    began = time.monotonic()
    assert list(frames) == []
    assert time.monotonic() - began < 1
    timer.join()


@pytest.mark.parametrize(
    "name", ["screen:", "screen:1,2,3", "screen:1,2,0,4", "screen:a,b,c,d", "screens", "screen:1,2,3,00"]
)
def test_another_name(name):
    with pytest.raises(SourceError) as caught:
        Screen(name)
    assert str(caught.value) == f"{name}: expected screen, or screen:x,y,width,height in pixels"


@pytest.mark.parametrize("part", ["-101,0,10,10", "0,-1,10,10", "0,0,201,10", "0,0,10,81"])
def test_a_part_that_lies_outside(mss, part):
    with pytest.raises(SourceError) as caught:
        take(Screen(f"screen:{part}"), 1)
    assert str(caught.value) == f"screen:{part}: expected a part of 300 x 80 pixels, beginning at -100,0"


def test_without_mss(monkeypatch):
    monkeypatch.setitem(sys.modules, "mss", None)
    with pytest.raises(MissingExtra) as caught:
        take(Screen(), 1)
    assert str(caught.value) == "mss is missing: pip install 'emovere[screen]'"


@pytest.mark.skipif(sys.platform != "linux", reason="other platforms always have a screen")
def test_without_a_display(monkeypatch):
    pytest.importorskip("mss")
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(SourceError, match=r"^screen: there is no screen to be seen here: ") as caught:
        take(Screen(), 1)
    assert str(caught.value).isprintable()


@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="no Xvfb here")
def test_a_real_screen():
    pytest.importorskip("mss")
    script = (
        "from emovere.sources.screen import Screen\n"
        "from itertools import islice\n"
        "for frame in islice(Screen('screen:10,20,64,48', rate=50), 3):\n"
        "    print(frame.size, frame.image.dtype, frame.image.max())\n"
    )
    command = ["xvfb-run", "-a", "-s", "-screen 0 320x240x24", sys.executable, "-W", "error", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert done.stdout == "(48, 64) uint8 0\n" * 3, done.stderr
