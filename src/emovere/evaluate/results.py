"""What runs came to, by their own files: run.json, metrics.csv, and what ``emovere evaluate --output`` left in them."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emovere.config import read_toml
from emovere.errors import ConfigError, DatasetError
from emovere.train.recipe import Recipe, changes, recipes


@dataclass(frozen=True)
class Measured:
    """The figures of one evaluation.json; shares, None where not defined or not known."""

    labels: tuple[str, ...]
    faces: int
    correct: int
    accuracy: float | None
    interval: tuple[float | None, float | None]
    without_copies: float | None
    without_copies_interval: tuple[float | None, float | None]
    macro_f1: float | None
    top3: float | None
    ece: float | None


@dataclass(frozen=True)
class RunResult:
    """One run."""

    folder: Path
    recipe: str
    changes: tuple[str, ...]
    """What it set otherwise than the package's recipe of that name, as ``section.key=value``."""
    seed: int
    parameters: int
    epochs: int
    minutes: float | None
    """Of all its epochs; None where metrics.csv does not say."""
    teacher: str
    """The network it learnt from; empty without one."""
    measured: Mapping[tuple[str, str], Measured]
    """(official split, label set) -> figures; figures on any other faces are left out."""

    def on(self, split: str, label_set: str = "fer7") -> Measured | None:
        """Its figures there; None where it was not measured."""
        return self.measured.get((split, label_set))


def read_run(folder: Path) -> RunResult:
    """Read a run's folder, and the evaluations in it and in the folders inside.

    Raises DatasetError where run.json is missing or a file is damaged, ConfigError where the evaluations are of
    different networks or recipe.toml is damaged.
    """
    file = folder / "run.json"
    if not file.is_file():
        raise DatasetError(f"{folder}: holds no run.json; expected the folder of a finished `emovere train`")
    run = _read(file)
    try:
        return RunResult(
            folder=folder,
            recipe=str(run["recipe"]),
            changes=_changes(folder, str(run["recipe"])),
            seed=int(run["seed"]),
            parameters=int(run["parameters"]),
            epochs=int(run["epochs"]),
            minutes=_minutes(folder / "metrics.csv"),
            teacher=str((run.get("teacher") or {}).get("name", "")),
            measured=_evaluations(folder),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DatasetError(f"{file}: a field is missing or of the wrong kind: {error}") from error


def _changes(folder: Path, name: str) -> tuple[str, ...]:
    file = folder / "recipe.toml"
    return changes(read_toml(Recipe, file)) if name in recipes() and file.is_file() else ()


def _evaluations(folder: Path) -> dict[tuple[str, str], Measured]:
    found: dict[tuple[str, str], Measured] = {}
    networks: dict[str, Path] = {}
    for file in sorted([*folder.glob("evaluation.json"), *folder.glob("*/evaluation.json")]):
        data = _read(file)
        try:
            networks.setdefault(str(data["model"]["sha256"]), file)
            if data["official_split"]:
                found[data["official_split"], data["label_set"]] = _measured(data)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DatasetError(f"{file}: a field is missing or of the wrong kind: {error}") from error
    if len(networks) > 1:
        one, other, *_ = networks.values()
        raise ConfigError(
            f"{folder}: {one.relative_to(folder)} and {other.relative_to(folder)} are of different networks; measure "
            "the same one again"
        )
    return found


def _measured(data: Mapping[str, Any]) -> Measured:
    official, without = data["official"], data["without_leaked"] or {}
    low, high = official["accuracy_interval_95"]
    under, over = without.get("accuracy_interval_95", (None, None))
    return Measured(
        labels=tuple(data["labels"]),
        faces=int(official["faces"]),
        correct=int(official["correct"]),
        accuracy=official["accuracy"],
        interval=(low, high),
        without_copies=without.get("accuracy"),
        without_copies_interval=(under, over),
        macro_f1=official["macro_f1"],
        top3=official["top3_accuracy"],
        ece=official["ece"],
    )


def _minutes(path: Path) -> float | None:
    """All epochs' seconds together; sessions that were interrupted are in, epochs that were lost with them are not."""
    if not path.is_file():
        return None
    try:
        with path.open(newline="", encoding="utf-8") as file:
            seconds = [float(row["seconds"]) for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"{path}: expected a metrics.csv with seconds of each epoch; {error}") from error
    return sum(seconds) / 60


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise DatasetError(f"{path}: cannot be read: {error}") from error
