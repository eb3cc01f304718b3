"""Faces as tensors: what a run trains on and what it is chosen on."""

from __future__ import annotations

import dataclasses
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
from emovere.train.draws import Draws
from emovere.train.recipe import DataRecipe

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


def with_classes(faces: FaceSet, classes: tuple[str, ...]) -> FaceSet:
    """The faces of some classes, their labels being places among these; all faces where none is named.

    Raises DatasetError for a class that the set does not know, or of which it holds no face.
    """
    if not classes:
        return faces
    counts = dict(zip(faces.label_names, faces.counts, strict=True))
    missing = [name for name in classes if not counts.get(name)]
    if missing:
        raise DatasetError(f"no face of {', '.join(missing)}; there are: {', '.join(faces.label_names)}")
    place = np.array([classes.index(name) if name in classes else -1 for name in faces.label_names], np.int64)
    kept = faces[place[faces.labels] >= 0]
    return dataclasses.replace(kept, labels=place[kept.labels], label_names=classes)


def limited(faces: FaceSet, most: int, seed: int) -> FaceSet:
    """At most so many faces of each class, drawn by the seed, in the set's order; all where ``most`` is 0."""
    if not most:
        return faces
    order = np.random.default_rng(seed).permutation(len(faces))
    drawn = [order[faces.labels[order] == label][:most] for label in range(len(faces.label_names))]
    return faces[np.sort(np.concatenate(drawn))]


def selected(faces: FaceSet, data: DataRecipe, seed: int) -> tuple[FaceSet, FaceSet, Cleaning]:
    """What is trained on, what is chosen on, and what was left out of the former for its own sake.

    Raises DatasetError where a split or a class is missing.
    """
    kept, cleaning = without_leaks(faces)
    training = limited(with_classes(kept, data.classes), data.limit, seed)
    public = with_classes(faces.split("PublicTest"), data.classes)
    return training, public, dataclasses.replace(cleaning, faces=len(training))


def loader(
    dataset: FaceTensors,
    batch: int,
    *,
    seed: int | None,
    processes: int = 1,
    rank: int = 0,
    steps: int = 0,
    balance: float = 0.0,
) -> DataLoader[Batch]:
    """Batches in an order that depends on seed and epoch alone; in the set's own order where seed is None.

    batch: faces of one step, of all processes together. Each process gets its share: of every step in training, so
    that steps are the same for any number of processes; of the set where seed is None. steps: of an epoch; 0 goes
    through the set once. balance: how evenly classes are drawn, as ``ImbalanceRecipe`` says.
    """
    if seed is None:
        mine = list(range(rank, len(dataset), processes))
        return DataLoader(dataset, batch_size=batch, sampler=mine, collate_fn=_whole)
    if steps or balance:
        drawn = Draws(
            dataset.labels.numpy(),
            (steps or max(1, len(dataset) // batch)) * batch,
            seed=seed,
            balance=balance,
            processes=processes,
            rank=rank,
        )
        return DataLoader(dataset, batch_size=batch // processes, sampler=drawn, collate_fn=_whole)
    sampler: DistributedSampler[Batch]
    sampler = DistributedSampler(dataset, num_replicas=processes, rank=rank, shuffle=True, seed=seed)
    return DataLoader(
        dataset,
        batch_size=batch // processes,
        sampler=sampler,
        drop_last=len(dataset) > batch,
        collate_fn=_whole,
    )


def _whole(batch: Any) -> Any:
    """``__getitems__`` hands out whole batches: there is nothing left to collate."""
    return batch
