"""One network for several followed sources: whoever comes while it runs is read in its next call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast
from weakref import WeakValueDictionary

import numpy as np

from emovere.classify.classifier import Classifier, resize_crops
from emovere.types import Expressions, Float32, UInt8


@dataclass(eq=False)
class _Waiting:
    crops: UInt8
    probs: Float32 | None = None
    error: Exception | None = None


class ReadsTogether:
    """Reads faces as its classifier does, from any number of threads, one call of the network at a time.

    A thread that comes while the network is at work waits for it, and one of those who wait then reads the faces of
    all of them; with one source alone nothing waits, and nobody lingers for another.
    """

    def __init__(self, classifier: Classifier, called: Callable[[int], None] | None = None) -> None:
        """called: told the number of faces of each call."""
        self._classifier = classifier
        self._called = called
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []
        self.labels = classifier.labels
        self.side = classifier.side

    def read(self, faces: UInt8 | Sequence[UInt8]) -> Float32:
        """(N, K) float32 probabilities over all labels of the head. Raises what the classifier raises."""
        mine = _Waiting(resize_crops(faces, self.side))
        if not len(mine.crops):
            return self._classifier.read(mine.crops)
        with self._lock:
            self._waiting.append(mine)
        with self._turn:
            if mine.probs is None and mine.error is None:
                with self._lock:
                    together, self._waiting = self._waiting, []
                self._read(together)
        if mine.probs is None:
            raise mine.error or RuntimeError("faces were not read")
        return mine.probs

    def express(self, probs: Float32) -> Expressions:
        """As ``Classifier.express``."""
        return self._classifier.express(probs)

    def _read(self, together: list[_Waiting]) -> None:
        crops = np.concatenate([one.crops for one in together])
        try:
            probs = self._classifier.read(crops)
        except Exception as error:
            for one in together:
                one.error = error
            return
        if self._called is not None:
            self._called(len(crops))
        start = 0
        for one in together:
            one.probs = probs[start : start + len(one.crops)]
            start += len(one.crops)


_SHARED: WeakValueDictionary[int, ReadsTogether] = WeakValueDictionary()
"""Of each classifier that somebody reads with at the moment; the values keep it alive, so that no id comes twice."""

_SHARED_LOCK = threading.Lock()


def shared(classifier: Classifier, called: Callable[[int], None] | None = None) -> Classifier:
    """The one ``ReadsTogether`` of a classifier, which may be handed to a Follower in its place."""
    with _SHARED_LOCK:
        found = _SHARED.get(id(classifier))
        if found is None:
            found = _SHARED[id(classifier)] = ReadsTogether(classifier, called)
    return cast("Classifier", found)
