"""How large a thing in a depth picture is, and whether it has the relief of a face.

A surface is described in inverse depth. There every plane is linear in the pixels, however it is tilted, and the noise
of a triangulating sensor is the same everywhere. Two accounts of it compete by least squares: a sheet of paper, which
bends in one direction only, and the same sheet with a face's relief on it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emovere.detect.depth_face import EYES_M, expected
from emovere.types import Float32

EYES = 18.4
"""Pixels between the eyes in FER2013's 48 x 48 framing (docs/framing.md): the unit of length on a face."""

FACE = (23.5, 24.0)
"""The middle of a face in that framing."""

ELLIPSE = (23.5, 26.0, 17.0, 21.0)
"""Middle and half axes of what is looked at: forehead to chin and cheek to cheek, without hair and background."""

REACH = 0.12
"""Metres before and behind the middle of the face; what lies further away is a hand or the background."""

CELLS = 9
"""The ellipse is averaged in a grid of this many cells each way, so that a depth picture that was enlarged counts no
more than it knows."""

LEAST_FULL = 0.3
"""Share of a cell's pixels that must be known for it to count."""

LEAST_CELLS = 20

BENDS = 8
"""Directions in which paper is tried to be bent."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """What depth says about one box."""

    known: float
    """Share of the face, in [0, 1], whose depth is known and near that of its middle."""
    distance_m: float = 0.0
    """Of the middle of the face; 0 where unknown."""
    eyes_m: float = 0.0
    """The distance between the eyes that a face in this box would have."""
    relief: float = 0.0
    """Relief as a multiple of the average face's: 1 for a head, 0 for a plane and for bent paper."""
    error: float = float("inf")
    """Standard error of the relief."""
    evidence: float = 0.0
    """How much better a face explains the depth than paper does: the gain in squares over the variance that is left
    (an F ratio, with what neighbouring cells have in common counted once)."""


def shape_of(depth_m: Float32, box: Float32, box_in_crop: tuple[float, float, float, float], focal_px: float) -> Shape:
    """Measure what stands in a box.

    depth_m: (H, W) float32 metres, 0 unknown. box: (4,) x1 y1 x2 y2 in its pixels. box_in_crop: where the detector's
    boxes lie in FER2013's framing. focal_px: focal length in pixels.
    """
    target = np.array(box_in_crop, np.float64)
    scale = float(np.sqrt(np.prod(box[2:] - box[:2]) / np.prod(target[2:] - target[:2])))
    middle = (box[:2] + box[2:]) / 2 + (np.array(ELLIPSE[:2]) - (target[:2] + target[2:]) / 2) * scale
    half = np.array(ELLIPSE[2:]) * scale
    left, top = np.maximum(np.floor(middle - half), 0).astype(int)
    right, bottom = np.maximum(np.ceil(middle + half), 0).astype(int)
    depth = depth_m[top:bottom, left:right].astype(np.float64)
    rows, columns = np.mgrid[top : top + depth.shape[0], left : left + depth.shape[1]] + 0.5
    x, y = (columns - middle[0]) / half[0], (rows - middle[1]) / half[1]
    radius = x**2 + y**2
    inner = depth[(radius < 0.25) & (depth > 0)]
    if not inner.size:
        return Shape(0.0)
    distance = float(np.median(inner))
    face = radius < 1
    near = face & (depth > 0) & (np.abs(depth - distance) < REACH)
    known = min(1.0, float(near.sum() / (np.pi * half.prod())))
    eyes = float(EYES * scale * distance / focal_px)
    cells = _averaged(depth, near, face, x, y)
    if len(cells[0]) < LEAST_CELLS:
        return Shape(known, distance, eyes)
    # the depth of a child's face is smaller, too
    return Shape(known, distance, eyes, *_compared(*cells, distance**2 * EYES_M / eyes))


