"""Bringing a picture to the size that a detector likes, and its boxes back."""

from __future__ import annotations

import cv2
import numpy as np

from emovere.config import DetectOptions
from emovere.errors import ConfigError
from emovere.geometry import clip_boxes
from emovere.types import Faces, Float32, Frame, UInt8

SMALLEST = 32


def check_options(options: DetectOptions) -> DetectOptions:
    """The options themselves. Raises ConfigError where no detector could work with them."""
    if options.size < SMALLEST:
        raise ConfigError(f"detect.size: expected at least {SMALLEST} pixels; got {options.size}")
    if not 0 <= options.score <= 1:
        raise ConfigError(f"detect.score: expected a number from 0 to 1; got {options.score}")
    return options


def shrink(image: UInt8, longest: int) -> UInt8:
    """A picture whose longest side is at most ``longest`` pixels; smaller ones stay as they are.

    image: (H, W, 3) or (H, W) uint8.
    """
    height, width = image.shape[:2]
    if max(height, width) <= longest:
        return image
    factor = longest / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def restore(frame: Frame, seen: UInt8, boxes: Float32, scores: Float32, landmarks: Float32 | None) -> Faces:
    """What was found in the shrunk picture, in pixels of the frame, cut at its edges, largest first.

    Faces of one size go from top to bottom, then from left to right, so that the order never depends on chance.
    """
    height, width = frame.size
    factor = np.array([width / seen.shape[1], height / seen.shape[0]], np.float32)
    boxes = clip_boxes(boxes * np.tile(factor, 2), height, width)
    sides = boxes[:, 2:] - boxes[:, :2]
    inside = np.flatnonzero((sides > 0).all(axis=1))
    order = inside[np.lexsort((boxes[inside, 0], boxes[inside, 1], -sides[inside].prod(axis=1)))]
    return Faces(
        boxes[order],
        np.clip(scores[order], 0, 1).astype(np.float32),
        None if landmarks is None else (landmarks[order] * factor).astype(np.float32),
    )
