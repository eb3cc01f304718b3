"""Where a network errs on the photographs that it learns from, so that it looks there more often."""

from __future__ import annotations

from pathlib import Path

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback

from emovere.files import atomic_write
from emovere.geometry import iou_matrix
from emovere.train.faces.candidates import as_picture, look
from emovere.train.faces.draws import Draws, Places
from emovere.train.faces.marked import FACE

PHOTOGRAPHS = 2500
"""Photographs that are looked at, drawn anew each time."""

MOST_FALSE = 1500
"""The surest boxes that are on nothing marked."""

MOST_FAINT = 700
"""The faces that score least."""

SMALLEST = 12
"""Pixels; smaller faces are no errors that could be mended."""

KEPT = "hard.npz"


def errors(network: torch.nn.Module, draws: Draws, seed: int) -> Places:
    """The surest false boxes and the faintest faces on photographs of the training part."""
    false, faint = [], []
    for number in np.random.default_rng(seed).permutation(len(draws))[:PHOTOGRAPHS].tolist():
        image, marks = draws.known(number)
        found = look(network, as_picture(image))
        overlap = iou_matrix(found.boxes, marks.boxes)
        wrong = overlap.max(axis=1, initial=0) < 0.2
        false += [(float(found.scores[row]), number, found.boxes[row]) for row in np.flatnonzero(wrong)]
        for column in np.flatnonzero(marks.kinds == FACE):
            if (marks.boxes[column, 2:] - marks.boxes[column, :2]).min() >= SMALLEST:
                score = found.scores[overlap[:, column] >= 0.4].max(initial=0)
                faint.append((float(score), number, marks.boxes[column]))
    false.sort(key=lambda one: -one[0])
    faint.sort(key=lambda one: one[0])
    worst = false[:MOST_FALSE] + faint[:MOST_FAINT]
    boxes = np.array([box for _, _, box in worst], np.float32).reshape(-1, 4)
    return Places(np.array([number for _, number, _ in worst], np.int64), boxes)


class Mining(Callback):
    """Gathers the errors before every so many epochs, and keeps them beside the run for when it is resumed."""

    def __init__(self, draws: Draws, every: int, folder: Path) -> None:
        self._draws, self._every, self._path = draws, every, folder / KEPT

    def on_train_epoch_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Look where the network errs, or remember where it did."""
        if not self._every or trainer.current_epoch < self._every:
            return
        if trainer.current_epoch % self._every == 0:
            network = module.network
            assert isinstance(network, torch.nn.Module)
            network.eval()
            hard = errors(network, self._draws, trainer.current_epoch)
            network.train()
            with atomic_write(self._path, "wb") as file:
                np.savez(file, scenes=hard.scenes, boxes=hard.boxes)
            self._draws.hard = hard
        elif not len(self._draws.hard.scenes) and self._path.is_file():
            with np.load(self._path) as kept:
                self._draws.hard = Places(kept["scenes"], kept["boxes"])
