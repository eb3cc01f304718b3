"""The readings of one source, summed up second by second, so that neither its length nor its frame rate matters."""

from __future__ import annotations

import math
from array import array

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

LONGEST_S = 1.0
"""A frame stands for the time until the next one, but for no more seconds than this."""

ROUNDING_S = 1e-3
"""A second in which faces were seen for no longer than this is left over from rounding, and is dropped."""


class Seconds:
    """Sums of one source for each second in which a face was seen: 8 (2 K + 2) bytes a second, 0.5 MB an hour.

    The time between two frames belongs to the first of them, and is shared out where it crosses into another second.
    The last frame stands for as long as the one before it.
    """

    def __init__(self, labels: int) -> None:
        self._labels = labels
        self._done = array("d")
        self._second: int | None = None
        self._sums = np.zeros(2 * labels + 2)
        self._last: tuple[float, Float64] | None = None
        self._gap_s = LONGEST_S

    def frame(self, time_s: float, probs: npt.NDArray[np.float32]) -> None:
        """Take the faces of one frame: (N, K) probabilities; N may be 0.

        A time that does not come after the last one ends the last frame at once: a stream has begun anew.
        """
        if self._last is not None:
            before, readings = self._last
            gap = min(max(time_s - before, 0.0), LONGEST_S)
            self._add(before, gap, readings)
            self._gap_s = gap or self._gap_s
        self._last = time_s, self._readings(probs)

    def rows(self) -> Float64:
        """(n, 2 K + 2) float64 in the order of time, one row for each second in which a face was seen.

        K sums of probability x time, K sums of time as the likeliest label, the time of all faces together, the time
        with a face; in seconds.
        """
        rows = np.array(self._done, np.float64).reshape(-1, len(self._sums))
        if self._last is None:
            return rows
        rest = Seconds(self._labels)
        rest._second, rest._sums = self._second, self._sums.copy()
        rest._add(self._last[0], self._gap_s, self._last[1])
        rest._close()
        return np.concatenate([rows, np.array(rest._done, np.float64).reshape(-1, len(self._sums))])

    def _readings(self, probs: npt.NDArray[np.float32]) -> Float64:
        likeliest = np.bincount(probs.argmax(axis=1), minlength=self._labels) if len(probs) else np.zeros(self._labels)
        return np.concatenate([probs.sum(axis=0, dtype=np.float64), likeliest, [len(probs), float(len(probs) > 0)]])

    def _add(self, time_s: float, gap_s: float, readings: Float64) -> None:
        end = time_s + gap_s
        while time_s < end:
            second = math.floor(time_s)
            if second != self._second:
                self._close()
                self._second = second
            until = min(end, second + 1.0)
            self._sums += (until - time_s) * readings
            time_s = until

    def _close(self) -> None:
        if self._sums[-1] > ROUNDING_S:
            self._done.extend(self._sums)
        self._sums[:] = 0
