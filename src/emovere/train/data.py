"""Faces as tensors: what a run trains on and what it is chosen on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torch.utils.data.distributed import DistributedSampler

from emovere.datasets.duplicates import leaked
from emovere.datasets.faceset import FaceSet
from emovere.errors import DatasetError
from emovere.evaluate.votes import vote_shares
from emovere.labels import FERPLUS8, FERPLUS_COLUMNS

Batch = tuple[Tensor, Tensor, Tensor, Tensor]
"""(N, 1, S, S) uint8 faces, (N,) int64 labels, (N, 8) float32 shares of votes (all 0 where there are none), and a
teacher's answers, (N, 15) float32, or (N, 0) where nobody teaches."""


@dataclass(frozen=True)
class Cleaning:
    """What was left out of training, and why."""

    faces: int
    leaked: int
    not_a_face: int


class FaceTensors(Dataset[Batch]):
    """A FaceSet in torch's terms. Hands out whole batches at once."""

    def __init__(self, faces: FaceSet) -> None:
        self.images = torch.from_numpy(np.ascontiguousarray(faces.images))[:, None]
        self.labels = torch.from_numpy(faces.labels)
        shares = np.zeros((len(faces), len(FERPLUS8)), np.float32)
        self.votes = torch.from_numpy(shares if faces.votes is None else vote_shares(faces.votes))

    def __len__(self) -> int:
        return len(self.labels)

    def __getitems__(self, rows: list[int]) -> Batch:
        return self.images[rows], self.labels[rows], self.votes[rows], torch.zeros(len(rows), 0)


def without_leaks(faces: FaceSet) -> tuple[FaceSet, Cleaning]:
    """The Training split less copies of held-out faces and less what FER+'s annotators call no face.

    Raises DatasetError where there is no Training split or nothing is held out.
    """
    training = faces.split("Training")
    held_out = faces.images[faces.splits != "Training"]
    if not len(held_out):
        raise DatasetError("no held-out split; expected PublicTest and PrivateTest beside Training")
    copies = leaked(training.images, held_out)
    no_face = np.zeros(len(training), np.bool_)
    if training.votes is not None:
        no_face = training.votes[:, FERPLUS_COLUMNS.index("NF")] >= 5
    kept = training[~copies & ~no_face]
    return kept, Cleaning(len(kept), int(copies.sum()), int((no_face & ~copies).sum()))


def loader(dataset: FaceTensors, batch: int, *, seed: int | None) -> DataLoader[Batch]:
    """Batches in an order that depends on seed and epoch alone; in the set's own order where seed is None."""
    sampler: DistributedSampler[Batch] | None = None
    if seed is not None:
        sampler = DistributedSampler(dataset, num_replicas=1, rank=0, shuffle=True, seed=seed)
    return DataLoader(
        dataset,
        batch_size=batch,
        sampler=sampler,
        drop_last=seed is not None and len(dataset) > batch,
        collate_fn=_whole,
    )


def _whole(batch: Any) -> Any:
    """``__getitems__`` hands out whole batches: there is nothing left to collate."""
    return batch
