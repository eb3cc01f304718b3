"""Reading anybody's predictions on FER2013: a CSV with labels, and predictions or probabilities."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emovere.datasets.emotions import emotion_position
from emovere.errors import DatasetError
from emovere.labels import FER7

LABEL = (
    "label",
    "labels",
    "true",
    "true_label",
    "truth",
    "ground_truth",
    "gt",
    "target",
    "actual",
    "y_true",
    "emotion",
)
PREDICTION = (
    "prediction",
    "predictions",
    "predicted",
    "predicted_label",
    "pred",
    "preds",
    "y_pred",
    "answer",
    "output",
)
NAMELESS = ("unnamed:_0", "")
INDEX = ("index", "idx", "id", "row", "image_id", *NAMELESS)
"""What a column may be called, in any case; the last two are the first column that pandas writes."""

_PREFIX = re.compile(r"^(?:probability|proba|prob|score|p)_?(?=.)")

SLACK = 0.02
"""How far a row of rounded probabilities may be from 1."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Answers about N faces; N is at least 1."""

    labels: npt.NDArray[np.int64]
    """(N,) int64, the truth as the file states it, position in FER7."""
    predicted: npt.NDArray[np.int64]
    """(N,) int64, position in FER7: the file's prediction, else its likeliest class."""
    probs: npt.NDArray[np.float64] | None
    """(N, 7) float64, rows sum to 1; None where the file has none."""
    index: npt.NDArray[np.int64] | None
    """(N,) int64, each face's number, none twice; None where the file has none."""


@dataclass(frozen=True)
class _Columns:
    label: int
    prediction: int | None
    index: int | None
    probs: tuple[int, ...]
    """Seven columns in FER7's order, or none."""
    width: int


def read_predictions(path: Path) -> Predictions:
    """Read a CSV with a line of headings; docs/auditing.md states what the columns may be called.

    Raises DatasetError, with the number of the line, for anything that is not understood; nothing is skipped.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            head = file.readline(1 << 16)
            delimiter = max(",;\t", key=head.count)
            columns = _columns(next(csv.reader([head], delimiter=delimiter), []), path)
            # the headings are line 1
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            return _rows(((reader.line_num + 1, row) for row in reader), columns, path)
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: expected a CSV in UTF-8; this is no text") from error
    except csv.Error as error:
        raise DatasetError(f"{path}: is no valid CSV: {error}") from error


def _columns(headings: Sequence[str], path: Path) -> _Columns:
    names = [re.sub(r"[\s\-]+", "_", heading.strip().lower()) for heading in headings]
    if not any(names):
        raise DatasetError(f"{path}: expected a line of headings such as label,prediction; the file begins with none")
    label, prediction = _one(names, LABEL, path), _one(names, PREDICTION, path)
    if label is None:
        raise DatasetError(f"{path}: no column of true labels; expected one called label; got {', '.join(headings)}")
    classes: dict[int, int] = {}
    for place, name in enumerate(names):
        word = _PREFIX.sub("", name)
        position = int(word) if word in map(str, range(len(FER7))) else emotion_position(word)
        if position is not None:
            if position in classes:
                raise DatasetError(f"{path}: two columns give the probability of {FER7[position]}; expected one")
            classes[position] = place
    if classes and len(classes) < len(FER7):
        missing = ", ".join(name for position, name in enumerate(FER7) if position not in classes)
        raise DatasetError(f"{path}: expected one column of probabilities for each class; missing: {missing}")
    if prediction is None and not classes:
        raise DatasetError(
            f"{path}: no predictions; expected a column called prediction, or one column of probabilities for each of "
            f"{', '.join(FER7)}; got {', '.join(headings)}"
        )
    probs = tuple(classes[position] for position in range(len(FER7))) if classes else ()
    return _Columns(label, prediction, _one(names, INDEX, path), probs, len(names))


def _one(names: Sequence[str], wanted: Iterable[str], path: Path) -> int | None:
    there = [name for name in wanted if name in names]
    # pandas' nameless column is of use only where no other numbers the faces
    there = [name for name in there if name not in NAMELESS] or there
    if len(there) > 1 or any(names.count(name) > 1 for name in there):
        raise DatasetError(f"{path}: several columns could be meant: {', '.join(there)}; keep one of them")
    return names.index(there[0]) if there else None


def _rows(rows: Iterable[tuple[int, list[str]]], columns: _Columns, path: Path) -> Predictions:
    labels, predicted, probs = [], [], []
    first_line: dict[int, int] = {}
    for line, row in rows:
        where = f"{path}: line {line}"
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != columns.width:
            raise DatasetError(f"{where}: expected {columns.width} cells as in the headings; got {len(row)}")
        labels.append(_position(row[columns.label], "label", where))
        if columns.probs:
            probs.append(_probabilities([row[place] for place in columns.probs], where))
        if columns.prediction is not None:
            predicted.append(_position(row[columns.prediction], "prediction", where))
        if columns.index is not None:
            number = _index(row[columns.index], where)
            if number in first_line:
                raise DatasetError(
                    f"{where}: face {number} stands on line {first_line[number]} already; expected each face once"
                )
            first_line[number] = line
    if not labels:
        raise DatasetError(f"{path}: expected a line for each face; there are only headings")
    table = np.array(probs) if columns.probs else None
    return Predictions(
        labels=np.array(labels, np.int64),
        predicted=np.array(predicted, np.int64) if table is None or predicted else table.argmax(axis=1),
        probs=table,
        index=np.array(list(first_line), np.int64) if columns.index is not None else None,
    )


def _position(cell: str, what: str, where: str) -> int:
    """A class by its name, or by its number in FER2013's order; 3.0 is 3."""
    word = cell.strip()
    named = emotion_position(word)
    if named is not None:
        return named
    number = re.fullmatch(r"(\d)(?:\.0*)?", word)
    if number and int(number[1]) < len(FER7):
        return int(number[1])
    raise DatasetError(f"{where}: {what}: expected 0 to 6 or one of {', '.join(FER7)}; got {word[:40]!r}")


def _index(cell: str, where: str) -> int:
    number = re.fullmatch(r"(\d{1,9})(?:\.0*)?", cell.strip())
    if not number:
        raise DatasetError(f"{where}: index: expected a whole number from 0 on; got {cell.strip()[:40]!r}")
    return int(number[1])


def _probabilities(cells: Sequence[str], where: str) -> list[float]:
    try:
        values = [float(cell) for cell in cells]
    except ValueError as error:
        raise DatasetError(f"{where}: expected seven probabilities; {error}") from error
    total = sum(values)
    # a nan fails both comparisons
    if not (min(values) >= 0 and abs(total - 1) <= SLACK):
        raise DatasetError(
            f"{where}: expected seven probabilities that sum to 1; got a sum of {total:.4g}, least {min(values):.4g}: "
            "apply softmax to logits, divide percents by 100"
        )
    return [value / total for value in values]
