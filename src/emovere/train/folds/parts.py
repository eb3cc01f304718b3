"""Which faces are left out together."""

from __future__ import annotations

import numpy as np

from emovere.datasets.clean.copies import copy_groups
from emovere.datasets.duplicates import NEAR
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, DatasetError
from emovere.types import Int64


def fold_of_each(faces: FaceSet, folds: int, seed: int) -> Int64:
    """The fold of each face, from 0: (N,) int64.

    Copies, exact, near or mirrored, share a fold: a network that learned one would know the label of the other. Each
    class is spread as evenly as its groups allow. Raises ConfigError for fewer than 2 folds, DatasetError where there
    are fewer groups than folds.
    """
    if folds < 2:
        raise ConfigError(f"--folds: expected at least 2; got {folds}")
    group = np.unique(copy_groups(faces.images, NEAR), return_inverse=True)[1]
    sizes = np.bincount(group)
    if len(sizes) < folds:
        raise DatasetError(f"expected at least {folds} faces that are no copies, one a fold; got {len(sizes)}")
    order = np.random.default_rng(seed).permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    label = np.zeros(len(sizes), np.int64)
    label[group[::-1]] = faces.labels[::-1]
    filled = np.zeros((len(faces.label_names), folds), np.int64)
    chosen = np.zeros(len(sizes), np.int64)
    for one in order:
        least = np.lexsort((filled.sum(axis=0), filled[label[one]]))[0]
        chosen[one] = least
        filled[label[one], least] += sizes[one]
    return np.asarray(chosen[group], np.int64)
