"""What a detector's run says and keeps while it goes: a line an epoch, a table, a picture of both."""

from __future__ import annotations

from pathlib import Path

from emovere.files import atomic_write
from emovere.train.progress import History, read_metrics

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


class FacesHistory(History):
    """The same table and lines with a detector's figures."""

    columns: tuple[str, ...] = COLUMNS
    digits = 7

    def line(self, row: dict[str, float], epochs: int, left_s: float) -> str:
        """What is told of an epoch."""
        return (
            f"epoch {row['epoch']:.0f}/{epochs}  loss {row['train_loss']:.3f}  recall with 2 false "
            f"{row['choosing_recall_2']:.1%}, with 1 to 16 {row['choosing_recall']:.1%}  landmarks off by "
            f"{row['choosing_landmarks']:.1%}  {row['seconds']:.0f} s  {left_s / 60:.0f} min left"
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
