"""Faces that stand in a dataset more than once: exact copies by hash, near copies by perceptual hash.

The perceptual hash is the 64-bit DCT hash (Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash
Functions", section 3.2.1): the picture at 32 x 32, its 8 x 8 lowest frequencies, one bit each for above the median.
"""

from __future__ import annotations

import hashlib

import cv2
import numpy as np
import numpy.typing as npt

from emovere.datasets.faceset import FaceSet

NEAR = 4
"""Largest Hamming distance, in bits of 64, at which two faces count as near duplicates."""

Hashes = npt.NDArray[np.uint64]


def exact_hashes(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.str_]:
    """SHA-256 of each picture's pixels: (N, S, S) uint8 -> (N,) str."""
    return np.array([hashlib.sha256(image.tobytes()).hexdigest() for image in images], "U64")


def perceptual_hashes(images: npt.NDArray[np.uint8]) -> Hashes:
    """(N, S, S) uint8 grey -> (N,) uint64."""
    if not len(images):
        return np.zeros(0, np.uint64)
    small = np.stack([cv2.resize(image, (32, 32), interpolation=cv2.INTER_AREA) for image in images])
    basis = cv2.dct(np.eye(32, dtype=np.float32), flags=cv2.DCT_ROWS).T[:8]
    frequencies = (basis @ small.astype(np.float32) @ basis.T).reshape(len(images), 64)
    bits = frequencies > np.median(frequencies, axis=1, keepdims=True)
    return np.packbits(bits, axis=1).view(np.uint64)[:, 0]


def near(hashes: Hashes, others: Hashes, distance: int = NEAR) -> npt.NDArray[np.bool_]:
    """Which of ``hashes`` lie within ``distance`` bits of any of ``others``: (N,), (M,) -> (N,) bool."""
    found = np.zeros(len(hashes), np.bool_)
    if len(others):
        for start in range(0, len(hashes), 256):
            chunk = hashes[start : start + 256, None] ^ others[None, :]
            found[start : start + 256] = (np.bitwise_count(chunk) <= distance).any(axis=1)
    return found


def leaked(
    images: npt.NDArray[np.uint8], held_out: npt.NDArray[np.uint8], distance: int = NEAR
) -> npt.NDArray[np.bool_]:
    """Which pictures are an exact or near copy, mirrored or not, of a held-out one.

    (N, S, S) and (M, S, S) uint8 -> (N,) bool; N and M may be 0.
    """
    hashes = perceptual_hashes(images)
    mirrored = np.ascontiguousarray(held_out[:, :, ::-1])
    copies = np.isin(exact_hashes(images), exact_hashes(held_out))
    return (
        copies
        | near(hashes, perceptual_hashes(held_out), distance)
        | near(hashes, perceptual_hashes(mirrored), distance)
    )


def leaked_from_other_splits(faces: FaceSet, split: str) -> npt.NDArray[np.bool_] | None:
    """Which faces of a split have an exact or near copy, mirrored or not, in any other split.

    Returns (M,) bool for the M faces of the split in their order, or None where the set has no other split, so that
    nothing can be said. Raises DatasetError where there is no such split.
    """
    tested = faces.split(split)
    others = faces.images[faces.splits != split]
    return leaked(tested.images, others) if len(others) else None
