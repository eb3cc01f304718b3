"""What a run draws its batches from, and what it is chosen on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, DatasetError
from emovere.labels import FERPLUS_COLUMNS
from emovere.train.check.material import Candidates, around
from emovere.train.check.vary import textures
from emovere.train.data import without_leaks
from emovere.types import Bool, UInt8

MOST_VOTES = 5
"""Of FER+'s ten annotators, so many make a crop no face."""

SHARES = {"mistakes": 0.45, "anywhere": 0.4, "voted": 0.06, "textures": 0.09}
"""Of the crops that are no faces."""


@dataclass(frozen=True, eq=False)
class Pools:
    """(N, 72, 72) uint8 patches by where they come from; at least one in each."""

    faces: tuple[Tensor, ...]
    """Drawn from in equal shares."""
    others: dict[str, Tensor]
    """Drawn from in the shares of ``SHARES``."""

    def draw(self, count: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """(N, 72, 72) uint8 patches and (N,) bool, whether they are faces: one half each."""
        parts = [_some(pool, count // 2 // len(self.faces), random) for pool in self.faces]
        faces = sum(len(part) for part in parts)
        for name, share in SHARES.items():
            wanted = round((count - count // 2) * share)
            parts.append(textures(wanted) if name == "textures" else _some(self.others[name], wanted, random))
        patches = torch.cat(parts)
        return patches, torch.arange(len(patches)) < faces


def training_pools(faces: FaceSet, found: dict[str, Candidates]) -> Pools:
    """The training part of everything. Raises DatasetError or ConfigError where some of it is missing."""
    kept, _ = without_leaks(faces)
    mistakes = [one.patches[rows(one, "training", 0)] for name, one in found.items() if name != "random"]
    real = [one.patches[rows(one, "training", 1)] for name, one in found.items() if name != "random"]
    training = faces.split("Training")
    if training.votes is None:
        raise ConfigError("the data hold no FER+ votes, which say what is no face; name them with --ferplus")
    voted = training.images[training.votes[:, FERPLUS_COLUMNS.index("NF")] >= MOST_VOTES]
    others = {
        "mistakes": np.concatenate(mistakes),
        "anywhere": found["random"].patches[rows(found["random"], "training", 0)],
        "voted": around(voted),
    }
    photographed = np.concatenate(real)
    for name, pool in {**others, "faces in photographs": photographed}.items():
        if not len(pool):
            raise DatasetError(f"the training part holds nothing of {name!r}; expected some of each kind")
    return Pools(
        (torch.from_numpy(around(kept.images)), torch.from_numpy(photographed)),
        {name: torch.from_numpy(pool) for name, pool in others.items()},
    )


def held_out(found: dict[str, Candidates], part: str, least: dict[str, float], truth: int) -> dict[str, UInt8]:
    """By detector the (N, 72, 72) patches of a part that are faces (1) or none (0), of scores from ``least`` on."""
    return {
        name: one.patches[rows(one, part, truth) & (one.scores >= least[name])]
        for name, one in found.items()
        if name in least
    }


def rows(one: Candidates, part: str, truth: int) -> Bool:
    """(M,) bool: those of one part of the photographs that are faces (1) or none (0)."""
    return np.asarray((one.parts == part) & (one.truth == truth), np.bool_)


def joined(parts: Sequence[UInt8]) -> Tensor:
    """All patches as one tensor."""
    return torch.from_numpy(np.concatenate(parts))


def _some(pool: Tensor, count: int, random: torch.Generator) -> Tensor:
    return pool[torch.randint(0, len(pool), (count,), generator=random)]
