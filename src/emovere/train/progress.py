"""What a run says and keeps while it goes: a line an epoch, a table of metrics, curves."""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback

from emovere.files import atomic_write

COLUMNS = (
    "epoch",
    "seconds",
    "learning_rate",
    "train_loss",
    "train_accuracy",
    "public_loss",
    "public_accuracy",
    "public_votes_accuracy",
)


class History(Callback):
    """Keeps ``metrics.csv`` beside the run, one row an epoch, and tells each on stderr with the time left."""

    columns: tuple[str, ...] = COLUMNS
    digits = 6
    """Of the learning rate."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "metrics.csv"
        self.rows = read_metrics(self.path) if self.path.is_file() else []
        self.started = time.monotonic()

    def on_train_epoch_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Start the clock, and drop rows that a resumed run writes anew."""
        self.started = time.monotonic()
        self.rows = [row for row in self.rows if row["epoch"] < trainer.current_epoch + 1]

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Write the row and say it."""
        measured = {name: float(value) for name, value in trainer.callback_metrics.items()}
        row: dict[str, float] = {
            "epoch": trainer.current_epoch + 1,
            "seconds": round(time.monotonic() - self.started, 1),
            "learning_rate": round(trainer.optimizers[0].param_groups[0]["lr"], self.digits),
        }
        row.update({name: round(measured[name], 5) for name in self.columns[3:] if name in measured})
        self.rows.append(row)
        if not trainer.is_global_zero:
            return
        with atomic_write(self.path) as file:
            writer = csv.DictWriter(file, self.columns)
            writer.writeheader()
            writer.writerows(self.rows)
        epochs = trainer.max_epochs or 0
        left = (epochs - row["epoch"]) * sum(r["seconds"] for r in self.rows[-5:]) / len(self.rows[-5:])
        print(self.line(row, epochs, left), file=sys.stderr, flush=True)

    def line(self, row: dict[str, float], epochs: int, left_s: float) -> str:
        """What is told of an epoch."""
        votes = f"votes {row['public_votes_accuracy']:.1%}  " if "public_votes_accuracy" in row else ""
        return (
            f"epoch {row['epoch']:.0f}/{epochs}  loss {row['train_loss']:.3f}  "
            f"train {row['train_accuracy']:.1%}  PublicTest {row['public_accuracy']:.1%}  "
            f"{votes}{row['seconds']:.0f} s  {duration(left_s)} left"
        )


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The rows of a ``metrics.csv``, numbers as floats."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            {name: int(value) if name == "epoch" else float(value) for name, value in row.items() if value}
            for row in csv.DictReader(file)
        ]


def duration(seconds: float) -> str:
    """``2 h 05 min`` or ``7 min 30 s``."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {seconds:02d} s"
