"""How far a mean over seconds may be off, where neighbouring seconds resemble each other.

Circular block bootstrap (Politis and Romano 1992, "A circular block-resampling procedure for stationary data"; the
fixed-length kin of their stationary bootstrap, JASA 89, 1994, which has the larger variance: Lahiri 1999, Annals of
Statistics 27). Whole blocks of neighbouring seconds are drawn, so that their likeness is kept; drawing frames, or
single seconds, would pretend to far more evidence than there is.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

RESAMPLES = 4000
LEVEL = 0.95
CELLS = 2_000_000
"""Numbers that are gathered at a time: 16 MB."""


def block_length(series: Float64) -> int:
    """Seconds to draw together: twice what Politis and White's rule gives, and never less than 2 n^(1/3).

    series: (n, K) float64, n from 1 on, each column with mean 0; the column that needs the longest blocks decides. At
    most a third of the series. The rule (Econometric Reviews 23, 2004, corrected by Patton, Politis and White 2009)
    aims at the least error of the variance; for intervals to cover what they should, blocks must be longer (Sun,
    Phillips and Jin 2008, Econometrica 76), and twice the length did best on simulated series.
    """
    count = len(series)
    longest = max([_politis_white(column) for column in series.T], default=1.0)
    return max(1, min(round(2 * max(longest, math.cbrt(count))), count // 3))


def _politis_white(values: Float64) -> float:
    """The block length of least error for the variance of a mean, for the circular bootstrap."""
    count = len(values)
    run = max(5, math.ceil(math.sqrt(math.log10(count)))) if count > 1 else 1
    lags = min(math.ceil(math.sqrt(count)) + run, count - 1)
    covariance = np.array([values[: count - lag] @ values[lag:] / count for lag in range(lags + 1)])
    if lags <= run or covariance[0] <= 1e-12:
        return 1.0
    large = np.abs(covariance[1:] / covariance[0]) > 2 * math.sqrt(math.log10(count) / count)
    quiet = [lag for lag in range(lags - run + 1) if not large[lag : lag + run].any()]
    dependent = quiet[0] if quiet else int(np.flatnonzero(large)[-1]) + 1
    width = min(2 * max(dependent, 1), lags)
    lag = np.arange(-width, width + 1)
    weighted = np.clip(2 * (1 - np.abs(lag) / width), 0, 1) * covariance[np.abs(lag)]
    bias, spread = float((np.abs(lag) * weighted).sum()), 4 / 3 * float(weighted.sum()) ** 2
    return float((2 * bias**2 / spread * count) ** (1 / 3)) if spread > 0 else 1.0


def deviations(sums: Float64, times: Float64, block: int, rng: np.random.Generator) -> Float64:
    """(RESAMPLES, C) float64: how far each of C shares lies from its estimate in resampled series.

    sums: (n, C) float64, times: (n,) float64 > 0; a share is the sum of the one over the sum of the other. What a few
    long blocks cannot show of the variance, and the uncertainty about it, is made up for by Kiefer and Vogelsang's
    factor (2005, Econometric Theory 21, table 1, Bartlett's kernel, to which a block bootstrap's variance comes down).
    """
    count, columns = sums.shape
    data = np.column_stack([sums, times])
    totals = np.concatenate([np.zeros((1, columns + 1)), np.cumsum(np.concatenate([data, data]), axis=0)])
    lengths = np.full(-(-count // block), block)
    lengths[-1] = count - block * (len(lengths) - 1)
    drawn = np.empty((RESAMPLES, columns + 1))
    step = max(1, CELLS // (len(lengths) * (columns + 1)))
    for begin in range(0, RESAMPLES, step):
        starts = rng.integers(0, count, (min(step, RESAMPLES - begin), len(lengths)))
        drawn[begin : begin + step] = (totals[starts + lengths] - totals[starts]).sum(axis=1)
    estimate = sums.sum(axis=0) / times.sum()
    found: Float64 = _fixed_b(block / count) * (drawn[:, :-1] / drawn[:, -1:] - estimate)
    return found


def _fixed_b(share: float) -> float:
    """How much wider than for infinitely many blocks a 95 % interval must be; share: of a block in the series."""
    return (1.96 + 2.9694 * share + 0.4160 * share**2 - 0.5324 * share**3) / 1.96


def bounds(deviation: Float64) -> tuple[Float64, Float64]:
    """The lower and upper end of the middle 95 % of each column."""
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(deviation, [tail, 1 - tail], axis=0)
    return low, high
