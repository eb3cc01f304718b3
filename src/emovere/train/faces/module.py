"""The training step of a detector, in Lightning's terms."""

from __future__ import annotations

from typing import Any

import lightning
import torch
from torch import Tensor

from emovere.train.faces.candidates import faces_of
from emovere.train.faces.draws import Lesson
from emovere.train.faces.losses import Targets, detection_losses
from emovere.train.faces.measure import Truth, judge
from emovere.train.faces.network import FaceFinder, places
from emovere.train.faces.recipe import FacesRecipe
from emovere.train.schedule import share_of_peak
from emovere.types import Faces


class FacesModule(lightning.LightningModule):
    """Trains a FaceFinder on made pictures, and measures it on whole photographs after each epoch."""

    def __init__(self, recipe: FacesRecipe, truths: list[Truth]) -> None:
        """truths: of the photographs that the epoch is chosen by, in their order."""
        super().__init__()
        self.recipe = recipe
        self.network = FaceFinder(recipe.network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._truths = truths
        self._found: list[Faces] = []

    def training_step(self, lesson: Lesson, _: int) -> Tensor:
        """One step on a batch of pictures."""
        pictures, targets = lesson
        answers = self.network(pictures.float().contiguous(memory_format=torch.channels_last))
        weights = self.recipe.loss
        with torch.autocast(self.device.type, enabled=False):
            parts = detection_losses(
                answers, Targets(*targets), places(pictures.shape[2], pictures.shape[3], pictures.device), weights
            )
            loss = weights.score * parts.score + weights.box * parts.box + weights.landmarks * parts.landmarks
        values = {
            "train_loss": loss,
            "train_score": parts.score,
            "train_box": parts.box,
            "train_landmarks": parts.landmarks,
        }
        self.log_dict(values, on_step=False, on_epoch=True, batch_size=len(pictures))
        return loss

    def on_validation_epoch_start(self) -> None:
        """Forget what was found in the epoch before."""
        self._found = []

    def validation_step(self, picture: Tensor, _: int) -> None:
        """Look at one photograph."""
        self._found.append(faces_of(self.network(picture.float())))

    def on_validation_epoch_end(self) -> None:
        """Recall on the photographs that the epoch is chosen by."""
        judged = judge(self._found, self._truths)
        score = judged.score_with(2)
        errors = torch.from_numpy(judged.errors[judged.found >= score])
        self.log_dict(
            {
                "choosing_recall": judged.mean_recall,
                "choosing_recall_2": judged.recall(score),
                "choosing_landmarks": float(errors.nanmedian()) if len(errors) else float("nan"),
            }
        )

    def configure_optimizers(self) -> Any:
        """AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101); weight decay on weights only."""
        schedule = self.recipe.schedule
        optimizer = torch.optim.AdamW(
            [
                {
                    "params": [p for p in self.network.parameters() if p.ndim > 1],
                    "weight_decay": schedule.weight_decay,
                },
                {"params": [p for p in self.network.parameters() if p.ndim <= 1], "weight_decay": 0.0},
            ],
            lr=schedule.lr,
        )
        steps = self.recipe.steps * schedule.epochs
        cycle = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: share_of_peak(step, steps, schedule))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": cycle, "interval": "step"}}
