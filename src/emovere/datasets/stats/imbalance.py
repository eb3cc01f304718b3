"""How unevenly the faces of a set are spread over its classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Imbalance:
    """Of K classes, those without a face included; nan for a set without faces."""

    ratio: float
    """Faces of the largest class for each of the smallest; inf where a class has none."""
    entropy: float
    """Shannon entropy over its largest value: 1 for equal classes, 0 where only one has faces."""
    effective: float
    """Effective number of classes, exp of the entropy (Hill 1973, order 1): so many equal classes are as even."""
    largest: float
    """Share of the largest class: what always answering it would get right."""


def imbalance(counts: Sequence[int]) -> Imbalance:
    """counts: faces of each class. For no face, everything is nan."""
    faces = np.array(counts, np.float64)
    total = faces.sum()
    if total == 0:
        return Imbalance(math.nan, math.nan, math.nan, math.nan)
    shares = faces[faces > 0] / total
    entropy = float(-(shares * np.log(shares)).sum())
    smallest = faces.min()
    return Imbalance(
        ratio=float(faces.max() / smallest) if smallest else math.inf,
        entropy=max(entropy, 0.0) / math.log(len(faces)) if len(faces) > 1 else 1.0,
        effective=math.exp(entropy),
        largest=float(faces.max() / total),
    )
