"""The training step, in Lightning's terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lightning
import torch
from torch import Tensor
from torch.nn import functional

from emovere.labels import FER7
from emovere.train.augment import Augment, mirrored, roughened, shifted
from emovere.train.data import Batch
from emovere.train.imbalance import HardLoss
from emovere.train.networks import FaceNetwork
from emovere.train.optimizers import make_optimizer
from emovere.train.recipe import Recipe, labels_by_head
from emovere.train.schedule import share_of_peak
from emovere.train.teacher import TaughtFaces, imitation


class ExpressionModule(lightning.LightningModule):
    """Trains a FaceNetwork on labels and votes together, and measures it on PublicTest after each epoch."""

    def __init__(self, recipe: Recipe, steps: int, counts: Sequence[int]) -> None:
        """steps: of the whole run. counts: faces of each class that is trained on."""
        super().__init__()
        self.recipe = recipe
        self.steps = steps
        heads = {name: len(labels) for name, labels in labels_by_head(recipe).items()}
        network = FaceNetwork(recipe.network, heads)
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.augment = Augment(recipe.augment)
        self.hard_loss = HardLoss(recipe.imbalance, recipe.loss.smoothing, counts)

    def on_train_epoch_start(self) -> None:
        """Let taught faces be varied, and the teacher be asked."""
        batches = self.trainer.train_dataloader
        if batches is not None and isinstance(batches.dataset, TaughtFaces):
            batches.dataset.begin(self.current_epoch)

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Draw the same variations in a step, whether the run was interrupted before it or not."""
        torch.manual_seed((self.recipe.seed * 1_000_003 + self.global_step) * 101 + self.global_rank)

    def loss(self, faces: Tensor, labels: Tensor, votes: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted cross-entropy of the heads, and their logits."""
        weights = self.recipe.loss
        logits = dict(zip(self.network.heads, self.network(faces), strict=True))
        total = torch.zeros((), device=faces.device)
        if "fer7" in logits:
            hard = self.hard_loss(logits["fer7"], labels)
            total = total + weights.fer7 * hard
        if "ferplus8" in logits:
            voted = votes.sum(dim=1)
            likely = functional.log_softmax(logits["ferplus8"].float(), dim=1)
            total = total + weights.ferplus8 * -(votes * likely).sum() / voted.sum().clamp(min=1)
        return total, logits

    def training_step(self, batch: Batch, _: int) -> Tensor:
        """One step on varied faces; taught ones come varied, and are only mirrored, shifted and roughened here."""
        faces, labels, votes, answers = batch
        taught = answers.shape[1] > 0
        with torch.autocast(self.device.type, enabled=False):
            faces = self._moved(faces.float()) if taught else self.augment(faces.float())
            faces = roughened(faces, self.recipe.augment.noise, self.recipe.augment.blur)
        loss, logits = self.loss(faces, labels, votes)
        if taught:
            weights = self.recipe.loss
            loss = loss + weights.distill * imitation((logits["fer7"], logits["ferplus8"]), answers, weights.softness)
        values = {"train_loss": loss, "train_accuracy": self._correct(logits, labels)}
        self.log_dict(values, on_step=False, on_epoch=True, sync_dist=True)
        return loss

    def _moved(self, faces: Tensor) -> Tensor:
        return shifted(mirrored(faces, self.recipe.augment.flip), self.recipe.loss.jitter)

    def _correct(self, logits: dict[str, Tensor], labels: Tensor) -> Tensor:
        """The share of labels that are told; ferplus8's first seven columns stand where there is no other head."""
        told = logits["fer7"] if "fer7" in logits else logits["ferplus8"][:, : len(FER7)]
        return (told.argmax(dim=1) == labels).float().mean()

    def validation_step(self, batch: Batch, _: int) -> None:
        """Accuracy of the heads on faces as they are; ferplus8's against the likeliest vote."""
        faces, labels, votes, _answers = batch
        loss, logits = self.loss(faces.float(), labels, votes)
        if "fer7" in logits:
            logits["fer7"] = self.hard_loss.after(logits["fer7"])
        values = {"public_loss": loss, "public_accuracy": self._correct(logits, labels)}
        if "ferplus8" in logits:
            voted = votes.sum(dim=1) > 0
            agreed = (logits["ferplus8"].argmax(dim=1) == votes.argmax(dim=1))[voted].float().mean()
            values["public_votes_accuracy"] = agreed.nan_to_num()
        self.log_dict(values, batch_size=len(labels), sync_dist=True)

    def configure_optimizers(self) -> Any:
        """What the recipe names, on a learning rate that changes from step to step."""
        schedule = self.recipe.schedule
        optimizer = make_optimizer(self.network, schedule)
        cycle = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: share_of_peak(step, self.steps, schedule))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": cycle, "interval": "step"}}
