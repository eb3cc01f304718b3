"""Boxes and affine maps in pure numpy.

Boxes are x1 y1 x2 y2 in pixels. Affine maps are (2, 3): [x', y'] = A @ [x, y, 1].
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


def clip_boxes(boxes: Array, height: int, width: int) -> Array:
    """(N, 4) boxes cut at the edges of a height x width picture."""
    limits = np.array([width, height, width, height], np.float32)
    return np.asarray(np.clip(boxes, 0, limits), np.float32)


def iou_matrix(a: Array, b: Array) -> Array:
    """Intersection over union of every box of a with every box of b: (N, 4), (M, 4) -> (N, M)."""
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    overlap: Array = np.prod(np.clip(bottom_right - top_left, 0, None), axis=2)
    area_a = np.prod(a[:, 2:] - a[:, :2], axis=1)
    area_b = np.prod(b[:, 2:] - b[:, :2], axis=1)
    union = area_a[:, None] + area_b[None, :] - overlap
    return np.asarray(overlap / np.maximum(union, 1e-9), np.float32)


def similarity(source: Array, target: Array) -> Array:
    """The rotation, scale and shift that bring source points nearest to target points.

    source, target: (P, 2) float, P >= 2. Returns (2, 3) float32. Least squares without reflection
    (Umeyama 1991, doi 10.1109/34.88573, in the plane, where it is one complex number).
    """
    s = source[:, 0] + 1j * source[:, 1]
    t = target[:, 0] + 1j * target[:, 1]
    s_centred, t_centred = s - s.mean(), t - t.mean()
    spread = float(np.sum(np.abs(s_centred) ** 2))
    turn = np.sum(np.conj(s_centred) * t_centred) / spread if spread > 1e-12 else 1 + 0j
    shift = t.mean() - turn * s.mean()
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]], np.float32)


def box_to_box(source: Array, target: Array) -> Array:
    """The uniform scale and shift that carry one box's centre and size (geometric mean of the sides) to another's.

    source, target: (4,) x1 y1 x2 y2. Returns (2, 3) float32.
    """
    size_source = np.sqrt(max(float(np.prod(source[2:] - source[:2])), 1e-6))
    size_target = np.sqrt(float(np.prod(target[2:] - target[:2])))
    scale = size_target / size_source
    shift = (target[:2] + target[2:]) / 2 - scale * (source[:2] + source[2:]) / 2
    return np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float32)


def invert_affine(maps: Array) -> Array:
    """The inverse of each map: (..., 2, 3) -> (..., 2, 3) float32."""
    linear = np.linalg.inv(maps[..., :2].astype(np.float64))
    shift = -(linear @ maps[..., 2:].astype(np.float64))
    return np.concatenate([linear, shift], axis=-1).astype(np.float32)


def apply_affine(matrix: Array, points: Array) -> Array:
    """(2, 3) map on (..., 2) points."""
    return (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
