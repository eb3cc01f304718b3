"""Which faces an epoch takes, where it is not simply each of them once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from torch.utils.data import Sampler

Rows = npt.NDArray[np.int64]


class Draws(Sampler[int]):
    """Rows of a set, so many an epoch, in an order that depends on seed and epoch alone.

    Passes through the shuffled set follow one another across the epochs, so that no face is seen twice more often than
    any other; with ``balance`` each class has passes of its own.
    """

    def __init__(
        self, labels: Rows, count: int, *, seed: int, balance: float = 0.0, processes: int = 1, rank: int = 0
    ) -> None:
        """labels: (N,) int. count: rows of an epoch, of all processes together."""
        self._seed, self._processes, self._rank, self._epoch = seed, processes, rank, 0
        if balance:
            classes = np.unique(labels)
            self._pools = [np.flatnonzero(labels == label) for label in classes]
            self._counts = apportioned(count, drawn_shares([len(pool) for pool in self._pools], balance))
        else:
            self._pools, self._counts = [np.arange(len(labels))], [count]

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch is drawn next; the trainer does."""
        self._epoch = epoch

    def __len__(self) -> int:
        return sum(self._counts) // self._processes

    def __iter__(self) -> Iterator[int]:
        parts = [
            self._passes(place, self._epoch * count, count)
            for place, count in enumerate(self._counts)
            if count  # a class that is rarer than one face in an epoch
        ]
        rows = np.concatenate(parts)
        if len(parts) > 1:
            np.random.default_rng((self._seed, self._epoch)).shuffle(rows)
        return iter(rows[self._rank :: self._processes].tolist())

    def _passes(self, place: int, start: int, count: int) -> Rows:
        """So many rows of a pool's endless succession of shuffled passes, from a position in it."""
        pool = self._pools[place]
        first, last = start // len(pool), (start + count - 1) // len(pool)
        passes = [np.random.default_rng((self._seed, place, n)).permutation(pool) for n in range(first, last + 1)]
        begin = start - first * len(pool)
        return np.concatenate(passes)[begin : begin + count]


def drawn_shares(counts: Sequence[int], balance: float) -> npt.NDArray[np.float64]:
    """The share with which each class is drawn, of its number of faces: (K,) -> (K,), sums to 1; 0 for none."""
    faces = np.asarray(counts, np.float64)
    drawn = np.where(faces > 0, np.maximum(faces, 1) ** (1 - balance), 0.0)
    return np.asarray(drawn / drawn.sum())


def apportioned(count: int, shares: npt.NDArray[np.float64]) -> list[int]:
    """Whole numbers in these shares that sum to ``count``: the largest remainders are rounded up."""
    exact = count * shares
    whole = np.floor(exact).astype(np.int64)
    up = np.argsort(whole - exact, kind="stable")[: count - int(whole.sum())]
    whole[up] += 1
    return [int(n) for n in whole]
