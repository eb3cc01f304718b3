"""Exports that other people's programs read: folders of pictures, Kaggle's csv, Hugging Face's parquet."""

from __future__ import annotations

import csv
import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from emovere.datasets.emotions import official_split
from emovere.datasets.folder import write_parquet
from emovere.datasets.pictures import encode_face
from emovere.datasets.rows import FaceRows
from emovere.datasets.stats.summary import ordered_splits
from emovere.errors import DatasetError, LabelMismatch
from emovere.files import atomic_write
from emovere.labels import FER7, FERPLUS_COLUMNS

UNDECIDED = "undecided"
"""What the faces without a split are called where a split must have a name."""

VOTES = "fer2013new.csv"

_FER_NAME = re.compile(r"fer\d+\.png")


@dataclass(frozen=True)
class Written:
    """What the card says of the files."""

    layout: str
    """Markdown."""
    files: dict[str, str] = field(default_factory=dict)
    """For Hugging Face, the pattern of each split's files."""


def write_folders(rows: FaceRows, folder: Path) -> Written:
    """``<split>/<label>/<picture>.png``; ``<label>/`` alone where no face has a split.

    Where votes are known they stand in fer2013new.csv, and the pictures are named as FER+ names them. Raises
    DatasetError for a label or a split that cannot be a folder's name.
    """
    faces = rows.faces
    names = list(faces.label_names)
    whole = not any(faces.splits.tolist())
    votes = _votes_can_go(rows)
    pictures = _picture_names(rows, votes=votes)
    for row, name in enumerate(pictures):
        split = str(faces.splits[row]) or UNDECIDED
        label = names[int(faces.labels[row])]
        place = folder / _folder_name(label) if whole else folder / _folder_name(split) / _folder_name(label)
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(encode_face(faces.images[row]))
    if votes:
        _write_votes(rows, pictures, folder / VOTES)
    shape = f"`<label>/`, labels {', '.join(names)}" if whole else "`<split>/<label>/`"
    told = f" Votes stand in `{VOTES}`, by the pictures' names." if votes else ""
    return Written(f"Grey pictures of 48 x 48 pixels in {shape}.{told}")


def write_csv(rows: FaceRows, folder: Path) -> Written:
    """``fer2013.csv`` as Kaggle has it: emotion, pixels, Usage; and the votes as FER+ has them, row for row.

    Raises LabelMismatch for labels beyond FER2013's seven, and DatasetError for splits beyond its three: the form knows
    no others.
    """
    faces = rows.faces
    beyond = [name for name in faces.label_names if name not in FER7]
    if beyond:
        raise LabelMismatch(
            f"Kaggle's csv knows {', '.join(FER7)}; this set has {beyond[0]!r} too: use parquet or folders"
        )
    other = sorted({split for split in faces.splits.tolist() if official_split(split) != split})
    if other:
        raise DatasetError(
            "Kaggle's csv knows Training, PublicTest and PrivateTest; this set has "
            f"{other[0] or 'faces without a split'!r}: emovere data split, with --rename where only the name differs"
        )
    numbers = [FER7.index(name) for name in faces.label_names]
    with atomic_write(folder / "fer2013.csv") as file:
        file.write("emotion,pixels,Usage\n")
        for image, label, split in zip(faces.images, faces.labels, faces.splits, strict=True):
            file.write(f"{numbers[label]},{' '.join(map(str, image.ravel().tolist()))},{split}\n")
    told = "`fer2013.csv` in Kaggle's form: emotion (0 to 6 in the order of the table below), pixels, Usage."
    if faces.votes is not None:
        _write_votes(rows, _picture_names(rows, votes=True), folder / VOTES)
        told += f" `{VOTES}` holds the votes in FER+'s form, in the same order."
    return Written(told)


def write_hugging_face(rows: FaceRows, folder: Path) -> Written:
    """``data/<split>-00000-of-00001.parquet``, as the Hugging Face hub keeps sets of pictures.

    Columns: image, label (ClassLabel), usage, votes, key, and what is known of each face. Files on this computer are
    not named. Raises MissingExtra without pyarrow.
    """
    away = {name: texts for name, texts in rows.about.items() if name not in ("picture", "colour")}
    named = [split or UNDECIDED for split in rows.faces.splits.tolist()]
    rows = FaceRows(_with_splits(rows, named).faces, rows.keys, away)
    files: dict[str, str] = {}
    for split in ordered_splits(named):
        word = re.sub(r"\W+", "_", split)
        if word in files:
            raise DatasetError(
                f"two splits are called {word!r} for Hugging Face; rename one: emovere data split --rename"
            )
        write_parquet(rows[np.array(named) == split], folder / "data" / f"{word}-00000-of-00001.parquet")
        files[word] = f"data/{word}-*.parquet"
    return Written(
        "Parquet files in `data/`, one for each split; `datasets.load_dataset` reads the folder. `image` is a grey PNG "
        "of 48 x 48 pixels, `key` the SHA-256 of its pixels, `label` a number in the order of the table below.",
        files,
    )


def _with_splits(rows: FaceRows, splits: Sequence[str]) -> FaceRows:
    return rows.with_faces(dataclasses.replace(rows.faces, splits=np.array(splits, np.str_)))


def _votes_can_go(rows: FaceRows) -> bool:
    """FER+'s file knows the three official splits alone."""
    splits = set(rows.faces.splits.tolist())
    return rows.faces.votes is not None and all(official_split(split) == split for split in splits)


def _picture_names(rows: FaceRows, *, votes: bool) -> list[str]:
    """A different name for each picture; where votes are joined by names, they begin with fer."""
    names = rows.faces.names
    if names and len(set(names)) == len(names) and all(_FER_NAME.fullmatch(name) for name in names):
        return list(names)
    if votes:
        return [f"fer{row:07d}.png" for row in range(len(rows))]
    splits = [split if official_split(split) == split else "" for split in rows.faces.splits.tolist()]
    return [f"{split}_{row:07d}.png" if split else f"{row:07d}.png" for row, split in enumerate(splits)]


def _write_votes(rows: FaceRows, names: Sequence[str], path: Path) -> None:
    assert rows.faces.votes is not None, "asked for only where there are votes"
    with atomic_write(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["Usage", "Image name", *FERPLUS_COLUMNS])
        for split, name, votes in zip(rows.faces.splits.tolist(), names, rows.faces.votes.tolist(), strict=True):
            writer.writerow([split, name, *votes])


def _folder_name(word: str) -> str:
    if word.startswith((".", "__")) or set(word) & set("/\\:\0") or not word.isprintable():
        raise DatasetError(f"{word!r} cannot be a folder's name; use parquet, or rename it")
    return word
