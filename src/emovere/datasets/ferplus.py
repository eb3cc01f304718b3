"""FER+'s votes (Barsoum et al. 2016, arXiv 1608.01041): ``fer2013new.csv`` joined with the faces it speaks of."""

from __future__ import annotations

import csv
import dataclasses
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
import numpy.typing as npt

from emovere.datasets.emotions import official_split
from emovere.datasets.faceset import FaceSet
from emovere.errors import DatasetError, LabelMismatch
from emovere.labels import FER7, FERPLUS_COLUMNS, FERPLUS_TO_LABEL

_COLUMNS = ("usage", "image name", *(name.lower() for name in FERPLUS_COLUMNS))

ENOUGH = 500
"""Fewest faces on which the agreement of labels and votes is looked at."""

LEAST_AGREEMENT = 0.4
"""Labels and likeliest votes agree on 0.64 of FER2013, and on 0.17 to 0.18 where rows are one place out."""


@dataclass(frozen=True, eq=False)
class VoteTable:
    """The N rows of FER+'s file."""

    splits: npt.NDArray[np.str_]
    """(N,) str."""
    names: tuple[str, ...]
    """N file names such as fer0000012.png; empty for what was found to be no face. They number named rows only."""
    votes: npt.NDArray[np.int64]
    """(N, 10) int64, in the order of FERPLUS_COLUMNS."""


def read_ferplus(path: Path) -> VoteTable:
    """Read ``fer2013new.csv``. Raises DatasetError, with the number of the line, for what is no such file."""
    splits, names, votes = [], [], []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.reader(file)
            header = [name.strip().lower() for name in next(rows, [])]
            missing = [name for name in _COLUMNS if name not in header]
            if missing:
                raise DatasetError(f"{path}: expected FER+'s fer2013new.csv; line 1 lacks {', '.join(missing[:3])}")
            places = [header.index(name) for name in _COLUMNS]
            for row in rows:
                where = f"{path}: line {rows.line_num}"
                if len(row) != len(header):
                    raise DatasetError(f"{where}: expected {len(header)} columns; got {len(row)}; copy the file again")
                usage, name, *counts = (row[place].strip() for place in places)
                splits.append(_split(usage, where))
                names.append(name)
                votes.append([_votes(count, where) for count in counts])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path}: expected FER+'s fer2013new.csv; it cannot be read: {error}") from error
    if not votes:
        raise DatasetError(f"{path}: expected a row of votes for each face; there is none")
    return VoteTable(np.array(splits), tuple(names), np.array(votes, np.int64))


def with_votes(faces: FaceSet, table: VoteTable, where: str) -> FaceSet:
    """The faces with FER+'s votes beside them.

    Faces whose file names are FER+'s own (fer0000012.png) are joined by name. Others are joined by the order of rows,
    as FER+ documents it; pictures in folders have lost that order. Raises LabelMismatch where a name is unknown,
    where the number of rows or the splits differ, or where votes and labels contradict each other so often that
    the rows cannot belong together.
    """
    stems = [PurePath(name).stem.lower() for name in faces.names]
    if any(stem.startswith("fer") and stem[3:].isdigit() for stem in stems):
        rows = _rows_by_name(stems, table, where)
    else:
        rows = np.arange(len(faces))
        if len(table.votes) != len(faces):
            raise LabelMismatch(
                f"{where}: expected one row of votes for each of {len(faces)} faces; got {len(table.votes)}"
            )
    differ = np.flatnonzero(
        np.array([official_split(name) is not None for name in faces.splits.tolist()])
        & (table.splits[rows] != faces.splits)
    )
    if len(differ):
        first = int(differ[0])
        raise LabelMismatch(
            f"{where}: face {first + 1} is in {faces.splits[first]}, but its row of votes says "
            f"{table.splits[rows][first]}; the two files do not belong together"
        )
    joined = dataclasses.replace(faces, votes=table.votes[rows])
    _check_agreement(joined, where)
    return joined


def _rows_by_name(stems: list[str], table: VoteTable, where: str) -> npt.NDArray[np.int64]:
    known = {PurePath(name).stem.lower(): row for row, name in enumerate(table.names) if name}
    unknown = [stem for stem in stems if stem not in known]
    if unknown:
        raise LabelMismatch(
            f"{where}: expected a row of votes for every face; {unknown[0]} and {len(unknown) - 1} others have none"
        )
    return np.array([known[stem] for stem in stems], np.int64)


def _check_agreement(faces: FaceSet, where: str) -> None:
    if faces.votes is None or faces.label_names != FER7:
        return
    columns = [[FERPLUS_TO_LABEL.get(name) for name in FERPLUS_COLUMNS].index(label) for label in FER7]
    counts = faces.votes[:, columns]
    voted = counts.sum(axis=1) > 0
    if voted.sum() < ENOUGH:
        return
    agreement = float((counts.argmax(axis=1) == faces.labels)[voted].mean())
    if agreement < LEAST_AGREEMENT:
        raise LabelMismatch(
            f"{where}: votes and labels agree on {agreement:.0%} of the faces; expected about 64%; "
            "the rows of the two files are not in the same order"
        )


def _split(usage: str, where: str) -> str:
    split = official_split(usage)
    if split is None:
        raise DatasetError(f"{where}: expected a Usage of Training, PublicTest or PrivateTest; got {usage[:20]!r}")
    return split


def _votes(text: str, where: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 100):
        raise DatasetError(f"{where}: expected a number of votes; got {text[:20]!r}")
    return int(text)
