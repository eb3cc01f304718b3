"""Two networks that learn from each other, step by step: what is done in one, and all that is needed to go on."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from emovere.datasets.faceset import FaceSet
from emovere.train.draws import Draws
from emovere.train.generate.augment import varied
from emovere.train.generate.network import Judge, Maker
from emovere.train.generate.recipe import GeneratorRecipe
from emovere.train.precision import half_precision
from emovere.train.progress import duration


class Play:
    """Both networks, their optimizers, and where they stand."""

    def __init__(self, recipe: GeneratorRecipe, training: FaceSet) -> None:
        self.recipe, self.labels, self.step = recipe, training.label_names, 0
        self._images = torch.from_numpy(np.ascontiguousarray(training.images))[:, None]
        self._labels = torch.from_numpy(training.labels)
        schedule, classes = recipe.schedule, len(training.label_names)
        torch.manual_seed(recipe.seed)
        self.maker = _channels_last(Maker(recipe.maker, classes))
        self.judge = _channels_last(Judge(recipe.judge, classes))
        self.averaged = copy.deepcopy(self.maker)
        self.parameters = tuple(sum(p.numel() for p in part.parameters()) for part in (self.maker, self.judge))
        self._makes = torch.optim.Adam(self.maker.parameters(), schedule.maker_lr, betas=(0.0, 0.9))
        self._judges = torch.optim.Adam(self.judge.parameters(), schedule.judge_lr, betas=(0.0, 0.9))
        self._half = half_precision(recipe.train.precision)
        self._draws = Draws(training.labels, schedule.keep * schedule.batch, seed=recipe.seed, balance=schedule.balance)
        self._rows: list[dict[str, float]] = []

    def parts(self, steps: int) -> Iterator[str]:
        """Go on to so many steps, and give a line about each part of ``keep`` of them."""
        schedule = self.recipe.schedule
        while self.step < steps:
            started, sums, part = time.monotonic(), torch.zeros(2), self.step // schedule.keep
            self._draws.set_epoch(part)
            rows = torch.tensor(list(self._draws)).view(schedule.keep, schedule.batch)
            before = self.step
            for drawn in rows[: steps - before]:
                sums += self._take_step(drawn)
                self.step += 1
            taken, spent = self.step - before, time.monotonic() - started
            losses = (sums / taken).tolist()
            self._rows.append({"step": self.step, "judge_loss": losses[0], "maker_loss": losses[1], "seconds": spent})
            left = duration(spent / taken * (steps - self.step))
            yield f"step {self.step}/{steps}  judge {losses[0]:.3f}  maker {losses[1]:.3f}  {left} left"

    def _take_step(self, rows: Tensor) -> Tensor:
        """One step of the judge and one of the maker; gives both losses."""
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.step)
        self._set_rates()
        real = self._images[rows].float() / 127.5 - 1
        real = torch.where(torch.rand(len(real), 1, 1, 1) < 0.5, real.flip(-1), real)
        labels = self._labels[rows]
        noise = torch.randn(2, len(rows), self.recipe.maker.noise)
        with torch.no_grad():
            made = self._made(noise[0], labels)
        told = self._told(torch.cat([real, made]), torch.cat([labels, labels]))
        judge_loss = functional.relu(1 - told[: len(real)]).mean() + functional.relu(1 + told[len(real) :]).mean()
        self._judges.zero_grad()
        judge_loss.backward()  # type: ignore[no-untyped-call]
        self._judges.step()
        self.judge.requires_grad_(False)
        maker_loss = -self._told(self._made(noise[1], labels), labels).mean()
        self._makes.zero_grad()
        maker_loss.backward()  # type: ignore[no-untyped-call]
        self._makes.step()
        self.judge.requires_grad_(True)
        self._average()
        return torch.stack([judge_loss.detach(), maker_loss.detach()])

    def _made(self, noise: Tensor, labels: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=self._half):
            made: Tensor = self.maker(noise, labels)
        return made.float()

    def _told(self, faces: Tensor, labels: Tensor) -> Tensor:
        faces = varied(faces, self.recipe.augment)
        with torch.autocast("cpu", torch.bfloat16, enabled=self._half):
            told: Tensor = self.judge(faces, labels)
        return told.float()

    def _set_rates(self) -> None:
        schedule = self.recipe.schedule
        falling = schedule.decay * schedule.steps
        share = min(1.0, (schedule.steps - self.step) / falling) if falling else 1.0
        for optimizer, rate in ((self._makes, schedule.maker_lr), (self._judges, schedule.judge_lr)):
            for group in optimizer.param_groups:
                group["lr"] = rate * share

    @torch.no_grad()
    def _average(self) -> None:
        """Move the average on, statistics of normalisation included: at first quickly, then as ``ema`` says."""
        decay = min(self.recipe.schedule.ema, (1 + self.step) / (10 + self.step))
        current = self.maker.state_dict()
        for name, value in self.averaged.state_dict().items():
            if value.is_floating_point():
                value.lerp_(current[name], 1 - decay)

    def state(self) -> dict[str, Any]:
        """All that is needed to go on."""
        return {
            "step": self.step,
            "labels": list(self.labels),
            "rows": self._rows,
            **{name: part.state_dict() for name, part in self._kept().items()},
        }

    def take(self, state: dict[str, Any]) -> None:
        """Go on from what was kept."""
        self.step, self._rows = state["step"], state["rows"]
        for name, part in self._kept().items():
            part.load_state_dict(state[name])

    def _kept(self) -> dict[str, Any]:
        return {
            "maker": self.maker,
            "judge": self.judge,
            "averaged": self.averaged,
            "makes": self._makes,
            "judges": self._judges,
        }

    def table(self) -> str:
        """metrics.csv."""
        lines = [",".join(f"{value:.6g}" for value in row.values()) for row in self._rows]
        return "\n".join(["step,judge_loss,maker_loss,seconds", *lines, ""])


def _channels_last(network: nn.Module) -> nn.Module:
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]
