"""Which faces of a set are the same picture: exact copies, near ones, and mirrored ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emovere.datasets.duplicates import Hashes, exact_hashes, perceptual_hashes
from emovere.types import Int64, UInt8

_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Pairs:
    """M pairs of pictures that look alike; M may be 0."""

    first: Int64
    """(M,) rows."""
    second: Int64
    """(M,) rows, each larger than its ``first``."""
    distance: Int64
    """(M,) bits of 64 in which their perceptual hashes differ."""
    mirrored: npt.NDArray[np.bool_]
    """(M,) whether it is the mirrored second that is like the first."""

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, rows: npt.NDArray[np.bool_]) -> Pairs:
        """The pairs of a mask."""
        return Pairs(self.first[rows], self.second[rows], self.distance[rows], self.mirrored[rows])


def hash_pairs(images: UInt8, distance: int) -> Pairs:
    """Every two pictures whose perceptual hashes differ in at most ``distance`` bits, as they are or mirrored.

    images: (N, S, S) uint8, grey; N may be 0. A pair that is alike both ways is given once, as it is. Exact copies are
    pairs at distance 0: take them out first where there are many.
    """
    hashes = perceptual_hashes(images)
    plain = _within(hashes, hashes, distance)
    turned = _within(hashes, perceptual_hashes(np.ascontiguousarray(images[:, :, ::-1])), distance)
    known = set(zip(plain[0].tolist(), plain[1].tolist(), strict=True))
    fresh = np.array([pair not in known for pair in zip(turned[0].tolist(), turned[1].tolist(), strict=True)], np.bool_)
    turned = turned[:, fresh]
    both = np.concatenate([plain, turned], axis=1)
    mirrored = np.arange(both.shape[1]) >= plain.shape[1]
    return Pairs(both[0], both[1], both[2], mirrored)


def _within(hashes: Hashes, others: Hashes, distance: int) -> Int64:
    """(3, M): row, larger row, and distance of all that are near enough."""
    found = [np.zeros((3, 0), np.int64)]
    for start in range(0, len(hashes), _AT_ONCE):
        bits = np.bitwise_count(hashes[start : start + _AT_ONCE, None] ^ others[None, start:])
        row, column = np.nonzero(bits <= distance)
        later = column > row
        row, column = row[later], column[later]
        found.append(np.stack([row + start, column + start, bits[row, column]]).astype(np.int64))
    return np.concatenate(found, axis=1)


def joined(count: int, first: Int64, second: Int64) -> Int64:
    """The group of each of ``count`` faces, where each pair (first, second) belongs together.

    Returns (N,) int64: the smallest row of each face's group.
    """
    above = list(range(count))

    def top(row: int) -> int:
        while above[row] != row:
            above[row] = above[above[row]]
            row = above[row]
        return row

    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        low, high = sorted((top(one), top(other)))
        above[high] = low
    return np.array([top(row) for row in range(count)], np.int64)


def copy_groups(images: UInt8, distance: int) -> Int64:
    """The group of copies, exact, near or mirrored, that each picture belongs to: (N, S, S) -> (N,) int64.

    A group is named by the smallest row in it. Nearness is passed on: where b is near a and c near b, all three are
    one group.
    """
    keys, first, row_of = np.unique(exact_hashes(images), return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(keys), np.int64)
    rank[order] = np.arange(len(keys))
    kept = first[order]
    pairs = hash_pairs(images[kept], distance)
    group = joined(len(kept), pairs.first, pairs.second)
    return np.asarray(kept[group[rank[row_of]]], np.int64)
