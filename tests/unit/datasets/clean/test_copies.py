"""Pairs and groups of pictures that are alike."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from emovere.datasets.clean.copies import copy_groups, hash_pairs, joined
from emovere.datasets.duplicates import perceptual_hashes


def test_pairs_are_those_that_comparing_each_with_each_finds(scribbles):
    blurred = [cv2.GaussianBlur(image, (0, 0), 0.7) for image in scribbles[:5]]
    images = np.stack([*scribbles, *blurred])
    pairs = hash_pairs(images, 12)
    hashes = perceptual_hashes(images)
    expected = {
        (one, other)
        for one in range(35)
        for other in range(one + 1, 35)
        if int(hashes[one] ^ hashes[other]).bit_count() <= 12
    }
    plain = ~pairs.mirrored
    assert set(zip(pairs.first[plain].tolist(), pairs.second[plain].tolist(), strict=True)) == expected
    assert {(row, row + 30) for row in range(5)} <= expected


def test_a_mirrored_copy_is_found_and_told(scribbles):
    images = np.stack([*scribbles, scribbles[3][:, ::-1]])
    pairs = hash_pairs(images, 4)
    found = {(a, b): m for a, b, m in zip(pairs.first, pairs.second, pairs.mirrored, strict=True)}
    assert found[3, 30]


def test_a_pair_that_is_alike_both_ways_is_given_once():
    even = np.zeros((48, 48), np.uint8)
    cv2.circle(even, (24, 24), 12, 200, -1)
    even = np.minimum(even, even[:, ::-1])
    pairs = hash_pairs(np.stack([even, even]), 4)
    assert len(pairs) == 1
    assert not pairs.mirrored[0]


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_compare(count):
    assert len(hash_pairs(np.zeros((count, 48, 48), np.uint8), 10)) == 0
    assert copy_groups(np.zeros((count, 48, 48), np.uint8), 4).tolist() == list(range(count))


def test_joined_passes_on_in_any_order():
    first, second = np.array([5, 1, 7, 3]), np.array([6, 5, 8, 7])
    assert joined(10, first, second).tolist() == [0, 1, 2, 3, 4, 1, 1, 3, 3, 9]


def test_groups_hold_exact_near_and_mirrored_copies(scribbles):
    near = scribbles[2].copy()
    near[40:, 40:] += 9
    images = np.stack([*scribbles[:10], scribbles[2], near, scribbles[4][:, ::-1]])
    groups = copy_groups(images, 4)
    assert groups[[2, 10, 11]].tolist() == [2, 2, 2]
    assert groups[[4, 12]].tolist() == [4, 4]
    assert len(np.unique(groups)) == 10
