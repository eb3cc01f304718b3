"""The relief of an average face, turned and tilted: what a depth picture of a head is compared with."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import numpy.typing as npt

EYES_M = 0.063
"""Metres between the eyes of an average adult (Dodgson 2004, doi 10.1117/12.529999)."""

SKULL = (0.083, 0.112, 0.125)
"""Half axes of an ellipsoid, in metres: across, down, towards the camera."""

SKULL_TOP = -0.015
"""Where its middle lies below the middle of the face, in metres; negative is above."""

FEATURES = (
    (0.030, 0.000, 0.006, 0.012, 0.012),
    (0.017, 0.000, -0.015, 0.009, 0.011),
    (0.007, 0.000, 0.046, 0.011, 0.014),
    (0.136, 0.000, 0.135, 0.043, 0.037),
    (-0.015, 0.000, -0.010, 0.043, 0.019),
)
"""Nose, its bridge, lips, chin, and the hollow of eyes and cheeks: height, place right and down, width across and
down (Gaussian sd), in metres. With the skull they follow MediaPipe's canonical face to about a millimetre."""

YAWS = (-45.0, -30.0, -15.0, 0.0, 15.0, 30.0, 45.0)
ROLLS = (-25.0, 0.0, 25.0)
SHIFTS = (-0.012, 0.0, 0.012)
"""Metres right and down by which a detector's box may be off."""

STEP = 0.004
"""Metres between the points of a relief."""

_REACH = 25
"""Points on either side of its middle."""

Array = npt.NDArray[np.float64]


def raised(x: Array, y: Array, features: tuple[tuple[float, ...], ...] = FEATURES) -> Array:
    """How far the features stand out of the skull at (x, y), in metres."""
    out = np.zeros_like(x)
    for height, at_x, at_y, wide, high in features:
        out += height * np.exp(-0.5 * (((x - at_x) / wide) ** 2 + ((y - at_y) / high) ** 2))
    return out


def expected(x: Array, y: Array) -> Array:
    """(T, N) metres: the depth of every relief, turned, tilted and shifted, at N places.

    x, y: (N,) metres right of and below the middle of the face. Only differences of depth mean anything.
    """
    out = []
    for roll, right, down in itertools.product(np.radians(ROLLS), SHIFTS, SHIFTS):
        upright_x = x * np.cos(roll) + y * np.sin(roll) - right
        upright_y = y * np.cos(roll) - x * np.sin(roll) - down
        column, row = (
            np.clip(np.round(place / STEP).astype(int) + _REACH, 0, 2 * _REACH) for place in (upright_x, upright_y)
        )
        out.append(_reliefs()[:, row, column])
    return np.concatenate(out)


@functools.cache
def _reliefs() -> Array:
    """(Y, 51, 51) metres: the face turned by each of ``YAWS``, on a grid of ``STEP`` about its middle."""
    places = (np.arange(2 * _REACH + 1) - _REACH) * STEP
    x, y = np.meshgrid(np.arange(-SKULL[0], SKULL[0], STEP / 8), places)
    inside = 1 - (x / SKULL[0]) ** 2 - ((y - SKULL_TOP) / SKULL[1]) ** 2
    row = np.nonzero(inside > 0)[0]
    x, y, inside = x[inside > 0], y[inside > 0], inside[inside > 0]
    behind = -SKULL[2] * np.sqrt(inside) - raised(x, y)
    return np.array([_turned(x, row, behind, yaw) for yaw in np.radians(YAWS)])


def _turned(x: Array, row: npt.NDArray[np.int64], z: Array, yaw: float) -> Array:
    """A surface turned about the middle of the head, seen from the front; what lies beside it is as far as its rim."""
    # a detector's box follows what is seen of the face, which moves less than the tip of the nose
    across = x * np.cos(yaw) + (z + 0.6 * SKULL[2]) * np.sin(yaw)
    column = np.round(across / STEP).astype(int) + _REACH
    seen = (column >= 0) & (column <= 2 * _REACH)
    relief = np.full((2 * _REACH + 1,) * 2, np.inf)
    np.minimum.at(relief, (row[seen], column[seen]), (z * np.cos(yaw) - x * np.sin(yaw))[seen])
    return np.where(np.isfinite(relief), relief, relief[np.isfinite(relief)].max())
