"""Labels that do not flicker: an exponential mean whose memory is stated in seconds."""

from __future__ import annotations

from typing import Any

import numpy as np

from emovere.types import Float32, Int64


class Smoother:
    """Smooths the mix of expressions of each face over time.

    The weight of the past falls with exp(-seconds / time constant), so the outcome does not depend on the frame rate.
    A sudden change is followed to 63 % after one time constant.
    """

    def __init__(self, seconds: float) -> None:
        """seconds: the time constant; 0 leaves every reading as it is."""
        self._seconds = seconds
        self._known: dict[int, tuple[float, Float32]] = {}

    def update(self, time_s: float, numbers: Int64, probs: Float32) -> Float32:
        """(N,) track numbers and (N, K) probabilities of one look -> (N, K) smoothed; rows still sum to 1."""
        if self._seconds <= 0:
            return probs
        smoothed = probs.copy()
        for i, number in enumerate(numbers.tolist()):
            if number in self._known:
                before_s, before = self._known[number]
                weight = np.float32(np.exp(-max(0.0, time_s - before_s) / self._seconds))
                smoothed[i] = weight * before + (1 - weight) * probs[i]
            self._known[number] = (time_s, smoothed[i])
        return smoothed

    def forget(self, number: int) -> None:
        """Let go of a face that has left."""
        self._known.pop(number, None)

    def state(self) -> list[Any]:
        """Everything that is known, for JSON."""
        return [[number, time_s, probs.tolist()] for number, (time_s, probs) in self._known.items()]

    def restore(self, state: list[Any]) -> None:
        """Go on from what ``state`` gave."""
        self._known = {number: (time_s, np.array(probs, np.float32)) for number, time_s, probs in state}
