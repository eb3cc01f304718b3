from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from emovere.config import StreamOptions
from emovere.errors import SourceError
from emovere.sources import camera, open_live
from emovere.sources.open_live import is_live
from emovere.sources.screen import Screen
from emovere.sources.stream import Stream


@pytest.mark.parametrize(
    "name",
    [
        *("0", "12", "rtsp://cam/1", "RTSP://cam/1", "rtsps://cam", "http://cam/x", "https://cam/x", "rtmp://cam/x"),
        *("udp://@239.0.0.1:1", "tcp://cam:1", "screen", "screen:0,0,10,10", "screen:wrong", "realsense"),
    ],
)
def test_live(name):
    assert is_live(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "-", "clip.mp4", "0.mp4", "./0", "-1", "²", "١", "rtsp://", "://x", "file:///x", "ftp://x/y", "C:\\0"),
        *("screens", "screen.png", "photos/screen", "realsense.bag", "http:/x"),
    ],
)
def test_not_live(name):
    assert not is_live(name)
    with pytest.raises(SourceError, match="no live source; expected a camera's number"):
        open_live.open_live(name)


def test_each_name_finds_its_source(monkeypatch):
    stream = open_live.open_live("rtsp://me:word@cam/1", StreamOptions(timeout=3))
    assert isinstance(stream, Stream)
    assert (stream.name, stream._options.timeout) == ("rtsp://***@cam/1", 3)
    assert isinstance(open_live.open_live("screen:0,0,10,10"), Screen)
    opened = []

    class Webcam:
        def __init__(self, number):
            opened.append(number)

        def isOpened(self):  # noqa: N802
            return True

        def read(self):
            return True, np.zeros((4, 4, 3), np.uint8)

        def release(self):
            opened.append("released")

    monkeypatch.setattr(camera, "open_capture", Webcam)
    source = open_live.open_live("7")
    assert next(iter(source)).source == source.name == "7"
    source.close()
    assert opened[0] == 7


def test_a_depth_camera_is_opened_by_its_own_room(monkeypatch):
    made = []
    room = types.SimpleNamespace(RealSense=lambda name, options: made.append((name, options)) or "the source")
    monkeypatch.setitem(sys.modules, "emovere.sources.depth", room)
    assert open_live.open_live("realsense", StreamOptions(timeout=2)) == "the source"
    assert made == [("realsense", StreamOptions(timeout=2))]


def test_nothing_is_imported_before_it_is_asked_for():
    import subprocess

    script = (
        "import sys\n"
        "from emovere.sources.open_live import is_live, open_live\n"
        "assert is_live('0') and is_live('screen')\n"
        "assert not {'cv2', 'av', 'mss', 'urllib.request'} & set(sys.modules), sorted(sys.modules)\n"
        "open_live('screen'); open_live('http://cam/1'); open_live('rtsp://cam/1')\n"
        "assert not {'av', 'mss'} & set(sys.modules), sorted(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
