"""What lies between two looks: boxes, landmarks and mixes of expressions in the proportion of time."""

from __future__ import annotations

import numpy as np

from emovere.types import Faces, Float32


def between(before: tuple[Faces, Float32], after: tuple[Faces, Float32], share: float) -> tuple[Faces, Float32]:
    """Faces that both looks saw, ``share`` of the way from one to the other.

    before, after: faces with track numbers, and their (N, K) probabilities. share: in (0, 1). The order is that of
    the look before. A face that only one of the looks saw is left out: nobody knows when it came or went.
    """
    (faces_a, probs_a), (faces_b, probs_b) = before, after
    numbers_a = [] if faces_a.track_ids is None else faces_a.track_ids.tolist()
    numbers_b = [] if faces_b.track_ids is None else faces_b.track_ids.tolist()
    pairs = [(i, numbers_b.index(number)) for i, number in enumerate(numbers_a) if number in numbers_b]
    i, j = np.array(pairs, np.int64).reshape(-1, 2).T
    landmarks = None
    if faces_a.landmarks is not None and faces_b.landmarks is not None:
        landmarks = _mixed(faces_a.landmarks[i], faces_b.landmarks[j], share)
    faces = Faces(
        _mixed(faces_a.boxes[i], faces_b.boxes[j], share),
        _mixed(faces_a.scores[i], faces_b.scores[j], share),
        landmarks,
        np.array([numbers_a[row] for row in i], np.int64),
    )
    return faces, _mixed(probs_a[i], probs_b[j], share)


def _mixed(a: Float32, b: Float32, share: float) -> Float32:
    return np.asarray((1 - share) * a + share * b, np.float32)
