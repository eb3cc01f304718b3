"""What networks say of faces that they never saw: the file that `emovere data fold` writes and cleaning reads."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from emovere.errors import DatasetError, LabelMismatch
from emovere.files import atomic_write
from emovere.types import Float32, Int64, check_array


@dataclass(frozen=True, eq=False)
class Predictions:
    """Out-of-fold probabilities of N faces."""

    keys: npt.NDArray[np.str_]
    """(N,) SHA-256 of each face's pixels."""
    probs: Float32
    """(N, K) float32; all 0 where the face's fold is not done yet."""
    fold: Int64
    """(N,) the fold that leaves the face out, from 0."""
    done: tuple[int, ...]
    """The folds that are done."""
    labels: tuple[str, ...]
    """K names."""
    about: Mapping[str, Any]
    """The recipe and whatever else the networks depend on."""

    def __post_init__(self) -> None:
        check_array("probs", self.probs, (len(self.keys), len(self.labels)), np.float32)
        check_array("fold", self.fold, (len(self.keys),), np.int64)

    @property
    def told(self) -> npt.NDArray[np.bool_]:
        """(N,) bool: whether the face's fold is done."""
        return np.isin(self.fold, self.done)


def write_predictions(predictions: Predictions, path: Path) -> None:
    """Write them as an npz file, atomically. Raises OutputError."""
    head = {"labels": predictions.labels, "done": predictions.done, "about": predictions.about}
    with atomic_write(path, "wb") as file:
        np.savez_compressed(
            file, keys=predictions.keys, probs=predictions.probs, fold=predictions.fold, head=np.array(json.dumps(head))
        )


def read_predictions(path: Path) -> Predictions:
    """Read what ``write_predictions`` wrote. Raises DatasetError for a file that is missing, damaged or another's."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            head = json.loads(str(stored["head"]))
            return Predictions(
                keys=stored["keys"],
                probs=stored["probs"],
                fold=stored["fold"],
                done=tuple(head["done"]),
                labels=tuple(head["labels"]),
                about=head["about"],
            )
    except FileNotFoundError as error:
        raise DatasetError(f"{path}: there is no such file; expected what `emovere data fold` wrote") from error
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise DatasetError(
            f"{path}: expected predictions as `emovere data fold` writes them; {type(error).__name__}: {error}"
        ) from error


def for_faces(predictions: Predictions, keys: npt.NDArray[np.str_], labels: tuple[str, ...]) -> Float32:
    """The probabilities of these faces, (N, K) float32; all 0 where there are none.

    keys: (N,) SHA-256 of their pixels. Faces with the same pixels share what is said of any of them. Raises
    LabelMismatch where the labels differ, DatasetError where no face has any.
    """
    if predictions.labels != labels:
        raise LabelMismatch(
            f"the predictions tell apart {', '.join(predictions.labels)}; the set's labels are {', '.join(labels)}: "
            "predict this set with `emovere data fold`"
        )
    told = predictions.told
    place = {str(key): row for key, row in zip(predictions.keys[told], np.flatnonzero(told), strict=True)}
    rows = np.array([place.get(str(key), -1) for key in keys], np.int64)
    if len(rows) and (rows < 0).all():
        raise DatasetError("the predictions are about other faces: none of this set is among them")
    probs = np.zeros((len(keys), len(labels)), np.float32)
    probs[rows >= 0] = predictions.probs[rows[rows >= 0]]
    return probs
