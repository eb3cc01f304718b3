"""The training step, in Lightning's terms."""

from __future__ import annotations

from typing import Any

import lightning
import torch
from torch import Tensor
from torch.nn import functional

from emovere.train.augment import Augment, mirrored, roughened, shifted
from emovere.train.data import Batch
from emovere.train.networks import FaceNetwork
from emovere.train.recipe import Recipe
from emovere.train.schedule import share_of_peak
from emovere.train.teacher import TaughtFaces, imitation


class ExpressionModule(lightning.LightningModule):
    """Trains a FaceNetwork on labels and votes together, and measures it on PublicTest after each epoch."""

    def __init__(self, recipe: Recipe, steps: int) -> None:
        super().__init__()
        self.recipe = recipe
        self.steps = steps
        self.network = FaceNetwork(recipe.network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.augment = Augment(recipe.augment)

    def on_train_epoch_start(self) -> None:
        """Let taught faces be varied, and the teacher be asked."""
        batches = self.trainer.train_dataloader
        if batches is not None and isinstance(batches.dataset, TaughtFaces):
            batches.dataset.begin(self.current_epoch)

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Draw the same variations in a step, whether the run was interrupted before it or not."""
        torch.manual_seed((self.recipe.seed * 1_000_003 + self.global_step) * 101 + self.global_rank)

    def loss(self, faces: Tensor, labels: Tensor, votes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The weighted cross-entropy of both heads, and their logits."""
        weights = self.recipe.loss
        fer7, ferplus8 = self.network(faces)
        hard = functional.cross_entropy(fer7, labels, label_smoothing=weights.smoothing)
        voted = votes.sum(dim=1)
        soft = -(votes * functional.log_softmax(ferplus8.float(), dim=1)).sum() / voted.sum().clamp(min=1)
        return weights.fer7 * hard + weights.ferplus8 * soft, fer7, ferplus8

    def training_step(self, batch: Batch, _: int) -> Tensor:
        """One step on varied faces; taught ones come varied, and are only mirrored, shifted and roughened here."""
        faces, labels, votes, answers = batch
        taught = answers.shape[1] > 0
        with torch.autocast(self.device.type, enabled=False):
            faces = self._moved(faces.float()) if taught else self.augment(faces.float())
            faces = roughened(faces, self.recipe.augment.noise, self.recipe.augment.blur)
        loss, fer7, ferplus8 = self.loss(faces, labels, votes)
        if taught:
            weights = self.recipe.loss
            loss = loss + weights.distill * imitation((fer7, ferplus8), answers, weights.softness)
        correct = (fer7.argmax(dim=1) == labels).float().mean()
        self.log_dict({"train_loss": loss, "train_accuracy": correct}, on_step=False, on_epoch=True)
        return loss

    def _moved(self, faces: Tensor) -> Tensor:
        return shifted(mirrored(faces, self.recipe.augment.flip), self.recipe.loss.jitter)

    def validation_step(self, batch: Batch, _: int) -> None:
        """Accuracy of both heads on faces as they are; ferplus8's against the likeliest vote."""
        faces, labels, votes, _answers = batch
        loss, fer7, ferplus8 = self.loss(faces.float(), labels, votes)
        voted = votes.sum(dim=1) > 0
        agreed = (ferplus8.argmax(dim=1) == votes.argmax(dim=1))[voted].float().mean()
        correct = (fer7.argmax(dim=1) == labels).float().mean()
        values = {"public_loss": loss, "public_accuracy": correct, "public_votes_accuracy": agreed.nan_to_num()}
        self.log_dict(values, batch_size=len(labels))

    def configure_optimizers(self) -> Any:
        """SGD; weight decay on weights only, not on biases and normalisation (He et al. 2019, arXiv 1812.01187)."""
        schedule = self.recipe.schedule
        decayed = [p for p in self.network.parameters() if p.ndim > 1]
        plain = [p for p in self.network.parameters() if p.ndim <= 1]
        optimizer = torch.optim.SGD(
            [
                {"params": decayed, "weight_decay": schedule.weight_decay},
                {"params": plain, "weight_decay": 0.0},
            ],
            lr=schedule.lr,
            momentum=schedule.momentum,
            nesterov=True,
        )
        cycle = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: share_of_peak(step, self.steps, schedule))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": cycle, "interval": "step"}}
