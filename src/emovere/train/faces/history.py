"""What a detector's run says and keeps while it goes: a line an epoch, a table, a picture of both."""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path

import lightning
from lightning.pytorch.callbacks import Callback

from emovere.files import atomic_write
from emovere.train.progress import read_metrics

COLUMNS = (
    "epoch",
    "seconds",
    "learning_rate",
    "train_loss",
    "train_score",
    "train_box",
    "train_landmarks",
    "choosing_recall",
    "choosing_recall_2",
    "choosing_landmarks",
)


class FacesHistory(Callback):
    """Keeps ``metrics.csv`` beside the run, one row an epoch, and tells each on stderr with the time left."""

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
            "learning_rate": round(trainer.optimizers[0].param_groups[0]["lr"], 7),
        }
        row.update({name: round(measured[name], 5) for name in COLUMNS[3:] if name in measured})
        self.rows.append(row)
        with atomic_write(self.path) as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(self.rows)
        epochs = trainer.max_epochs or 0
        left = (epochs - row["epoch"]) * sum(r["seconds"] for r in self.rows[-5:]) / len(self.rows[-5:])
        print(
            f"epoch {row['epoch']:.0f}/{epochs}  loss {row['train_loss']:.3f}  recall with 2 false "
            f"{row['choosing_recall_2']:.1%}, with 1 to 16 {row['choosing_recall']:.1%}  landmarks off by "
            f"{row['choosing_landmarks']:.1%}  {row['seconds']:.0f} s  {left / 60:.0f} min left",
            file=sys.stderr,
            flush=True,
        )


def draw_faces_run(folder: Path) -> None:
    """Write curves.png beside a run's metrics.csv."""
    from matplotlib.figure import Figure

    rows = read_metrics(folder / "metrics.csv")
    epochs = [row["epoch"] for row in rows]
    figure = Figure(figsize=(10, 4), layout="constrained")
    losses, recalls = figure.subplots(1, 2)
    for name, label in (("train_score", "scores"), ("train_box", "boxes"), ("train_landmarks", "landmarks")):
        losses.plot(epochs, [row.get(name, float("nan")) for row in rows], label=label)
    losses.set(xlabel="epoch", ylabel="loss", title="pictures made for training")
    for name, label in (("choosing_recall_2", "with 2 false"), ("choosing_recall", "mean of 1 to 16 false")):
        recalls.plot(epochs, [row.get(name, float("nan")) for row in rows], label=label)
    recalls.set(xlabel="epoch", ylabel="recall", title="photographs kept for choosing")
    for axes in (losses, recalls):
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
    with atomic_write(folder / "curves.png", "wb") as file:
        figure.savefig(file, format="png", dpi=120)
