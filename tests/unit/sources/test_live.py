from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref

import numpy as np
import pytest

from emovere.errors import SourceError
from emovere.sources.live import Ahead, Newest
from emovere.types import Frame

pytestmark = pytest.mark.timeout(30)


def frame(index):
    return Frame(np.zeros((4, 4, 3), np.uint8), index)


class Gated:
    """Gives a few frames at once each time it is let."""

    def __init__(self):
        self.gate, self.given, self.closed = threading.Semaphore(0), threading.Semaphore(0), threading.Event()
        self.frames = 0

    def __call__(self):
        try:
            while True:
                self.gate.acquire()
                if self.closed.is_set():
                    return
                yield frame(self.frames)
                self.frames += 1
                self.given.release()
        finally:
            self.closed.set()

    def let(self, count):
        for _ in range(count):
            self.gate.release()
        for _ in range(count):
            assert self.given.acquire(timeout=5)

    def interrupt(self):
        self.closed.set()
        self.gate.release()


def threads():
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("emovere ")}


def test_the_newest_frame_wins_and_the_others_are_counted():
    source = Gated()
    with Newest(source, source.interrupt) as newest:
        source.let(5)
        assert next(newest).index == 4
        assert newest.dropped == 4
        source.let(1)
        assert next(newest).index == 5
        assert newest.dropped == 4
        source.let(2)
    assert newest.dropped == 6  # the one that still waited was never handed out
    assert not threads()


def test_every_frame_is_handed_out_or_counted():
    with Newest(lambda: (frame(i) for i in range(2000))) as newest:
        seen = [item.index for item in newest]
    assert seen == sorted(set(seen))
    assert seen[-1] == 1999
    assert len(seen) + newest.dropped == 2000


def test_a_waiting_consumer_gets_a_frame_at_once():
    arrived = []

    def source():
        for i in range(20):
            time.sleep(0.01)
            arrived.append(time.perf_counter())
            yield frame(i)

    with Newest(source) as newest:
        waits = [time.perf_counter() - arrived[item.index] for item in newest]
    assert sorted(waits)[len(waits) // 2] < 0.02


def test_dropped_frames_are_given_back_at_once():
    images = []
    source = Gated()

    def watched():
        for item in source():
            images.append(weakref.ref(item.image))
            yield item
            del item

    with Newest(watched, source.interrupt) as newest:
        source.let(4)
        gc.collect()
        assert [image() is not None for image in images] == [False, False, False, True]
        del newest
    gc.collect()


def test_an_error_comes_after_the_frames_before_it():
    def source():
        yield frame(0)
        raise SourceError("the camera is gone")

    with Newest(source) as newest:
        newest._thread.join(5)
        assert next(newest).index == 0
        with pytest.raises(SourceError, match="is gone"):
            next(newest)
        assert list(newest) == []


@pytest.mark.parametrize("kind", [Newest, Ahead])
def test_an_error_in_opening_is_the_consumers(kind):
    def source():
        raise SourceError("no camera")

    with kind(source) as reader, pytest.raises(SourceError, match="no camera"):
        next(reader)


def test_even_an_exit_in_the_source_ends_the_wait():
    def source():
        raise SystemExit(3)
        yield

    with Newest(source) as newest, pytest.raises(SystemExit):
        next(newest)


@pytest.mark.parametrize("kind", [Newest, Ahead])
def test_an_end_ends_the_loop(kind):
    with kind(lambda: []) as reader:
        assert list(reader) == []
        assert list(reader) == []


def test_close_interrupts_a_source_that_waits():
    source = Gated()
    newest = Newest(source, source.interrupt)
    began = time.monotonic()
    newest.close()
    newest.close()
    assert time.monotonic() - began < 1
    assert source.closed.is_set()
    assert not threads()
    assert list(newest) == []


def test_close_does_not_wait_for_a_source_that_is_stuck():
    free = threading.Event()

    def stuck():
        free.wait(20)
        yield frame(0)

    newest = Newest(stuck, grace_s=0.2)
    began = time.monotonic()
    newest.close()
    assert 0.15 < time.monotonic() - began < 1
    assert newest._thread.daemon
    free.set()
    newest._thread.join(5)
    assert not newest._thread.is_alive()
    assert newest.dropped == 1


def test_close_wakes_a_consumer_in_another_thread():
    source = Gated()
    newest = Newest(source, source.interrupt)
    seen = []
    consumer = threading.Thread(target=lambda: seen.append(list(newest)))
    consumer.start()
    newest.close()
    consumer.join(5)
    assert seen == [[]]


def test_an_error_after_close_is_nobodys():
    closed = threading.Event()

    def source():
        closed.wait(5)
        raise SourceError("the socket was shut")
        yield

    with Newest(source, closed.set) as newest:
        pass
    assert list(newest) == []


def test_take_says_that_nothing_came():
    source = Gated()
    with Newest(source, source.interrupt) as newest:
        with pytest.raises(TimeoutError, match=r"within 0\.05 s"):
            newest.take(0.05)
        source.let(1)
        assert newest.take(5).index == 0


def test_a_generator_is_closed_in_its_thread():
    ended = []

    def source():
        try:
            for i in range(1000):
                yield frame(i)
        finally:
            ended.append(threading.current_thread().name)

    with Ahead(source, ahead=2) as ahead:
        assert next(ahead).index == 0
    assert ended == ["emovere Ahead"]


def test_ahead_gives_every_frame_and_reads_no_further_than_it_may():
    made = []

    def source():
        for i in range(50):
            made.append(i)
            yield frame(i)

    with Ahead(source, ahead=3) as ahead:
        time.sleep(0.1)
        assert len(made) <= 4  # three wait, and one is in the reading thread's hands
        seen = []
        for item in ahead:
            seen.append(item.index)
            assert len(made) <= len(seen) + 4
    assert seen == list(range(50))


def test_ahead_works_while_the_consumer_does():
    def source():
        for i in range(20):
            time.sleep(0.03)
            yield frame(i)

    began = time.monotonic()
    with Ahead(source) as ahead:
        for _ in ahead:
            time.sleep(0.03)
    assert time.monotonic() - began < 1.0  # one after the other it would take 1.2


@pytest.mark.skipif(os.name == "nt", reason="no such signal here")
def test_ctrl_c_gets_through_to_a_consumer_that_waits():
    script = (
        "import threading\n"
        "from emovere.sources.live import Newest\n"
        "def stuck():\n"
        "    threading.Event().wait(60)\n"
        "    yield\n"
        "with Newest(stuck, grace_s=0.2) as newest:\n"
        "    print('waiting', flush=True)\n"
        "    next(newest)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "waiting\n"
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=10)
    finally:
        process.kill()
    assert time.monotonic() - began < 3
    assert err.rstrip().endswith("KeyboardInterrupt")
