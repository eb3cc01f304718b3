"""Photos of several clients at once: found in threads, read together.

A photo waits as the bytes that came, is decoded and searched for faces by the next free worker, each with a detector
of its own, and its faces wait for the one thread that runs the network: it takes all that wait in one call. While
other photos are still being searched it lingers a little, so that theirs can join; with one client alone nothing waits.
"""

from __future__ import annotations

import asyncio
import math
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from emovere.align.crop import crop_faces
from emovere.classify.classifier import Classifier
from emovere.detect.base import Detector
from emovere.pipeline import Seen
from emovere.types import Crops, Expressions, Faces, Float32, Frame, FrameResult
from emovere.web.problems import ApiProblem

if TYPE_CHECKING:
    from emovere.web.metrics import Metrics

T = TypeVar("T")

LINGER_S = 0.02
"""Seconds for which faces wait for those of photos that are being searched."""


@dataclass(frozen=True)
class _Found:
    """A photo whose faces wait to be read."""

    frame: Frame
    faces: Faces
    crops: Crops
    classifier: Classifier
    timings_ms: dict[str, float]
    answer: Future[tuple[Float32, float]]
    """Gets the probabilities over all labels of the head, and the milliseconds that the call took."""


class Batcher:
    """Analyses photos for any number of clients. Made and closed in one thread, asked from one event loop."""

    def __init__(
        self,
        detectors: list[Detector],
        most_waiting: int,
        metrics: Metrics,
        *,
        most_faces: int = 64,
        together: bool = True,
    ) -> None:
        """detectors: one for each worker. most_waiting: photos that are looked at or wait.

        together: False reads each face by itself in the worker's thread, for comparison.
        """
        self._most_waiting = most_waiting
        self._most_faces = most_faces
        self._together = together
        self._metrics = metrics
        self._free: queue.SimpleQueue[Detector] = queue.SimpleQueue()
        for detector in detectors:
            self._free.put(detector)
        self.workers = ThreadPoolExecutor(len(detectors), "emovere-photo")
        """Threads for whatever takes longer than a millisecond: decoding, finding, drawing."""
        self.waiting = 0
        """Photos that are looked at or wait."""
        self._searching = 0
        self._spent_s = 0.05
        self._lock = threading.Lock()
        self._found: queue.SimpleQueue[_Found | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read_all, name="emovere-read", daemon=True)
        self._reader.start()

    async def analyze(self, photo: Frame | Callable[[], Frame], classifier: Classifier) -> Seen:
        """What is seen in one photo, over all labels of the classifier.

        photo: a frame, or what makes one, which is called in a worker. Raises what that raises, EmovereError, and
        ApiProblem 503 where too many photos wait already.
        """
        if self.waiting >= self._most_waiting:
            self._metrics.refused("queue")
            seconds = math.ceil(self.waiting * self._spent_s)
            raise ApiProblem(
                503,
                "Busy",
                f"{self.waiting} photos are waiting already; expected at most {self._most_waiting}; try again in "
                f"{seconds} s",
                {"Retry-After": str(max(1, seconds))},
            )
        started = time.perf_counter()
        self.waiting += 1
        self._metrics.waiting(self.waiting)
        try:
            found = await self.in_worker(lambda: self._find(photo, classifier))
            probs, spent_ms = await asyncio.wrap_future(found.answer)
        finally:
            self.waiting -= 1
            self._metrics.waiting(self.waiting)
        took = (time.perf_counter() - started) / max(1, self.waiting + 1)
        self._spent_s += 0.1 * (took - self._spent_s)
        self._metrics.photo(len(found.faces))
        expressions: Expressions = classifier.express(probs)
        frame, timings = found.frame, {**found.timings_ms, "classify": spent_ms}
        result = FrameResult(frame.source, frame.index, frame.time_s, frame.size, found.faces, expressions, timings)
        return Seen(frame, result, found.crops)

    async def in_worker(self, work: Callable[[], T]) -> T:
        """Do something in one of the workers' threads."""
        return await asyncio.get_running_loop().run_in_executor(self.workers, work)

    def close(self) -> None:
        """End the threads; what waits is done first."""
        self.workers.shutdown()
        self._found.put(None)
        self._reader.join()

    def _find(self, photo: Frame | Callable[[], Frame], classifier: Classifier) -> _Found:
        """Decode, find, cut out; in a worker."""
        with self._lock:
            self._searching += 1
        try:
            found = self._search(photo, classifier)
        finally:
            # before the faces are handed on: the thread that reads must not linger for those it has
            with self._lock:
                self._searching -= 1
        if self._together:
            self._found.put(found)
        else:
            self._read_singly(found)
        return found

    def _search(self, photo: Frame | Callable[[], Frame], classifier: Classifier) -> _Found:
        started = time.perf_counter()
        frame = photo if isinstance(photo, Frame) else photo()
        decoded = time.perf_counter()
        detector = self._free.get()
        try:
            faces = detector.detect([frame])[0]
            detected = time.perf_counter()
            crops = crop_faces(frame, faces, detector.box_in_crop, classifier.side)
        finally:
            self._free.put(detector)
        timings = {
            "decode": 1000 * (decoded - started),
            "detect": 1000 * (detected - decoded),
            "align": 1000 * (time.perf_counter() - detected),
        }
        return _Found(frame, faces, crops, classifier, timings, Future())

    def _read_singly(self, found: _Found) -> None:
        started = time.perf_counter()
        parts = [found.classifier.read(found.crops.images[i : i + 1]) for i in range(len(found.crops))]
        for _ in parts:
            self._metrics.call(1)
        probs = np.concatenate(parts) if parts else found.classifier.read(found.crops.images)
        found.answer.set_result((probs, 1000 * (time.perf_counter() - started)))

    def _read_all(self) -> None:
        """The thread that runs the network."""
        while (first := self._found.get()) is not None:
            together, ended = self._gather(first)
            for classifier in {id(one.classifier): one.classifier for one in together}.values():
                self._read(classifier, [one for one in together if one.classifier is classifier])
            if ended:
                return

    def _gather(self, first: _Found) -> tuple[list[_Found], bool]:
        """All photos that wait, and whether the end was among them."""
        together, faces = [first], len(first.crops)
        until = time.monotonic() + LINGER_S
        while faces < self._most_faces:
            try:
                patience = until - time.monotonic()
                if self._searching and patience > 0:
                    one = self._found.get(timeout=patience)
                else:
                    one = self._found.get_nowait()
            except queue.Empty:
                if not self._searching or time.monotonic() >= until:
                    break
                continue
            if one is None:
                return together, True
            together.append(one)
            faces += len(one.crops)
        return together, False

    def _read(self, classifier: Classifier, together: list[_Found]) -> None:
        started = time.perf_counter()
        crops = np.concatenate([one.crops.images for one in together])
        try:
            probs = classifier.read(crops)
        except BaseException as error:  # whatever it is, somebody waits for an answer
            for one in together:
                one.answer.set_exception(error)
            return
        if len(crops):
            self._metrics.call(len(crops))
        spent_ms = 1000 * (time.perf_counter() - started) / len(together)
        start = 0
        for one in together:
            one.answer.set_result((probs[start : start + len(one.crops)], spent_ms))
            start += len(one.crops)
