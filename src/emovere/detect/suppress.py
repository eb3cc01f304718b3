"""Of boxes that overlap, the surest."""

from __future__ import annotations

import numpy as np

from emovere.geometry import iou_matrix
from emovere.types import Float32, Int64

MOST = 1000
"""Boxes that are looked at, the surest first: the matrix of all overlaps grows with their square."""


def suppress(boxes: Float32, scores: Float32, overlap: float) -> Int64:
    """Rows of the boxes to keep, the surest first (greedy non-maximum suppression).

    boxes: (N, 4) x1 y1 x2 y2; N may be 0. scores: (N,). overlap: the intersection over union above which two boxes are
    one face. Of equally sure boxes the earlier row stays.
    """
    order = np.argsort(-scores, kind="stable")[:MOST]
    clash = iou_matrix(boxes[order], boxes[order]) > overlap
    left = np.ones(len(order), np.bool_)
    kept = []
    while left.any():
        first = int(left.argmax())
        kept.append(first)
        left &= ~clash[first]
        left[first] = False
    return order[np.array(kept, np.int64)]
