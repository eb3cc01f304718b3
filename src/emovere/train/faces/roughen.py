"""What cameras, light and compression do to pictures of any size: (H, W, C) uint8 in, the same out."""

from __future__ import annotations

import cv2
import numpy as np

from emovere.train.faces.marked import channelled
from emovere.train.faces.recipe import SceneRecipe
from emovere.types import UInt8

_GRAIN = np.random.default_rng(0).standard_normal(1 << 21).astype(np.float32)
"""Noise that is drawn once: making it anew costs more than all the rest."""


def roughened(image: UInt8, rng: np.random.Generator, recipe: SceneRecipe) -> UInt8:
    """Another light, then blur, coarse pixels, grain and JPEG, each with its chance."""
    if rng.random() < recipe.relit:
        image = relit(image, rng)
    if rng.random() < recipe.rough:
        image = blurred(image, rng)
    if rng.random() < recipe.rough / 2:
        image = coarse(image, rng)
    if rng.random() < recipe.rough:
        image = grained(image, rng)
    if rng.random() < recipe.rough:
        image = compressed(image, rng)
    return image


def relit(image: UInt8, rng: np.random.Generator) -> UInt8:
    """Another gamma, contrast and brightness; now and then much darker."""
    levels = np.arange(256, dtype=np.float32) / 255
    levels = levels ** np.exp(rng.normal(0, 0.3))
    levels = (levels - 0.5) * np.exp(rng.normal(0, 0.25)) + 0.5 + rng.normal(0, 0.1)
    if rng.random() < 0.12:
        levels *= rng.uniform(0.1, 0.5)
    table = (np.clip(levels, 0, 1) * 255).astype(np.uint8)
    return channelled(cv2.LUT(image, table))


def blurred(image: UInt8, rng: np.random.Generator) -> UInt8:
    """Out of focus, or moved along a line."""
    if rng.random() < 0.6:
        return channelled(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 2.0)))
    length = int(rng.integers(3, 9))
    kernel = np.zeros((length, length), np.float32)
    end = rng.uniform(-1, 1) * length / 2
    middle = length // 2
    cv2.line(kernel, (0, round(middle - end)), (length - 1, round(middle + end)), 1.0)
    return channelled(cv2.filter2D(image, -1, kernel / kernel.sum()))


def coarse(image: UInt8, rng: np.random.Generator) -> UInt8:
    """Enlarged from a smaller picture."""
    height, width = image.shape[:2]
    factor = rng.uniform(0.35, 0.9)
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return channelled(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


def grained(image: UInt8, rng: np.random.Generator) -> UInt8:
    """Noise of a sensor."""
    start = int(rng.integers(0, len(_GRAIN) - image.size))
    noise = _GRAIN[start : start + image.size].reshape(image.shape) * np.float32(rng.uniform(2, 22))
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def compressed(image: UInt8, rng: np.random.Generator) -> UInt8:
    """JPEG of a low quality."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 85))])
    how = cv2.IMREAD_GRAYSCALE if image.shape[2] == 1 else cv2.IMREAD_COLOR
    decoded = cv2.imdecode(data, how)
    return image if decoded is None else channelled(np.asarray(decoded, np.uint8))