def _averaged(
    depth: Array, near: npt.NDArray[np.bool_], face: npt.NDArray[np.bool_], x: Array, y: Array
) -> tuple[npt.NDArray[np.int64], Array, Array, Array, Array]:
    """Of each cell with enough known pixels: its number, their mean x, y and inverse depth, and how many they are."""
    row, column = (np.clip(((place + 1) / 2 * CELLS).astype(int), 0, CELLS - 1) for place in (y, x))
    cell = row * CELLS + column
    count = np.bincount(cell[near], minlength=CELLS**2)
    whole = np.bincount(cell[face], minlength=CELLS**2)
    full = np.flatnonzero((count > 0) & (count >= LEAST_FULL * whole))
    of_near = cell[near]
    mean_x, mean_y, inverse = (
        np.bincount(of_near, values, CELLS**2)[full] / count[full] for values in (x[near], y[near], 1 / depth[near])
    )
    return full, mean_x, mean_y, inverse, count[full].astype(np.float64)


def _compared(
    cell: npt.NDArray[np.int64], x: Array, y: Array, inverse: Array, count: Array, per_metre: float
) -> tuple[float, float, float]:
    """Relief, its standard error, and the evidence for a face.

    per_metre: what turns inverse depth into metres of an average face.
    """
    reliefs = -_bank()[:, cell]
    seen = inverse * per_metre
    sheets = _sheets(x * ELLIPSE[2] / EYES, y * ELLIPSE[3] / EYES)
    weights = full = count / count.max()
    for _ in range(2):
        root = np.sqrt(weights)
        faces, values = reliefs * root, seen * root
        squares = (faces**2).sum(axis=1)
        paper = head = (np.inf, 0.0, 1.0)
        rest = np.zeros_like(seen)
        for sheet in sheets:
            axes = np.linalg.qr(sheet * root[:, None])[0]
            left = values - axes @ (axes.T @ values)
            along = faces @ axes
            power = np.maximum(squares - (along**2).sum(axis=1), 1e-12)
            relief = np.maximum(faces @ left, 0) / power
            error = left @ left - relief**2 * power
            best = int(error.argmin())
            paper = min(paper, (float(left @ left), 0.0, 1.0))
            if error[best] < head[0]:
                head = (float(error[best]), float(relief[best]), float(power[best]))
                rest = (left - relief[best] * (faces[best] - axes @ along[best])) / root
        size = np.abs(rest)
        weights = full * np.minimum(1, 2.5 * 1.4826 * (np.median(size) + 1e-9) / np.maximum(size, 1e-9))
    variance = head[0] / max(float(weights.sum()) - 8, 1.0) * _in_common(cell, rest) + 1e-12
    return head[1], float(np.sqrt(variance / head[2])), (paper[0] - head[0]) / variance


@functools.cache
def _bank() -> Array:
    """(T, CELLS^2) metres: every relief in the middle of every cell."""
    places = (np.arange(CELLS) + 0.5) / CELLS * 2 - 1
    x, y = (grid.ravel() for grid in np.meshgrid(places * ELLIPSE[2], places * ELLIPSE[3]))
    unit = EYES_M / EYES
    return expected((x + ELLIPSE[0] - FACE[0]) * unit, (y + ELLIPSE[1] - FACE[1]) * unit)


def _sheets(x: Array, y: Array) -> list[Array]:
    """For each direction, the (N, 5) terms of a plane and of a bend across that direction."""
    angles = np.arange(BENDS) * np.pi / BENDS
    bends = [x * np.cos(angle) + y * np.sin(angle) for angle in angles]
    return [np.column_stack([np.ones_like(x), x, y, bend**2, bend**3]) for bend in bends]


def _in_common(cell: npt.NDArray[np.int64], rest: Array) -> float:
    """By how much errors that neighbouring cells share raise the variance; 1 for none."""
    flat = np.full(CELLS**2, np.nan)
    flat[cell] = rest - rest.mean()
    grid = flat.reshape(CELLS, CELLS)
    power = float(np.nanmean(grid**2)) + 1e-18
    factor = 1.0
    for one, other in ((grid[1:], grid[:-1]), (grid[:, 1:], grid[:, :-1])):
        pairs = (one * other)[np.isfinite(one * other)]
        shared = float(np.clip(pairs.mean() / power, 0, 0.9)) if pairs.size else 0.0
        factor *= (1 + shared) / (1 - shared)
    return factor
