"""The batcher: faces of several photos in one call, a bounded queue, and answers whatever happens."""

from __future__ import annotations

import asyncio
import threading
import time

import numpy as np
import pytest

from emovere.classify.classifier import load_model
from emovere.config import EngineOptions
from emovere.errors import EngineError, UnreadableImage
from emovere.pipeline import Analyzer
from emovere.types import Faces, Frame, ModelInfo
from emovere.web import batcher as batcher_module
from emovere.web.batcher import Batcher
from emovere.web.metrics import Metrics
from emovere.web.problems import ApiProblem

pytestmark = pytest.mark.timeout(60)


class Squares:
    """Finds as many faces as the first pixel says, after a while."""

    box_in_crop = (4.0, 0.0, 44.0, 48.0)
    info = ModelInfo("squares")

    def __init__(self, pause_s: float = 0.0) -> None:
        self.pause_s = pause_s
        self.threads: set[int] = set()
        self.busy = 0

    def detect(self, frames):
        self.busy += 1
        assert self.busy == 1, "two threads in one detector"
        self.threads.add(threading.get_ident())
        time.sleep(self.pause_s)
        found = []
        for frame in frames:
            count = int(frame.image[0, 0, 0])
            boxes = np.array([[5 * i, 5, 5 * i + 30, 35] for i in range(count)], np.float32).reshape(count, 4)
            found.append(Faces(boxes, np.ones(count, np.float32)))
        self.busy -= 1
        return found


class Counting:
    """A classifier that notes the sizes of its calls."""

    def __init__(self, inner, pause_s: float = 0.0) -> None:
        self.inner, self.pause_s, self.calls = inner, pause_s, []
        self.side, self.labels = inner.side, inner.labels
        self.error: Exception | None = None

    def read(self, crops):
        self.calls.append(len(crops))
        time.sleep(self.pause_s)
        if self.error is not None:
            raise self.error
        return self.inner.read(crops)

    def express(self, probs):
        return self.inner.express(probs)


RNG = np.random.default_rng(0)


def photo(faces: int) -> Frame:
    image = RNG.integers(0, 255, (60, 120, 3)).astype(np.uint8)
    image[0, 0, 0] = faces
    return Frame(image, source=f"{faces}")


@pytest.fixture(scope="module")
def light():
    return load_model("light", engine=EngineOptions(threads=1))


def run(batcher: Batcher, work):
    try:
        return asyncio.run(work)
    finally:
        batcher.close()


def test_the_same_as_one_after_the_other(light):
    photos = [photo(n) for n in (0, 1, 4, 2, 0, 3)]
    batcher = Batcher([Squares(), Squares()], 10, Metrics())

    async def work():
        return await asyncio.gather(*(batcher.analyze(one, light) for one in photos))

    alone = Analyzer(detector=Squares(), classifier=light)
    for seen, one in zip(run(batcher, work()), photos, strict=True):
        (expected,) = alone.see([one])
        assert np.array_equal(seen.result.faces.boxes, expected.result.faces.boxes)
        assert np.allclose(seen.result.expressions.probs, expected.result.expressions.probs, atol=1e-5)
        assert np.array_equal(seen.crops.images, expected.crops.images)
        assert {"decode", "detect", "align", "classify"} == set(seen.result.timings_ms)


def test_faces_of_several_photos_go_in_one_call(light):
    counting = Counting(light, pause_s=0.005)
    metrics = Metrics()
    batcher = Batcher([Squares(0.002), Squares(0.002)], 40, metrics)

    async def work():
        return await asyncio.gather(*(batcher.analyze(photo(2), counting) for _ in range(32)))

    seen = run(batcher, work())
    assert [len(one.result) for one in seen] == [2] * 32
    assert sum(counting.calls) == 64
    assert len(counting.calls) <= 16
    assert b"emovere_photos_total 32.0" in metrics.text()
    assert b"emovere_faces_total 64.0" in metrics.text()
    assert b"emovere_network_call_faces_sum 64.0" in metrics.text()


def test_one_client_alone_waits_for_nobody(light, monkeypatch):
    monkeypatch.setattr(batcher_module, "LINGER_S", 50.0)
    batcher = Batcher([Squares(), Squares()], 4, Metrics())

    async def work():
        started = time.monotonic()
        for _ in range(5):
            await batcher.analyze(photo(1), light)
        return time.monotonic() - started

    assert run(batcher, work()) < 40


