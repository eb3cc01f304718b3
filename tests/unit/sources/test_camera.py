from __future__ import annotations

import itertools
import sys
import threading
import time

import numpy as np
import pytest

from emovere.config import StreamOptions
from emovere.errors import SourceError
from emovere.sources import camera as module
from emovere.sources.camera import Camera
from emovere.sources.live import Newest

pytestmark = pytest.mark.timeout(30)

QUICK = StreamOptions(timeout=0.3, attempts=3, longest_pause=0.02)


class Webcams:
    """Webcams as OpenCV gives them: each opening plays the next script.

    A script is a list of pictures, of False for a read that fails, of a function that is called in the read, or None
    where the camera is not there; after its end a script's last item goes on.
    """

    def __init__(self, *scripts):
        self.scripts, self.opened, self.released = list(scripts), [], 0

    def __call__(self, number):
        self.opened.append(number)
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        return _Webcam(self, script)


class _Webcam:
    def __init__(self, outer, script):
        self.outer, self.script, self.at = outer, script, 0

    def isOpened(self):  # noqa: N802
        return self.script is not None

    def read(self):
        time.sleep(0.005)
        item = self.script[min(self.at, len(self.script) - 1)]
        self.at += 1
        if callable(item):
            item()
            return False, None
        return (True, item) if not isinstance(item, bool) else (item, None)

    def release(self):
        self.outer.released += 1


def bgr(blue, green, red, height=48, width=64):
    return np.full((height, width, 3), (blue, green, red), np.uint8)


def take(source, count):
    return list(itertools.islice(iter(source), count))


def test_frames_are_rgb_and_counted_from_the_first_one_on():
    webcams = Webcams([bgr(1, 2, 3)])
    camera = Camera("4", QUICK, capture=webcams)
    frames = take(camera, 5)
    camera.close()
    assert webcams.opened == [4]
    assert frames[0].image[0, 0].tolist() == [3, 2, 1]
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    times = [frame.time_s for frame in frames]
    assert times[0] == 0
    assert np.all(np.diff(times) > 0)
    assert {frame.source for frame in frames} == {"4"} == {camera.name}
    assert camera.stats.frames == 5


def test_the_camera_is_given_back():
    webcams = Webcams([bgr(0, 0, 0)])
    with Newest((camera := Camera(0, QUICK, capture=webcams)).__iter__, camera.close) as newest:
        next(newest)
    assert webcams.released == 1
    never_used = Camera(0, QUICK, capture=webcams)
    never_used.close()
    never_used.close()
    assert webcams.released == 2


def test_the_size_may_change():
    webcams = Webcams([bgr(0, 0, 0), bgr(0, 0, 0, 96, 128), bgr(0, 0, 0)])
    camera = Camera(0, QUICK, capture=webcams)
    assert [frame.size for frame in take(camera, 3)] == [(48, 64), (96, 128), (48, 64)]
    camera.close()


def test_a_read_that_fails_now_and_then_is_passed_by(capsys):
    empty = np.zeros((0, 0, 3), np.uint8)
    webcams = Webcams([bgr(0, 0, 0), False, False, True, empty, bgr(9, 9, 9)])
    camera = Camera(0, QUICK, capture=webcams)
    assert take(camera, 2)[1].image[0, 0, 0] == 9
    camera.close()
    assert camera.stats.reconnects == 0
    assert capsys.readouterr().err == ""


def test_unplugged_and_plugged_in_again(capsys):
    webcams = Webcams([bgr(1, 1, 1)] * 10 + [False], None, [bgr(2, 2, 2)])
    camera = Camera(0, QUICK, capture=webcams)
    frames = take(camera, 12)
    camera.close()
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [1] * 10 + [2] * 2
    assert [frame.index for frame in frames] == list(range(12))
    assert frames[10].time_s - frames[9].time_s > 0.2
    assert (camera.stats.reconnects, webcams.released) == (1, 3)
    assert camera.stats.lost > 5
    lost, still_lost, back = capsys.readouterr().err.splitlines()
    assert lost == "emovere: camera 0 lost (gives no picture; is it unplugged?); trying again in 0.02 s"
    assert still_lost.startswith("emovere: camera 0 lost (")
    assert back.startswith("emovere: camera 0 is back after 0.")
    assert back.endswith(f"; about {camera.stats.lost} frames lost")


