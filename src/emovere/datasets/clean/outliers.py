"""Faces that lie far from all others, as the network sees them."""

from __future__ import annotations

import numpy as np

from emovere.datasets.clean.findings import Finding
from emovere.datasets.clean.options import CleanOptions
from emovere.types import Float32

_AT_ONCE = 512

NOTHING = 1e-5
"""A distance that is none, as far as can be reckoned."""

REFERENCES = 8192
"""Most faces among which neighbours are looked for, drawn by lot from larger sets."""


def outliers(features: Float32, options: CleanOptions) -> list[Finding]:
    """The share of faces that lies farthest from its neighbours, to be looked at."""
    far = distances(features - features.mean(axis=0), options.neighbours)
    wanted = round(options.outliers * len(far))
    order = np.argsort(-far, kind="stable")[:wanted]
    return [
        Finding(int(row), "outlier", float(far[row].clip(0, 1)), note="unlike any other face of the set")
        for row in order
        if far[row] > NOTHING
    ]


def distances(features: Float32, neighbours: int) -> Float32:
    """The mean cosine distance of each face to its nearest ``neighbours``: (N, D) -> (N,) float32, all 0 for N < 2.

    Far from everything is what is unlike any other face of the set: no face at all, a drawing, a face cut badly. In
    sets of more than REFERENCES faces, neighbours are looked for among so many of them.
    """
    count = len(features)
    if count < 2:
        return np.zeros(count, np.float32)
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    directions = (features / np.maximum(lengths, NOTHING)).astype(np.float32)
    drawn = np.sort(np.random.default_rng(0).permutation(count)[:REFERENCES])
    nearest = min(neighbours, len(drawn) - 1)
    found = np.empty(count, np.float32)
    for start in range(0, count, _AT_ONCE):
        rows = np.arange(start, min(start + _AT_ONCE, count))
        alike = directions[rows] @ directions[drawn].T
        # a face is no neighbour of its own
        alike[rows[:, None] == drawn[None]] = -np.inf
        found[rows] = 1 - np.partition(alike, len(drawn) - nearest, axis=1)[:, -nearest:].mean(axis=1)
    # what lies in the middle of everything has no direction, and is no outlier
    return np.where(lengths[:, 0] > NOTHING, found, 0).astype(np.float32)