def test_faces_linger_for_those_of_a_photo_that_is_being_searched(light, monkeypatch):
    monkeypatch.setattr(batcher_module, "LINGER_S", 50.0)
    counting, second_begins, first_is_read = Counting(light), threading.Event(), threading.Event()
    batcher = Batcher([Squares(), Squares()], 4, Metrics())
    gather = batcher._gather

    def gather_and_tell(first):
        first_is_read.set()
        return gather(first)

    monkeypatch.setattr(batcher, "_gather", gather_and_tell)

    def first() -> Frame:
        second_begins.wait()
        return photo(1)

    def second() -> Frame:
        second_begins.set()
        first_is_read.wait()
        return photo(2)

    async def work():
        await asyncio.gather(batcher.analyze(first, counting), batcher.analyze(second, counting))

    run(batcher, work())
    assert counting.calls == [3]


def test_without_batching_each_face_has_its_call(light):
    counting = Counting(light)
    batcher = Batcher([Squares(), Squares()], 40, Metrics(), together=False)

    async def work():
        return await asyncio.gather(*(batcher.analyze(photo(n), counting) for n in (3, 0, 2)))

    seen = run(batcher, work())
    assert [len(one.result) for one in seen] == [3, 0, 2]
    assert [n for n in counting.calls if n] == [1] * 5


def test_a_call_is_not_larger_than_wanted(light):
    counting = Counting(light, pause_s=0.01)
    batcher = Batcher([Squares(), Squares()], 60, Metrics(), most_faces=6)

    async def work():
        await asyncio.gather(*(batcher.analyze(photo(2), counting) for _ in range(30)))

    run(batcher, work())
    assert max(counting.calls) <= 7


def test_more_than_the_queue_holds_is_refused_at_once(light):
    metrics = Metrics()
    batcher = Batcher([Squares(0.1)], 3, metrics)

    async def work():
        tasks = [asyncio.ensure_future(batcher.analyze(photo(1), light)) for _ in range(5)]
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        again = await batcher.analyze(photo(1), light)
        return answers, again

    answers, again = run(batcher, work())
    refused = [one for one in answers if isinstance(one, ApiProblem)]
    assert len(refused) == 2
    assert refused[0].status == 503
    assert int(refused[0].headers["Retry-After"]) >= 1
    assert len(again.result) == 1
    assert batcher.waiting == 0
    assert b'emovere_refused_total{reason="queue"} 2.0' in metrics.text()


def test_one_bad_photo_does_not_harm_the_others(light):
    batcher = Batcher([Squares(0.005), Squares(0.005)], 20, Metrics())

    def broken() -> Frame:
        raise UnreadableImage("photo: is broken")

    async def work():
        asked = [batcher.analyze(broken if i % 3 == 0 else photo(i), light) for i in range(9)]
        return await asyncio.gather(*asked, return_exceptions=True)

    for i, one in enumerate(run(batcher, work())):
        assert isinstance(one, UnreadableImage) if i % 3 == 0 else len(one.result) == i
    assert batcher.waiting == 0


def test_a_network_that_fails_is_told_and_tried_again(light):
    counting = Counting(light)
    counting.error = EngineError("the network failed: no")
    batcher = Batcher([Squares()], 8, Metrics())

    async def work():
        failed = await asyncio.gather(*(batcher.analyze(photo(2), counting) for _ in range(4)), return_exceptions=True)
        counting.error = None
        return failed, await batcher.analyze(photo(2), counting)

    failed, well = run(batcher, work())
    assert all(isinstance(one, EngineError) for one in failed)
    assert len(well.result) == 2


def test_a_client_that_gives_up_leaves_no_trace(light):
    batcher = Batcher([Squares(0.05)], 4, Metrics())

    async def work():
        task = asyncio.ensure_future(batcher.analyze(photo(1), light))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert batcher.waiting == 0
        return await batcher.analyze(photo(3), light)

    assert len(run(batcher, work()).result) == 3


def test_each_worker_has_a_detector_of_its_own(light):
    detectors = [Squares(0.01) for _ in range(3)]
    batcher = Batcher(detectors, 40, Metrics())

    async def work():
        await asyncio.gather(*(batcher.analyze(photo(1), light) for _ in range(30)))

    run(batcher, work())
    assert all(one.threads for one in detectors)


def test_two_networks_in_one_batch(light):
    eight = load_model("light", labels="ferplus8", engine=EngineOptions(threads=1))
    batcher = Batcher([Squares(), Squares()], 40, Metrics())

    async def work():
        return await asyncio.gather(*(batcher.analyze(photo(1), (light, eight)[i % 2]) for i in range(12)))

    for i, seen in enumerate(run(batcher, work())):
        assert len(seen.result.expressions.labels) == (7, 8)[i % 2]
