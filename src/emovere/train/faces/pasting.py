"""Faces of FER2013 pasted into photographs, and patches that are no faces, so that the paste itself is no cue."""

from __future__ import annotations

import cv2
import numpy as np

from emovere.geometry import apply_affine
from emovere.train.faces.labels import FaceLabels
from emovere.train.faces.marked import FACE, Marks
from emovere.types import Float32, UInt8

SIDE = 48
"""Pixels of a face of FER2013."""

_TRIES = 6
"""Places that are drawn for a patch before it is left out."""


class FaceBank:
    """FER2013 faces whose place the teacher knows."""

    def __init__(self, images: UInt8, labels: FaceLabels, least: float) -> None:
        """images: (N, 48, 48). Faces of a lower score than ``least`` are left out."""
        known = labels.scores >= least
        self._images, self._boxes, self._landmarks = images[known], labels.boxes[known], labels.landmarks[known]

    def __len__(self) -> int:
        return len(self._images)

    def draw(self, rng: np.random.Generator) -> tuple[UInt8, Marks]:
        """A face and its mark in pixels of the 48 x 48 crop."""
        row = int(rng.integers(len(self)))
        kinds = np.array([FACE], np.int64)
        return self._images[row], Marks(self._boxes[row : row + 1], self._landmarks[row : row + 1], kinds)


def paste_faces(
    image: UInt8, marks: Marks, bank: FaceBank, rng: np.random.Generator, *, count: int, degrees: float, plain: bool
) -> Marks:
    """Paste faces into a picture, in place, where none is marked; returns the marks with theirs.

    plain: by hard edges and as they are, rather than softly and in the light of the place.
    """
    for _ in range(count):
        face, mark = bank.draw(rng)
        turn = 0.0 if plain else rng.normal(0, degrees)
        matrix = _place(image, marks, rng, turn, mirrored=bool(rng.random() < 0.5), largest=0.95 if plain else 0.6)
        if matrix is None:
            continue
        mask = None if plain and rng.random() < 0.7 else _soft_mask(rng)
        _blend(image, face, matrix, mask, match=0.0 if plain else rng.uniform(0, 0.8))
        marks += mark.moved(matrix)
    return marks


def paste_decoys(image: UInt8, marks: Marks, bank: FaceBank, rng: np.random.Generator) -> None:
    """Paste a patch of another place, or a face upside down, in place, where nothing is marked."""
    matrix = _place(image, marks, rng, rng.normal(0, 12), mirrored=False, largest=0.6)
    if matrix is None:
        return
    upside_down = rng.random() < 0.5 and len(bank)
    patch = bank.draw(rng)[0][::-1] if upside_down else _elsewhere(image, marks, rng)
    if patch is None:
        return
    _blend(image, patch, matrix, _soft_mask(rng), match=rng.uniform(0, 0.8))


def _elsewhere(image: UInt8, marks: Marks, rng: np.random.Generator) -> UInt8 | None:
    side = int(rng.integers(16, min(image.shape[:2]) // 2))
    for _ in range(_TRIES):
        x, y = (int(rng.integers(0, limit - side)) for limit in (image.shape[1], image.shape[0]))
        if _free(np.array([x, y, x + side, y + side], np.float32), marks):
            patch = image[y : y + side, x : x + side].mean(axis=2)
            return np.asarray(cv2.resize(patch, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
    return None


def _place(
    image: UInt8, marks: Marks, rng: np.random.Generator, turn: float, *, mirrored: bool, largest: float
) -> Float32 | None:
    """A map from a 48 x 48 patch to a free place of the picture, or None."""
    height, width = image.shape[:2]
    for _ in range(_TRIES):
        size = np.exp(rng.uniform(np.log(13), np.log(largest * min(height, width))))
        x, y = rng.uniform(size / 2, width - size / 2), rng.uniform(size / 2, height - size / 2)
        if _free(np.array([x - size / 2, y - size / 2, x + size / 2, y + size / 2], np.float32), marks):
            scale, angle = size / SIDE, np.deg2rad(turn)
            across, along = scale * np.cos(angle), scale * np.sin(angle)
            flip = -1.0 if mirrored else 1.0
            linear = np.array([[across * flip, -along], [along * flip, across]])
            shift = np.array([x, y]) - linear @ [SIDE / 2 - 0.5, SIDE / 2 - 0.5]
            return np.concatenate([linear, shift[:, None]], axis=1).astype(np.float32)
    return None


def _free(box: Float32, marks: Marks) -> bool:
    """Whether a box covers hardly any of each marked one, and is covered by none."""
    corner, end = np.maximum(box[:2], marks.boxes[:, :2]), np.minimum(box[2:], marks.boxes[:, 2:])
    shared = np.clip(end - corner, 0, None).prod(axis=1)
    sides = np.concatenate([box[None], marks.boxes])
    areas = (sides[:, 2:] - sides[:, :2]).prod(axis=1)
    return bool((shared <= 0.05 * np.minimum(areas[0], areas[1:])).all())


def _soft_mask(rng: np.random.Generator) -> Float32:
    """(48, 48) in [0, 1]: an ellipse or a rounded square with a soft edge."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    power = rng.choice([2.0, 2.0, 4.0, 10.0])
    across, along = rng.uniform(0.40, 0.5, 2) * SIDE
    distance = (np.abs((x - 23.5) / across) ** power + np.abs((y - 23.5) / along) ** power) ** (1 / power)
    soft = rng.uniform(0.03, 0.3)
    return np.asarray(np.clip((1 - distance) / soft + 0.5, 0, 1), np.float32)


def _blend(image: UInt8, patch: UInt8, matrix: Float32, mask: Float32 | None, *, match: float) -> None:
    """Lay a grey (48, 48) patch over a picture, in place, moved towards the light of its place by a share."""
    height, width = image.shape[:2]
    corners = apply_affine(matrix, np.array([[0, 0], [SIDE, 0], [0, SIDE], [SIDE, SIDE]], np.float32))
    x1, y1 = (int(max(0, v)) for v in np.floor(corners.min(axis=0)))
    x2, y2 = (int(v) for v in np.minimum(np.ceil(corners.max(axis=0)) + 1, (width, height)))
    if x2 - x1 < 2 or y2 - y1 < 2:
        return
    local = matrix.copy()
    local[:, 2] -= (x1, y1)
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if scale < 0.6:
        patch = np.asarray(cv2.GaussianBlur(patch, (0, 0), 0.4 / scale), np.uint8)
    how = cv2.INTER_CUBIC if scale > 1.5 else cv2.INTER_LINEAR
    size = (x2 - x1, y2 - y1)
    laid = cv2.warpAffine(patch, local, size, flags=how, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    alpha = cv2.warpAffine(np.ones((SIDE, SIDE), np.float32) if mask is None else mask, local, size)[:, :, None]
    under = image[y1:y2, x1:x2].astype(np.float32)
    if match:
        laid = laid + match * (float(under.mean()) - float(laid.mean()))
    over = laid[:, :, None]
    image[y1:y2, x1:x2] = np.clip(under + alpha * (over - under), 0, 255).astype(np.uint8)
