"""Spoiling faces on purpose: thirteen corruptions at five strengths, as cameras and life bring them about.

After Hendrycks and Dietterich (2019, arXiv 1903.12261), adapted to FER2013's grey faces of 48 x 48 pixels: weather is
left out, and what happens to faces (a bar over the eyes, a mask, a crop that is turned or misses) has come in. Lengths
are pixels of the 48 x 48 framing. A corruption starts from the same random numbers at each strength, so that little but
the strength differs between two of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from emovere.align.crop import LANDMARKS, SIDE
from emovere.errors import ConfigError, unknown_name
from emovere.types import Float32, UInt8, check_array

STRENGTHS = (1, 2, 3, 4, 5)

Spoil: TypeAlias = Callable[[UInt8, float, np.random.Generator], UInt8]
"""(N, 48, 48) faces, the value of a strength, random numbers -> (N, 48, 48)."""


@dataclass(frozen=True)
class Corruption:
    """One way in which faces are spoilt."""

    measure: str
    """What the values are, with their unit."""
    values: tuple[float, float, float, float, float]
    """The value at each strength from 1 to 5."""
    spoil: Spoil


def corrupt(faces: UInt8, name: str, strength: int, *, seed: int = 0) -> UInt8:
    """Spoil faces in one way.

    faces: (N, 48, 48) uint8 grey; N may be 0. name: one of ``CORRUPTIONS``. strength: 1 to 5. Returns as many faces of
    the same shape; the same seed always gives the same ones. Raises ShapeError for other arrays, ConfigError for
    another name or strength.
    """
    check_array("faces", faces, (None, SIDE, SIDE), np.uint8)
    if name not in CORRUPTIONS:
        raise ConfigError(unknown_name("corruption", name, CORRUPTIONS))
    if strength not in STRENGTHS:
        raise ConfigError(f"strength: expected 1 to {len(STRENGTHS)}; got {strength}")
    chosen = CORRUPTIONS[name]
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    return chosen.spoil(faces, chosen.values[strength - 1], rng)


def _gaussian_noise(faces: UInt8, deviation: float, rng: np.random.Generator) -> UInt8:
    return _bytes(faces / np.float32(255) + deviation * rng.standard_normal(faces.shape, np.float32))


def _shot_noise(faces: UInt8, photons: float, rng: np.random.Generator) -> UInt8:
    return _bytes(rng.poisson(faces * (photons / 255)) / photons)


def _gaussian_blur(faces: UInt8, deviation: float, rng: np.random.Generator) -> UInt8:
    return _each(faces, lambda face, _: cv2.GaussianBlur(face, (0, 0), deviation, borderType=cv2.BORDER_REPLICATE))


def _motion_blur(faces: UInt8, length: float, rng: np.random.Generator) -> UInt8:
    angles = rng.uniform(0, np.pi, len(faces))
    return _each(
        faces,
        lambda face, i: cv2.filter2D(face, -1, _streak(round(length), angles[i]), borderType=cv2.BORDER_REPLICATE),
    )


def _streak(length: int, angle: float) -> Float32:
    """The kernel of a straight movement over so many pixels: (length, length) float32, sums to 1."""
    middle = (length - 1) / 2
    way = np.linspace(-middle, middle, 8 * length)
    places = np.arange(length)
    # each point of the way is shared out to the pixels around it
    x = np.maximum(0, 1 - np.abs(places - (middle + way * np.cos(angle))[:, None]))
    y = np.maximum(0, 1 - np.abs(places - (middle + way * np.sin(angle))[:, None]))
    kernel = y.T @ x
    return np.asarray(kernel / kernel.sum(), np.float32)


def _jpeg(faces: UInt8, quality: float, rng: np.random.Generator) -> UInt8:
    def packed(face: UInt8, _: int) -> npt.NDArray[Any]:
        data = cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, round(quality)])[1]
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE))

    return _each(faces, packed)


def _low_contrast(faces: UInt8, factor: float, rng: np.random.Generator) -> UInt8:
    values = faces / np.float32(255)
    mean = values.mean(axis=(1, 2), keepdims=True)
    return _bytes((values - mean) * factor + mean)


def _darkness(faces: UInt8, gamma: float, rng: np.random.Generator) -> UInt8:
    noise = 0.01 * (gamma - 1) * rng.standard_normal(faces.shape, np.float32)
    return _bytes((faces / np.float32(255)) ** gamma + noise)


def _brightness(faces: UInt8, added: float, rng: np.random.Generator) -> UInt8:
    return _bytes(faces / np.float32(255) + added)


def _eyes_hidden(faces: UInt8, height: float, rng: np.random.Generator) -> UInt8:
    (left, right), line = LANDMARKS[:2, 0], LANDMARKS[:2, 1].mean()
    corners = [[left - 8, line - height / 2], [right + 8, line - height / 2]]
    corners += [[right + 8, line + height / 2], [left - 8, line + height / 2]]
    return _covered(faces, np.array(corners), grey=0)


def _mouth_hidden(faces: UInt8, top: float, rng: np.random.Generator) -> UInt8:
    middle = LANDMARKS[2, 0]
    # highest over the nose, cut off obliquely at the cheeks, and down to the chin
    half: list[tuple[float, float]] = [(0, top), (5, top), (18, top + 4), (17, 41), (8, SIDE + 1)]
    corners = [(middle + x, y) for x, y in half] + [(middle - x, y) for x, y in reversed(half)]
    return _covered(faces, np.array(corners), grey=220)


def _rotation(faces: UInt8, degrees: float, rng: np.random.Generator) -> UInt8:
    middle = (SIDE - 1) / 2
    turns = degrees * rng.choice([-1, 1], len(faces))
    return _each(faces, lambda face, i: _warped(face, cv2.getRotationMatrix2D((middle, middle), turns[i], 1)))


def _low_resolution(faces: UInt8, side: float, rng: np.random.Generator) -> UInt8:
    def coarse(face: UInt8, _: int) -> npt.NDArray[Any]:
        small = cv2.resize(face, (round(side), round(side)), interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)

    return _each(faces, coarse)


def _shift(faces: UInt8, pixels: float, rng: np.random.Generator) -> UInt8:
    angles = rng.uniform(0, 2 * np.pi, len(faces))
    x, y = pixels * np.cos(angles), pixels * np.sin(angles)
    return _each(faces, lambda face, i: _warped(face, np.array([[1, 0, x[i]], [0, 1, y[i]]])))


def _each(faces: UInt8, change: Callable[[UInt8, int], npt.NDArray[Any]]) -> UInt8:
    out = np.empty_like(faces)
    for i, face in enumerate(faces):
        out[i] = change(face, i)
    return out


def _warped(face: UInt8, matrix: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return cv2.warpAffine(face, matrix, (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def _covered(faces: UInt8, corners: npt.NDArray[Any], grey: int) -> UInt8:
    """Faces under an opaque patch of one grey; corners: (M, 2), x y in pixels. Its edge is smooth."""
    finer = 8
    drawn = np.zeros((SIDE * finer, SIDE * finer), np.uint8)
    cv2.fillPoly(drawn, [np.rint((corners + 0.5) * finer).astype(np.int32)], 255)
    share = cv2.resize(drawn, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return _bytes((faces * (1 - share) + grey * share) / np.float32(255))


def _bytes(values: npt.NDArray[Any]) -> UInt8:
    """Greys in [0, 1] as uint8; what lies outside is clipped."""
    return np.asarray(np.rint(np.clip(values, 0, 1) * 255), np.uint8)


CORRUPTIONS: Mapping[str, Corruption] = MappingProxyType(
    {
        "gaussian noise": Corruption("sd, share of white", (0.04, 0.08, 0.12, 0.18, 0.26), _gaussian_noise),
        "shot noise": Corruption("photons of white", (500, 200, 80, 30, 12), _shot_noise),
        "gaussian blur": Corruption("sd, px", (0.6, 1.0, 1.5, 2.0, 3.0), _gaussian_blur),
        "motion blur": Corruption("length, px", (3, 5, 7, 9, 13), _motion_blur),
        "JPEG": Corruption("quality", (40, 25, 15, 10, 5), _jpeg),
        "low contrast": Corruption("share kept", (0.6, 0.4, 0.25, 0.15, 0.08), _low_contrast),
        "darkness": Corruption("gamma", (1.5, 2.0, 3.0, 4.0, 6.0), _darkness),
        "brightness": Corruption("added, share of white", (0.1, 0.2, 0.3, 0.4, 0.5), _brightness),
        "eyes hidden": Corruption("height of the bar, px", (4, 6, 9, 12, 16), _eyes_hidden),
        "mouth hidden": Corruption("upper edge of the mask, px", (37, 34, 31, 27, 23), _mouth_hidden),
        "rotation": Corruption("degrees", (8, 15, 25, 35, 45), _rotation),
        "low resolution": Corruption("side, px", (32, 24, 16, 12, 8), _low_resolution),
        "shift": Corruption("px", (2, 4, 6, 9, 12), _shift),
    }
)
"""Name -> corruption, in the order in which they are reported."""
