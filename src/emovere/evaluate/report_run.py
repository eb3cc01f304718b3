"""The curves of the run that a network came from, where its files are there."""

from __future__ import annotations

from pathlib import Path

from emovere.errors import DatasetError
from emovere.evaluate.comparison_runs import read_curve

COLUMNS = ("train_loss", "train_accuracy", "public_loss", "public_accuracy", "public_votes_accuracy")
"""Columns of metrics.csv that a report draws."""


def curves_of(model: str, run: Path | None = None) -> list[dict[str, float]]:
    """The rows of a run's metrics.csv: that of the folder named, else of the one in which an ONNX file lies.

    Empty where no folder is named and none is found. Raises DatasetError for a folder without it, or a damaged one.
    """
    if run is not None:
        file = run / "metrics.csv"
        if not file.is_file():
            raise DatasetError(f"{run}: holds no metrics.csv; expected the folder that `emovere train` wrote")
        return read_curve(file, COLUMNS)
    beside = Path(model).parent / "metrics.csv"
    return read_curve(beside, COLUMNS) if Path(model).suffix == ".onnx" and beside.is_file() else []
