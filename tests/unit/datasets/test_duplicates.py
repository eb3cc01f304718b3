import cv2
import numpy as np
import pytest

from emovere.datasets.duplicates import exact_hashes, leaked, leaked_from_other_splits, near, perceptual_hashes
from emovere.datasets.faceset import FaceSet
from emovere.errors import DatasetError


def smooth(rng, count):
    """Pictures with shapes in them, as different from each other as strangers' faces."""
    coarse = rng.integers(0, 256, (count, 6, 6), np.uint8)
    return np.stack([cv2.resize(image, (48, 48), interpolation=cv2.INTER_CUBIC) for image in coarse])


@pytest.mark.parametrize(
    "copy",
    [
        lambda x: x,
        lambda x: x[:, ::-1],
        lambda x: cv2.imdecode(cv2.imencode(".jpg", x, [cv2.IMWRITE_JPEG_QUALITY, 70])[1], 0),
        lambda x: np.clip(x * 0.9 + 12, 0, 255).astype(np.uint8),
    ],
    ids=["exact", "mirrored", "jpeg", "relit"],
)
def test_copies_are_found_and_strangers_are_not(rng, copy):
    images = smooth(rng, 60)
    held_out = np.stack([np.ascontiguousarray(copy(image)) for image in images[:20]])
    assert leaked(images, held_out).tolist() == [True] * 20 + [False] * 40


def test_near_counts_bits():
    hashes = np.array([0b0, 0b1111, 0b11111], np.uint64)
    none = np.array([0], np.uint64)
    assert near(hashes, none).tolist() == [True, True, False]
    assert near(hashes, none, 3).tolist() == [True, False, False]
    assert near(hashes, none[:0]).tolist() == [False] * 3


def test_no_picture_is_no_copy(rng):
    images, none = smooth(rng, 3), np.zeros((0, 48, 48), np.uint8)
    assert perceptual_hashes(none).shape == exact_hashes(none).shape == (0,)
    assert leaked(images, none).tolist() == [False] * 3
    assert leaked(none, images).shape == (0,)


def test_only_other_splits_leak(rng):
    images = smooth(rng, 6)
    images[1] = images[0]
    images[5] = images[2][:, ::-1]
    splits = np.array(["PublicTest"] * 3 + ["Training"] * 3)
    faces = FaceSet(images, np.zeros(6, np.int64), splits, ("a", "b"))
    mask = leaked_from_other_splits(faces, "PublicTest")
    assert mask is not None
    assert mask.tolist() == [False, False, True]
    assert leaked_from_other_splits(faces[np.arange(3)], "PublicTest") is None
    with pytest.raises(DatasetError):
        leaked_from_other_splits(faces, "PrivateTest")
