"""Whether two networks that answered about the same faces differ: McNemar's test, Holm's correction, a bootstrap."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from emovere.errors import ShapeError

DRAWS = 10_000
"""Resamples of the bootstrap."""


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Two-sided p of McNemar's exact test (McNemar 1947, Psychometrika 12, 153-157; Dietterich 1998).

    Were both networks equally good, each face that only one gets right would be either's with probability 1/2.
    only_first, only_second: such faces. Returns a value in (0, 1]; 1 where there are none. Raises ShapeError for
    negative counts.
    """
    if min(only_first, only_second) < 0:
        raise ShapeError(f"expected counts of at least 0; got {only_first} and {only_second}")
    count = only_first + only_second
    # Whole numbers until the last step, so that no term is rounded away.
    tail = sum(math.comb(count, k) for k in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * tail / (1 << count))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Correct p values that are read side by side (Holm 1979, Scand. J. Stat. 6, 65-70), in the order given.

    Where everything below 0.05 is called a difference, one or more is called so wrongly in at most 5 % of such tables.
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return tuple(adjusted)


def difference_interval(
    only_first: int, only_second: int, faces: int, *, confidence: float = 0.95, draws: int = DRAWS, seed: int = 0
) -> tuple[float, float]:
    """Percentile bootstrap interval of the difference in accuracy, first minus second (Efron 1979).

    Faces are drawn with both answers about them. A face adds 1, -1 or 0 to the difference, so that drawing faces with
    replacement is drawing those three counts from a multinomial distribution. Returns (low, high) in [-1, 1];
    (nan, nan) for no face. Raises ShapeError where the counts do not fit.
    """
    if min(only_first, only_second) < 0 or only_first + only_second > faces:
        raise ShapeError(f"expected counts of at most {faces} faces; got {only_first} and {only_second}")
    if not faces:
        return math.nan, math.nan
    shares = np.array([only_first, only_second, faces - only_first - only_second]) / faces
    drawn = np.random.default_rng(seed).multinomial(faces, shares, size=draws)
    low, high = np.quantile((drawn[:, 0] - drawn[:, 1]) / faces, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
