"""Where a label goes, so that it hides neither a face nor another label where that can be helped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np

from emovere.report.canvas import Rect
from emovere.report.label import Panel, Tag
from emovere.types import Float32

OTHER_FACE, OWN_FACE, LABEL = 4.0, 1.5, 6.0
"""What it costs to hide all of a face or of a label."""

POORER = 0.35
"""What it costs to say less: worth it where the richer label would hide some of another face."""

GOOD_ENOUGH = 0.08

L = TypeVar("L", Panel, Tag, Panel | Tag)


def place(
    labels: Iterable[L], own: int, faces: Float32, taken: Sequence[Rect], picture: tuple[int, int], gap: float
) -> tuple[L, Rect] | None:
    """The best of a face's labels and its rectangle, inside the picture; None where none fits.

    labels: the richest first. own: which of the faces, (N, 4) x1 y1 x2 y2, is labelled. taken: labels that stand
    already. picture: (height, width). gap: pixels between box and label. Each label is tried below the box, above, on
    either side and inside; a place costs what it hides.
    """
    best: tuple[L, Rect] | None = None
    least = np.inf
    weights = np.full(len(faces) + len(taken), OTHER_FACE)
    weights[own], weights[len(faces) :] = OWN_FACE, LABEL
    obstacles = np.concatenate([faces, np.array(taken, np.float32).reshape(-1, 4)])
    for number, label in enumerate(labels):
        places = _places(faces[own], label.size, picture, gap)
        if not len(places):
            continue
        costs = (_hidden(places, obstacles) * weights).sum(axis=1) + 0.005 * np.arange(len(places))
        chosen = int(costs.argmin())
        cost = costs[chosen] + POORER * number
        if cost < least:
            x1, y1, x2, y2 = (float(value) for value in places[chosen])
            best, least = (label, (x1, y1, x2, y2)), cost
        if costs[chosen] < GOOD_ENOUGH:
            break
    return best


def _places(box: Float32, size: tuple[float, float], picture: tuple[int, int], gap: float) -> Float32:
    """(P, 4) rectangles of that size about a box, in order of preference, moved into the picture; none if too large."""
    (width, height), (picture_height, picture_width) = size, picture
    margin = min(gap, 0.02 * min(picture))
    room_x, room_y = picture_width - width - margin, picture_height - height - margin
    if room_x < margin or room_y < margin:
        return np.zeros((0, 4), np.float32)
    x1, y1, x2, y2 = (float(value) for value in box)
    edge = gap / 3
    left, centre, right = x1 - edge, (x1 + x2 - width) / 2, x2 + edge - width
    below, above = y2 + gap, y1 - gap - height
    corners = [
        *((x, below) for x in (centre, left, right)),
        *((x, above) for x in (centre, left, right)),
        *((x, y) for x in (x2 + gap, x1 - gap - width) for y in (y1 - edge, y2 + edge - height)),
        *((x, y) for y in (y2 - gap - height, y1 + gap) for x in (x1 + gap, x2 - gap - width)),
    ]
    at = np.clip(np.array(corners, np.float32), margin, np.array([room_x, room_y], np.float32))
    places: Float32 = np.concatenate([at, at + np.array(size, np.float32)], axis=1)
    return places


def _hidden(places: Float32, obstacles: Float32) -> Float32:
    """(P, M): the shared area of each place and each obstacle, as a share of the smaller of the two."""
    low = np.maximum(places[:, None, :2], obstacles[None, :, :2])
    high = np.minimum(places[:, None, 2:], obstacles[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=2)
    areas_p, areas_o = (np.prod(rects[:, 2:] - rects[:, :2], axis=1) for rects in (places, obstacles))
    smaller = np.minimum(areas_p[:, None], areas_o[None])
    shares: Float32 = (shared / np.maximum(smaller, 1e-6)).astype(np.float32)
    return shares
