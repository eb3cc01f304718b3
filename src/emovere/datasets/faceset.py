"""A set of labelled face crops in memory: what every layout is read into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from emovere.errors import DatasetError
from emovere.types import check_array


@dataclass(frozen=True, eq=False)
class FaceSet:
    """N grey face crops with their labels, splits and, where known, the annotators' votes. N may be 0."""

    images: npt.NDArray[np.uint8]
    """(N, S, S) uint8, grey."""
    labels: npt.NDArray[np.int64]
    """(N,) int64, position in ``label_names``."""
    splits: npt.NDArray[np.str_]
    """(N,) str: Training, PublicTest, PrivateTest, or what the layout calls them."""
    label_names: tuple[str, ...]
    votes: npt.NDArray[np.int64] | None = None
    """(N, 10) int64 votes in FER+'s column order; None where the layout has none."""
    names: tuple[str, ...] = ()
    """N file names, or none."""

    def __post_init__(self) -> None:
        side = self.images.shape[-1] if self.images.ndim == 3 else None
        check_array("images", self.images, (None, side, side), np.uint8)
        check_array("labels", self.labels, (len(self.images),), np.int64)
        if ((self.labels < 0) | (self.labels >= len(self.label_names))).any():
            raise DatasetError(f"labels: expected 0 to {len(self.label_names) - 1}; got {self.labels.max()}")
        if len(self.splits) != len(self.images):
            raise DatasetError(f"splits: expected {len(self.images)} names; got {len(self.splits)}")
        if self.votes is not None:
            check_array("votes", self.votes, (len(self.images), 10), np.int64)
        if self.names and len(self.names) != len(self.images):
            raise DatasetError(f"names: expected {len(self.images)} or none; got {len(self.names)}")

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: npt.NDArray[Any]) -> FaceSet:
        """The faces at these rows (indices or a mask)."""
        picked = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return FaceSet(
            self.images[picked],
            self.labels[picked],
            self.splits[picked],
            self.label_names,
            None if self.votes is None else self.votes[picked],
            tuple(self.names[i] for i in picked) if self.names else (),
        )

    def split(self, name: str) -> FaceSet:
        """The faces of one split. Raises DatasetError where there are none."""
        rows = self.splits == name
        if not rows.any():
            raise DatasetError(f"no face in split {name!r}; there are: {', '.join(sorted(set(self.splits)))}")
        return self[rows]

    @property
    def counts(self) -> tuple[int, ...]:
        """Number of faces of each class, in the order of ``label_names``."""
        return tuple(int(n) for n in np.bincount(self.labels, minlength=len(self.label_names)))


def join(parts: Sequence[FaceSet]) -> FaceSet:
    """One or more sets as one, in their order; votes and names stay where every part has them.

    Raises DatasetError where the label names differ.
    """
    first = parts[0]
    if any(part.label_names != first.label_names for part in parts):
        raise DatasetError("the parts of the dataset name their labels differently")
    votes = [part.votes for part in parts if part.votes is not None]
    return FaceSet(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.splits for part in parts]),
        first.label_names,
        np.concatenate(votes) if len(votes) == len(parts) else None,
        tuple(name for part in parts for name in part.names) if all(part.names for part in parts) else (),
    )
