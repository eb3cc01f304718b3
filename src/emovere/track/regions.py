"""The surroundings of known faces: between looks at the whole frame, only these are searched."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from emovere.geometry import iou_matrix
from emovere.types import Faces, Float32, Frame

WIDTH = 2.2
"""Sides of a face that its surroundings measure."""

SIDE = 160
"""Pixels to which surroundings are brought, where they are larger. YuNet scores a face about as high there
as in the whole frame; much smaller, it loses tilted heads."""

SAME = 0.4
"""Overlap from which on two finds are one face."""

EDGE = 0.02
"""Share of the surroundings' side: a box that touches a cut edge is a face cut in two."""


def surroundings(frame: Frame, expected: Sequence[Float32]) -> list[tuple[int, int, int]]:
    """Squares (left, top, side) around expected boxes, (4,) each, moved into the frame; none larger than the frame."""
    height, width = frame.size
    squares = []
    for box in expected:
        longest = float((box[2:] - box[:2]).max())
        side = int(min(max(WIDTH * longest, SIDE), height, width))
        left, top = (box[:2] + box[2:]) / 2 - side / 2
        squares.append((int(np.clip(left, 0, width - side)), int(np.clip(top, 0, height - side)), side))
    return squares


def cut_out(frame: Frame, square: tuple[int, int, int]) -> Frame:
    """One square of a frame, brought to at most ``SIDE`` pixels."""
    left, top, side = square
    image = frame.image[top : top + side, left : left + side]
    if side > SIDE:
        # the quick way will do: only the detector looks at this, the network's crops are cut from the frame itself
        image = np.asarray(cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), np.uint8)
    return Frame(np.ascontiguousarray(image), frame.index, frame.time_s, frame.source)


def put_together(frame: Frame, squares: Sequence[tuple[int, int, int]], found: Sequence[Faces]) -> Faces:
    """What was found in the squares, in pixels of the frame: each face once, the surest find, largest first."""
    parts = [_moved(frame, square, faces) for square, faces in zip(squares, found, strict=True) if len(faces)]
    if not parts:
        return Faces.empty()
    boxes = np.concatenate([part.boxes for part in parts])
    scores = np.concatenate([part.scores for part in parts])
    points = [part.landmarks for part in parts if part.landmarks is not None]
    landmarks = np.concatenate(points) if len(points) == len(parts) else None
    kept = _once(boxes, scores)
    kept = kept[np.argsort(-np.prod(boxes[kept, 2:] - boxes[kept, :2], axis=1), kind="stable")]
    return Faces(boxes[kept], scores[kept], None if landmarks is None else landmarks[kept])


def _moved(frame: Frame, square: tuple[int, int, int], faces: Faces) -> Faces:
    left, top, side = square
    factor = np.float32(max(side / SIDE, 1.0))
    at = np.array([left, top], np.float32)
    boxes = faces.boxes * factor + np.tile(at, 2)
    landmarks = None if faces.landmarks is None else (faces.landmarks * factor + at).astype(np.float32)
    whole = ~_cut_in_two(frame, square, boxes)
    return Faces(boxes[whole].astype(np.float32), faces.scores[whole], None if landmarks is None else landmarks[whole])


def _cut_in_two(frame: Frame, square: tuple[int, int, int], boxes: Float32) -> np.ndarray:
    """(N,) bool: boxes that touch an edge of the square which is no edge of the frame."""
    left, top, side = square
    height, width = frame.size
    margin = EDGE * side
    touches = np.zeros(len(boxes), np.bool_)
    touches |= (boxes[:, 0] < left + margin) & (left > 0)
    touches |= (boxes[:, 1] < top + margin) & (top > 0)
    touches |= (boxes[:, 2] > left + side - margin) & (left + side < width)
    touches |= (boxes[:, 3] > top + side - margin) & (top + side < height)
    return touches


def _once(boxes: Float32, scores: Float32) -> np.ndarray:
    """Rows of the surest finds of each face."""
    kept: list[int] = []
    for i in np.argsort(-scores, kind="stable").tolist():
        if not kept or iou_matrix(boxes[i][None], boxes[kept]).max() < SAME:
            kept.append(i)
    return np.array(kept, np.int64)
