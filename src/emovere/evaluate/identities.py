"""How well identities are kept: switches (Bernardin and Stiefelhagen 2008) and IDF1 (Ristani et al. 2016)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from emovere.geometry import iou_matrix
from emovere.types import Float32

SAME = 0.5
"""Least overlap of a found box with a true one."""

Boxes = Mapping[int, Float32]
"""Number -> (4,) box of one frame."""


@dataclass(frozen=True)
class IdentityScores:
    """What became of the people of one or more scenes."""

    switches: int
    """Times that a person got another number than before."""
    idf1: float
    """Share of detections with the right number, when every person is given the number that fits best; nan for none."""
    recall: float
    """Share of true faces that were found at all; nan for none."""
    false: int
    """Found boxes that are nobody's."""


def identity_scores(truth: Sequence[Boxes], found: Sequence[Boxes]) -> IdentityScores:
    """Compare what is true with what was found, frame by frame; both have the same length."""
    pairs: Counter[tuple[int, int]] = Counter()
    last: dict[int, int] = {}
    switches = matched = 0
    for true, seen in zip(truth, found, strict=True):
        for person, number in _matches(true, seen).items():
            matched += 1
            pairs[person, number] += 1
            switches += last.get(person, number) != number
            last[person] = number
    true_count = sum(map(len, truth))
    found_count = sum(map(len, found))
    total = true_count + found_count
    return IdentityScores(
        switches,
        2 * _best(pairs) / total if total else float("nan"),
        matched / true_count if true_count else float("nan"),
        found_count - matched,
    )


def _matches(true: Boxes, seen: Boxes) -> dict[int, int]:
    """Person -> number, largest overlap first."""
    if not true or not seen:
        return {}
    people, numbers = list(true), list(seen)
    overlap = iou_matrix(np.stack([true[p] for p in people]), np.stack([seen[n] for n in numbers]))
    matched: dict[int, int] = {}
    for flat in np.argsort(-overlap, axis=None):
        i, j = np.unravel_index(flat, overlap.shape)
        if overlap[i, j] < SAME:
            break
        if people[i] not in matched and numbers[j] not in matched.values():
            matched[people[i]] = numbers[j]
    return matched


def _best(pairs: Counter[tuple[int, int]]) -> int:
    """Most detections that can have the right number, each person having one number and each number one person."""
    from scipy.optimize import linear_sum_assignment

    if not pairs:
        return 0
    people = sorted({person for person, _ in pairs})
    numbers = sorted({number for _, number in pairs})
    counts = np.array([[pairs[person, number] for number in numbers] for person in people])
    rows, columns = linear_sum_assignment(counts, maximize=True)
    return int(counts[rows, columns].sum())
