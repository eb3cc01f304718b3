"""Learning the new classes: the head on a frozen trunk, then everything at a small rate."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from emovere.datasets.faceset import FaceSet
from emovere.train.augment import Augment, roughened
from emovere.train.networks import FaceNetwork
from emovere.train.own.kept import LAST, load_state, save_state
from emovere.train.own.parts import CHOOSING, TRAINING
from emovere.train.own.recipe import OwnRecipe
from emovere.train.precision import half_precision
from emovere.train.recipe import ScheduleRecipe
from emovere.train.schedule import share_of_peak

FROZEN, RELEASED = "frozen", "released"

_RISE = ScheduleRecipe(warmup=0.1)

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class _Part:
    faces: Tensor
    labels: Tensor


class Tuning:
    """One run of learning. Its state is kept after every epoch, so that a killed run goes on as if it never stopped."""

    def __init__(self, network: FaceNetwork, faces: FaceSet, recipe: OwnRecipe, folder: Path | None = None) -> None:
        """faces: with their parts as splits. folder: where the state is kept, or nowhere."""
        self.network, self.recipe, self.folder = network, recipe, folder
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.half = half_precision(recipe.train.precision)
        self.augment = Augment(recipe.augment)
        self.training, self.choosing = self._part(faces, TRAINING), self._part(faces, CHOOSING)
        counts = torch.bincount(self.training.labels, minlength=len(faces.label_names))
        self.weights = len(self.training.labels) / (len(counts) * counts.float())
        self.rows: list[Row] = []
        self.best: dict[str, Tensor] = {}
        self.best_loss = float("inf")
        self.stale = 0

    def _part(self, faces: FaceSet, name: str) -> _Part:
        part = faces.split(name)
        images = torch.from_numpy(np.ascontiguousarray(part.images))[:, None].float()
        return _Part(images.to(self.device), torch.from_numpy(part.labels).to(self.device))

    def run(self, told: Callable[[Row], None], *, resume: bool = False) -> dict[str, Tensor]:
        """Learn, and return the weights with the smallest loss on the choosing part; also those begun with count.

        told: called with each epoch's row. Raises ConfigError for a damaged state, OutputError.
        """
        state = load_state(self.folder / LAST) if resume and self.folder is not None else None
        if state is None:
            self._judge({"epoch": 0, "stage": "start"}, told)
        else:
            self.rows, self.best, self.best_loss = state["rows"], state["best"], state["best_loss"]
        tune = self.recipe.tune
        for stage, epochs, lr in (
            (FROZEN, tune.frozen_epochs, tune.frozen_lr),
            (RELEASED, tune.released_epochs, tune.released_lr),
        ):
            if state is not None and stage == FROZEN and state["stage"] == RELEASED:
                continue
            here = state if state is not None and state["stage"] == stage else None
            self._stage(stage, epochs, lr, told, here)
            state = None
        return self.best

    def _stage(self, stage: str, epochs: int, lr: float, told: Callable[[Row], None], state: Any) -> None:
        """One stage from its beginning, from the best weights so far, or from where it was left."""
        self.network.load_state_dict(self.best if state is None else state["network"])
        learning = [p for name, p in self.network.named_parameters() if stage == RELEASED or not _of_trunk(name)]
        optimizer = torch.optim.AdamW(learning, lr=lr, weight_decay=self.recipe.tune.weight_decay)
        done = 0
        self.stale = 0
        if state is not None:
            optimizer.load_state_dict(state["optimizer"])
            done, self.stale = state["done"], state["stale"]
        steps = -(-len(self.training.labels) // self.recipe.tune.batch)
        for epoch in range(done, epochs):
            if self.stale >= self.recipe.tune.patience:
                break
            started = time.monotonic()
            loss = self._epoch(stage, epoch, steps, epochs, optimizer, lr)
            row = {"epoch": len(self.rows), "stage": stage, "train_loss": round(loss, 5)}
            row["learning_rate"] = round(optimizer.param_groups[0]["lr"], 7)
            self._judge(row, told, started)
            self._keep(stage, epoch + 1, optimizer)

    def _epoch(
        self, stage: str, epoch: int, steps: int, epochs: int, optimizer: torch.optim.Optimizer, lr: float
    ) -> float:
        """Once over the training part, in an order and with variations that seed, stage and epoch alone draw."""
        torch.manual_seed(self.recipe.seed * 1_000_003 + epoch * 2 + (stage == RELEASED))
        self.network.train()
        if self.recipe.tune.keep_statistics or stage == FROZEN:
            for module in self.network.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        order = torch.randperm(len(self.training.labels)).to(self.device)
        total = 0.0
        for step, rows in enumerate(torch.split(order, self.recipe.tune.batch)):
            for group in optimizer.param_groups:
                group["lr"] = lr * share_of_peak(epoch * steps + step, epochs * steps, _RISE)
            loss = self._loss(self.training.faces[rows], self.training.labels[rows], stage)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += float(loss.detach()) * len(rows)
        return total / len(order)

    def _loss(self, faces: Tensor, labels: Tensor, stage: str) -> Tensor:
        recipe = self.recipe
        faces = roughened(self.augment(faces), recipe.augment.noise, recipe.augment.blur)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            with torch.set_grad_enabled(stage == RELEASED):
                features = self.network.trunk(self.network.prepared(faces))
            head = self.network.get_submodule(next(iter(self.network.heads)))
            logits = head(self.network.dropout(features)).float()
        smoothing = recipe.tune.smoothing
        return functional.cross_entropy(logits, labels, weight=self.weights, label_smoothing=smoothing)

    def _judge(self, row: Row, told: Callable[[Row], None], started: float | None = None) -> None:
        """Measure on the choosing part, and remember the best weights."""
        self.network.eval()
        with torch.no_grad():
            logits = torch.cat([self.network(part)[0] for part in torch.split(self.choosing.faces, 256)])
        labels = self.choosing.labels
        loss = float(functional.cross_entropy(logits, labels, weight=self.weights))
        row["choosing_loss"] = round(loss, 5)
        row["choosing_accuracy"] = round(float((logits.argmax(dim=1) == labels).float().mean()), 5)
        row["seconds"] = round(time.monotonic() - started, 1) if started is not None else 0.0
        self.stale += 1
        if loss < self.best_loss:
            self.best_loss, self.stale = loss, 0
            self.best = copy.deepcopy({name: value.cpu() for name, value in self.network.state_dict().items()})
        self.rows.append(row)
        told(row)

    def _keep(self, stage: str, done: int, optimizer: torch.optim.Optimizer) -> None:
        if self.folder is None:
            return
        state = {
            "stage": stage,
            "done": done,
            "stale": self.stale,
            "network": self.network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "rows": self.rows,
            "best": self.best,
            "best_loss": self.best_loss,
        }
        save_state(state, self.folder / LAST)


def _of_trunk(name: str) -> bool:
    return name.startswith("trunk.")
