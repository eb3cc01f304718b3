from __future__ import annotations

import gc
import threading
import time
import weakref

import numpy as np
import pytest

from emovere.classify.classifier import load_model
from emovere.web.together import ReadsTogether, shared

pytestmark = pytest.mark.timeout(30)


class Slow:
    """A classifier that tells a face's first pixel, and works until it is let go."""

    labels, side = ("a", "b"), 4

    def __init__(self) -> None:
        self.go = threading.Event()
        self.calls: list[int] = []
        self.entered = threading.Event()

    def read(self, crops):
        self.calls.append(len(crops))
        self.entered.set()
        if len(crops):
            assert self.go.wait(10)
        if (crops == 255).any():
            raise ValueError("a face that cannot be read")
        first = crops[:, 0, 0].astype(np.float32)
        return np.stack([first, 1 - first], axis=1)


def faces(*values: int) -> np.ndarray:
    return np.array(values, np.uint8)[:, None, None].repeat(4, 1).repeat(4, 2)


def ask_all(reads: ReadsTogether, slow: Slow, batches: list[np.ndarray]) -> list[object]:
    """Ask for all but the first batch while the first one is read."""
    answers: list[object] = [None] * len(batches)

    def ask(place: int) -> None:
        try:
            answers[place] = reads.read(batches[place])[:, 0].tolist()
        except ValueError as error:
            answers[place] = str(error)

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(len(batches))]
    threads[0].start()
    assert slow.entered.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(reads._waiting) < len(batches) - 1:
        time.sleep(0.001)
    slow.go.set()
    for thread in threads:
        thread.join(10)
    return answers


def test_those_who_wait_are_read_in_one_call_and_each_gets_its_own():
    slow, calls = Slow(), []
    reads = ReadsTogether(slow, calls.append)
    answers = ask_all(reads, slow, [faces(1), faces(2, 3), faces(4), faces(5, 6, 7)])
    assert answers == [[1.0], [2.0, 3.0], [4.0], [5.0, 6.0, 7.0]]
    assert slow.calls == [1, 6]
    assert calls == [1, 6]


def test_an_error_reaches_everybody_of_the_call_and_nobody_of_the_next():
    slow = Slow()
    reads = ReadsTogether(slow)
    told = "a face that cannot be read"
    assert ask_all(reads, slow, [faces(1), faces(255), faces(4)]) == [[1.0], told, told]
    assert reads.read(faces(9))[0, 0] == 9


def test_no_face_waits_for_nobody():
    slow = Slow()
    assert len(ReadsTogether(slow).read(np.zeros((0, 4, 4), np.uint8))) == 0


def test_it_reads_as_the_classifier_does(rng):
    classifier = load_model("light", labels="happy,sad,neutral")
    reads = shared(classifier)
    crops = rng.integers(0, 256, (3, 60, 60), np.uint8)
    wanted = classifier.predict(crops)
    got = reads.express(reads.read(crops))
    assert got.labels == wanted.labels == reads.labels
    np.testing.assert_array_equal(got.probs, wanted.probs)
    np.testing.assert_array_equal(got.sets, wanted.sets)


def test_there_is_one_of_each_classifier_as_long_as_somebody_reads():
    classifier = Slow()
    first = shared(classifier)
    assert shared(classifier) is first
    assert shared(Slow()) is not first
    gone = weakref.ref(first)
    del first
    gc.collect()
    assert gone() is None