def test_unplugged_for_good():
    webcams = Webcams([bgr(1, 1, 1), False], None)
    camera = Camera(2, QUICK, capture=webcams, say=lambda _: None)
    with pytest.raises(SourceError, match=r"^camera 2: .*; tried again 3 times in 0\.\d s; look after it"):
        list(camera)
    assert webcams.released == len(webcams.opened) == 4


def test_a_driver_that_hangs(capsys):
    free = threading.Event()
    webcams = Webcams([bgr(1, 1, 1), lambda: free.wait(20)], [bgr(2, 2, 2)])
    camera = Camera(0, QUICK, capture=webcams)
    began = time.monotonic()
    frames = take(camera, 2)
    assert time.monotonic() - began < 5
    assert frames[1].image[0, 0, 0] == 2
    assert "camera 0 lost (timed out)" in capsys.readouterr().err
    camera.close()
    free.set()


def test_a_driver_that_hangs_does_not_keep_close_waiting():
    free = threading.Event()
    reading = threading.Event()
    webcams = Webcams([lambda: reading.set() or free.wait(20)])
    camera = Camera(0, StreamOptions(timeout=20), capture=webcams)
    with Newest(camera.__iter__, camera.close, grace_s=0.2) as newest:
        assert reading.wait(5)
        began = time.monotonic()
        newest.close()
        assert time.monotonic() - began < 1
    newest._thread.join(5)
    assert not newest._thread.is_alive()
    assert webcams.released == 0  # the thread that hangs in the driver gives the camera back when it is let
    free.set()
    while webcams.released == 0:
        time.sleep(0.01)
    assert len(webcams.opened) == 1


def test_a_closed_camera_is_not_opened_again():
    webcams = Webcams([bgr(0, 0, 0)])
    for _ in range(20):
        camera = Camera(0, QUICK, capture=webcams)
        with Newest(camera.__iter__, camera.close):
            pass
    assert webcams.released == len(webcams.opened) == 20


def test_a_driver_that_raises_is_the_consumers():
    def broken():
        raise RuntimeError("driver")

    camera = Camera(0, QUICK, capture=Webcams([broken]))
    with pytest.raises(RuntimeError, match="driver"):
        list(camera)


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ([], "camera 3: there is no camera on this computer (no /dev/video*)"),
        (
            ["/dev/video0", "/dev/video2"],
            "camera 3: is not there; expected the number of one of /dev/video0, /dev/video2",
        ),
        (["/dev/video3"], "camera 3: no permission to use /dev/video3; become a member of the group video"),
    ],
)
def test_a_camera_that_is_not_there(there, told, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(module, "devices", lambda: there)
    webcams = Webcams(None)
    with pytest.raises(SourceError) as caught:
        Camera(3, QUICK, capture=webcams)
    assert str(caught.value) == told
    assert webcams.released == 1


def test_a_camera_that_is_busy_and_other_platforms(monkeypatch):
    monkeypatch.setattr(module, "devices", lambda: ["/dev/video3"])
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(module.os, "access", lambda *_: True)
    with pytest.raises(SourceError, match="is another program using it"):
        Camera(3, QUICK, capture=Webcams(None))
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SourceError, match=r"cannot be opened; .*privacy settings"):
        Camera(3, QUICK, capture=Webcams(None))


def test_opencv_keeps_quiet(capfd):
    with pytest.raises(SourceError, match=r"^camera 97: "):
        Camera(97, QUICK)
    assert capfd.readouterr() == ("", "")
