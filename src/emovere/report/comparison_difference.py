"""Two sources side by side: what each shows, and by how much they differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emovere.report.comparison_bootstrap import block_length, bounds, deviations

Float64 = npt.NDArray[np.float64]

LEAST_SECONDS = 20
"""With fewer seconds of faces in a source, no difference is claimed."""

SEED = 0
"""Of the resampling, so that the same clips always give the same intervals."""


@dataclass(frozen=True, eq=False)
class Shares:
    """What one source shows, all its faces together."""

    name: str
    rows: Float64
    """(n, 2 K + 2) float64, as ``Seconds.rows`` gives them; n may be 0."""

    @property
    def _labels(self) -> int:
        return int(self.rows.shape[1]) // 2 - 1

    @property
    def seconds(self) -> float:
        """Seconds with at least one face."""
        return float(self.rows[:, -1].sum())

    @property
    def face_seconds(self) -> float:
        """The seconds of every face added up."""
        return float(self.rows[:, -2].sum())

    @property
    def sums(self) -> Float64:
        """(n, 2 K) float64: probability x time, then time as the likeliest, of each second."""
        return self.rows[:, :-2]

    @property
    def both(self) -> Float64:
        """(2 K,) float64: ``mean``, then ``likeliest``; nan where no face was seen."""
        if not len(self.rows):
            return np.full(2 * self._labels, np.nan)
        shares: Float64 = self.sums.sum(axis=0) / self.face_seconds
        return shares

    @property
    def mean(self) -> Float64:
        """(K,) float64: the mean probability of each label over the time of all faces; sums to 1."""
        return self.both[: self._labels]

    @property
    def likeliest(self) -> Float64:
        """(K,) float64: the share of that time for which each label was the likeliest; sums to 1."""
        return self.both[self._labels :]

    @property
    def enough(self) -> bool:
        """Whether a difference from another source may be claimed."""
        return self.seconds >= LEAST_SECONDS and len(self.rows) >= LEAST_SECONDS

    def block(self) -> int:
        """Seconds that are drawn together, from how long the mean readings stay alike."""
        weight = self.rows[:, -2:-1]
        residuals = (self.sums[:, : self._labels] - weight * self.mean) / weight.mean()
        return block_length(residuals)


@dataclass(frozen=True, eq=False)
class Interval:
    """A difference of shares, second minus first, in [-1, 1], for each label."""

    value: Float64
    """(K,) float64; nan where a source has no face."""
    low: Float64 | None
    """(K,) float64, lower end of the 95 % interval; None where no difference may be claimed."""
    high: Float64 | None

    def clear(self, k: int) -> bool:
        """Whether the interval of label k leaves out 0."""
        return self.low is not None and self.high is not None and bool(self.low[k] > 0 or self.high[k] < 0)


@dataclass(frozen=True, eq=False)
class Difference:
    """The second source against the first."""

    first: Shares
    second: Shares
    mean: Interval
    likeliest: Interval
    blocks_s: tuple[int, int] | None
    """Length in seconds of the blocks that were drawn from each; None where no difference may be claimed."""


def difference(first: Shares, second: Shares) -> Difference:
    """Compare two sources of the same K labels.

    Intervals come from a block bootstrap of seconds, in each source by itself. They speak of these two recordings, had
    they gone on in the same way: of no other persons, and of no other days.
    """
    value = second.both - first.both
    low = high = blocks = None
    if first.enough and second.enough:
        rng = np.random.default_rng(SEED)
        blocks = first.block(), second.block()
        ours = deviations(first.sums, first.rows[:, -2], blocks[0], rng)
        theirs = deviations(second.sums, second.rows[:, -2], blocks[1], rng)
        below, above = bounds(theirs - ours)
        low, high = np.clip(value + below, -1, 1), np.clip(value + above, -1, 1)
    middle = len(value) // 2
    parts = [
        Interval(value[part], None if low is None else low[part], None if high is None else high[part])
        for part in (slice(0, middle), slice(middle, None))
    ]
    return Difference(first, second, parts[0], parts[1], blocks)
