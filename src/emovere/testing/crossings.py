"""Made-up scenes with known truth: heads of real photos that move over a background, cross, hide and come back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from emovere.types import Float32, Frame, UInt8

Path2d = Callable[[float], tuple[float, float]]
"""Share of the scene's time in [0, 1] -> where the middle of the face is, as shares of width and height."""

SIZE = (270, 480)
SIDE = 64
"""Pixels of a face in the scene."""


@dataclass(frozen=True)
class Actor:
    """A head, cut out of a photo."""

    patch: UInt8
    """(H, W, 3) uint8 RGB."""
    alpha: Float32
    """(H, W) float32 in [0, 1], soft at the rim."""
    box: Float32
    """(4,) the face within the patch, pixels."""


@dataclass(frozen=True)
class Scene:
    """Frames, and where each actor's face is in each, as far as it can be seen."""

    frames: list[Frame]
    truth: list[dict[int, Float32]]
    """Actor -> (4,) box, for actors of whom at least half can be seen."""


def actor_of(image: UInt8, box: Float32) -> Actor:
    """Cut a head out of a photo: an ellipse about the face (box: (4,) x1 y1 x2 y2), brought to the scene's size."""
    x1, y1, x2, y2 = (float(value) for value in box)
    width, height = x2 - x1, y2 - y1
    left, top = int(max(0, x1 - 0.45 * width)), int(max(0, y1 - 0.45 * height))
    right = int(min(image.shape[1], x2 + 0.45 * width))
    bottom = int(min(image.shape[0], y2 + 0.4 * height))
    factor = SIDE / max(width, height)
    size = (max(8, round((right - left) * factor)), max(8, round((bottom - top) * factor)))
    patch = cv2.resize(image[top:bottom, left:right], size, interpolation=cv2.INTER_AREA)
    ys, xs = np.mgrid[: size[1], : size[0]]
    away = np.hypot((xs - size[0] / 2) / (size[0] / 2), (ys - size[1] / 2) / (size[1] / 2))
    alpha = np.clip((1 - away) / 0.12, 0, 1).astype(np.float32)
    inside = (np.array([x1 - left, y1 - top, x2 - left, y2 - top]) * factor).astype(np.float32)
    return Actor(np.asarray(patch, np.uint8), alpha, inside)


def stage(
    background: UInt8,
    actors: Sequence[tuple[Actor, Path2d]],
    *,
    seconds: float = 4.0,
    rate: float = 25.0,
    pillar: tuple[float, float] | None = None,
) -> Scene:
    """Play a scene; later actors walk in front of earlier ones.

    background: (H, W, 3) uint8 RGB, brought to the scene's size. pillar: left and right edge, as shares of the width,
    of a pillar that hides whoever walks behind it.
    """
    height, width = SIZE
    ground = cv2.resize(background, (width, height), interpolation=cv2.INTER_AREA)
    frames, truth = [], []
    count = round(seconds * rate)
    for index in range(count):
        picture = ground.astype(np.float32)
        owner = np.full(SIZE, -1, np.int64)
        boxes: dict[int, Float32] = {}
        for number, (actor, path) in enumerate(actors):
            boxes[number] = _paint(picture, owner, number, actor, path(index / max(count - 1, 1)))
        if pillar is not None:
            left, right = (round(edge * width) for edge in pillar)
            picture[:, left:right] = 110
            owner[:, left:right] = -1
        image = np.clip(picture, 0, 255).astype(np.uint8)
        frames.append(Frame(image, index, index / rate, "scene"))
        truth.append({number: box for number, box in boxes.items() if _seen(owner, number, box) >= 0.5})
    return Scene(frames, truth)


def _paint(picture: Float32, owner: np.ndarray, number: int, actor: Actor, place: tuple[float, float]) -> Float32:
    """Lay an actor over the picture; gives the box of the face."""
    height, width = SIZE
    face = (actor.box[:2] + actor.box[2:]) / 2
    x = round(place[0] * width - float(face[0]))
    y = round(place[1] * height - float(face[1]))
    rows = slice(max(0, y), min(height, y + actor.patch.shape[0]))
    columns = slice(max(0, x), min(width, x + actor.patch.shape[1]))
    if rows.start < rows.stop and columns.start < columns.stop:
        part = (slice(rows.start - y, rows.stop - y), slice(columns.start - x, columns.stop - x))
        alpha = actor.alpha[part][..., None]
        picture[rows, columns] = alpha * actor.patch[part] + (1 - alpha) * picture[rows, columns]
        owner[rows, columns][alpha[..., 0] > 0.5] = number
    return np.asarray(actor.box + np.array([x, y, x, y], np.float32), np.float32)


def _seen(owner: np.ndarray, number: int, box: Float32) -> float:
    """Share of a face's box, about an ellipse, that belongs to its owner."""
    x1, y1, x2, y2 = box
    area = float((x2 - x1) * (y2 - y1)) * np.pi / 4
    left, top, right, bottom = (max(0, round(float(value))) for value in (x1, y1, x2, y2))
    return float((owner[top:bottom, left:right] == number).sum()) / max(area, 1.0)
