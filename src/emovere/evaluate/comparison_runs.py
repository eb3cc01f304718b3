"""What a person names to be compared: a run's folder, an ONNX file, or a network's name."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emovere import registry, weights
from emovere.classify.classifier import METADATA, Classifier, load_model, locate_model
from emovere.config import EngineOptions
from emovere.errors import ConfigError, DatasetError, LabelMismatch, ModelError, UnknownModel

CURVES = ("public_accuracy", "public_loss")
"""Columns of metrics.csv that curves are drawn of."""


@dataclass(frozen=True)
class Run:
    """One network to compare."""

    name: str
    """What it is called in the table."""
    path: Path
    """Its ONNX file."""
    metrics: Path | None
    """The metrics.csv of its training; None where there is none."""


def find_runs(wanted: Sequence[str]) -> tuple[Run, ...]:
    """The networks that are named, in their order.

    A run's folder holds the file that ``emovere export`` wrote; a folder that is called like a network we ship is
    named as ``./light``. Where two would be called the same, they keep the words they were named by. Raises
    UnknownModel, WeightsError, or ConfigError where one is named twice.
    """
    runs = [_find(text) for text in wanted]
    short = [run.name for run in runs]
    named = [run if short.count(run.name) == 1 else _renamed(run, text) for run, text in zip(runs, wanted, strict=True)]
    names = [run.name for run in named]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"compare: {name} is named twice; expected different networks")
    return tuple(named)


def load_runs(runs: Sequence[Run], label_set: str) -> dict[str, Classifier]:
    """Each run's network, asked for one label set.

    Raises ModelError, ConfigError for a wrong description beside a file, LabelMismatch for a network with others.
    """
    networks = {}
    for run in runs:
        try:
            networks[run.name] = load_model(run.path, labels=label_set)
        except (ModelError, ConfigError) as error:
            # the file, or the description beside it
            if str(run.path.with_suffix("")) in str(error):
                raise
            if isinstance(error, ModelError):
                raise type(error)(f"{run.path}: {error}") from error
            raise LabelMismatch(
                f"{run.name} cannot be compared on {label_set}: {error}; leave it out, or name another set by --labels"
            ) from error
    return networks


def parameters_of(path: Path) -> int | None:
    """Number of weights that an ONNX file states in its metadata; None where it states none. Raises EngineError."""
    engine = EngineOptions(threads=1)
    try:
        stated = json.loads(registry.factory("engines", engine.name)(path, engine).metadata[METADATA])
        return int(stated["parameters"])
    except (KeyError, TypeError, ValueError):
        return None


def read_curve(path: Path, columns: Sequence[str] = CURVES) -> list[dict[str, float]]:
    """The rows of a ``metrics.csv``: epoch, and what there is of the columns. Raises DatasetError with the line."""
    rows = []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if "epoch" not in (reader.fieldnames or ()):
                raise DatasetError(f"{path}: expected a metrics.csv with the column epoch; got {reader.fieldnames}")
            for row in reader:
                try:
                    rows.append({key: float(row[key]) for key in ("epoch", *columns) if row.get(key)})
                except ValueError as error:
                    raise DatasetError(f"{path}: line {reader.line_num}: expected numbers; {error}") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path}: cannot be read: {error}") from error
    return [row for row in rows if "epoch" in row]


def _find(text: str) -> Run:
    path = Path(text)
    if text in weights.manifest() or not path.is_dir():
        file = locate_model(text)
        beside = file.parent / "metrics.csv" if path.suffix == ".onnx" else None
        return Run(path.stem if path.suffix == ".onnx" else text, file, beside if beside and beside.is_file() else None)
    files = sorted(path.glob("*.onnx"))
    own = path / f"{path.resolve().name}.onnx"
    if len(files) > 1 and own not in files:
        found = ", ".join(file.name for file in files)
        raise UnknownModel(f"{path}: expected one ONNX file in a run's folder; got {found}: name the file itself")
    if not files:
        raise UnknownModel(f"{path}: holds no exported network; first: emovere export {path} --data FER2013")
    metrics = path / "metrics.csv"
    return Run(path.resolve().name, own if own in files else files[0], metrics if metrics.is_file() else None)


def _renamed(run: Run, text: str) -> Run:
    return Run(text.rstrip("/"), run.path, run.metrics)
