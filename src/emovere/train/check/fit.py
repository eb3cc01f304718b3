"""A run of the checking network: set up, fit, keep. Takes minutes on one core."""

from __future__ import annotations

import csv
import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from emovere.config import to_toml
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError
from emovere.files import atomic_write
from emovere.train.check.material import available, candidates
from emovere.train.check.network import CheckNetwork
from emovere.train.check.pools import held_out, joined, training_pools
from emovere.train.check.recipe import CheckRecipe
from emovere.train.check.vary import middle, varied
from emovere.types import Float32

BEST = "best.pt"

USED = {"haar": 3 / 18, "hog": 0.7, "own": 0.7, "yunet": 0.7}
"""The least score of each detector's boxes as it is used."""

LOST = 0.005
"""The share of faces that may be lost."""

EMA = 0.995


def fit_check(
    recipe: CheckRecipe, faces: FaceSet, scenes: Path, folder: Path, say: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """Train a recipe on faces of FER2013 and on photographs, choose the epoch on their choosing part.

    scenes: a parquet file of photographs. The folder gets recipe.toml, run.json, metrics.csv and best.pt. Returns what
    run.json holds. Raises ConfigError where a run is there already, DatasetError, WeightsError.
    """
    tell = say or _say
    if (folder / BEST).is_file():
        raise ConfigError(f"{folder}: holds a run already; name another folder with --output")
    torch.set_num_threads(recipe.threads)
    with atomic_write(folder / "recipe.toml") as file:
        file.write(to_toml(recipe))
    names = available()
    found = {name: candidates(scenes, name, tell) for name in ("random", *names)}
    pools = training_pools(faces, found)
    low = dict.fromkeys(names, 0.0)
    known = {
        "faces": _crops(list(held_out(found, "choosing", {"yunet": USED["yunet"]}, 1).values())),
        "mistakes": _crops(list(held_out(found, "choosing", low, 0).values())),
    }
    torch.manual_seed(recipe.seed)
    network = CheckNetwork(recipe.network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    parameters = sum(value.numel() for value in network.parameters())
    tell(f"{recipe.name}: {parameters:,} parameters")
    started, best, history = time.time(), -1.0, []
    for epoch, averaged in _epochs(network, recipe, pools.draw):
        answers = {name: logits(averaged, crops) for name, crops in known.items()}
        dropped = dropped_at(answers["faces"], answers["mistakes"], LOST)
        history.append({"epoch": epoch, "mistakes_dropped": round(dropped, 5)})
        tell(
            f"epoch {epoch}/{recipe.schedule.epochs}: {dropped:.1%} of what is no face dropped for {LOST:.1%} of faces"
        )
        if dropped > best:
            best = dropped
            slope, offset = platt(answers["faces"], answers["mistakes"])
            with atomic_write(folder / BEST, "wb") as file:
                torch.save({"network": averaged.state_dict(), "slope": slope, "offset": offset}, file)
    with atomic_write(folder / "metrics.csv") as file:
        writer = csv.DictWriter(file, list(history[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)
    run = {
        "recipe": recipe.name,
        "seed": recipe.seed,
        "parameters": parameters,
        "epochs": recipe.schedule.epochs,
        "mistakes_dropped": best,
        "faces": {"fer2013": len(pools.faces[0]), "photographs": len(pools.faces[1])},
        "others": {name: len(pool) for name, pool in pools.others.items()},
        "detectors": names,
        "vary": asdict(recipe.vary),
        "minutes": round((time.time() - started) / 60, 1),
        "libraries": {"torch": torch.__version__},
    }
    with atomic_write(folder / "run.json") as file:
        json.dump(run, file, indent=2)
    return run


def _epochs(
    network: CheckNetwork, recipe: CheckRecipe, draw: Callable[[int, torch.Generator], tuple[Tensor, Tensor]]
) -> Any:
    """Train, and give the moving average of the weights after each epoch."""
    schedule = recipe.schedule
    total = schedule.epochs * schedule.steps
    decayed = [value for value in network.parameters() if value.ndim > 1]
    plain = [value for value in network.parameters() if value.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": schedule.weight_decay}, {"params": plain, "weight_decay": 0.0}],
        lr=schedule.lr,
    )
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(EMA), use_buffers=True)  # type: ignore[no-untyped-call]
    random = torch.Generator().manual_seed(recipe.seed)
    warm = max(1, int(schedule.warmup * total))
    for step in range(total):
        rate = min(1.0, (step + 1) / warm) * 0.5 * (1 + math.cos(math.pi * max(0, step - warm) / max(1, total - warm)))
        for group in optimizer.param_groups:
            group["lr"] = schedule.lr * rate
        patches, are_faces = draw(schedule.batch, random)
        network.train()
        answers = network(varied(patches, are_faces, recipe.vary))
        loss = functional.binary_cross_entropy_with_logits(answers, are_faces.float())
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        average.update_parameters(network)
        if (step + 1) % schedule.steps == 0:
            inner = average.module
            inner.eval()
            yield (step + 1) // schedule.steps, inner


def logits(network: nn.Module, crops: Tensor) -> Float32:
    """(N, 1, 48, 48) float -> (N,) float32."""
    with torch.no_grad():
        return np.concatenate([network(part).numpy() for part in torch.split(crops, 1024)])


def dropped_at(faces: Float32, others: Float32, lost: float) -> float:
    """The share of what is no face that goes under the limit under which that share of the faces lies."""
    return float((others < np.quantile(faces, lost)).mean())


def platt(faces: Float32, others: Float32) -> tuple[float, float]:
    """Slope and offset of the logistic curve from logits to probabilities (Platt 1999); both kinds weigh alike."""
    values = torch.from_numpy(np.concatenate([faces, others])).double()
    truth = torch.cat([torch.ones(len(faces)), torch.zeros(len(others))]).double()
    weights = torch.cat([torch.full((len(part),), 0.5 / len(part)) for part in (faces, others)]).double()
    curve = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([curve], max_iter=100, line_search_fn="strong_wolfe")

    def step() -> Tensor:
        optimizer.zero_grad()
        loss = functional.binary_cross_entropy_with_logits(
            curve[0] * values + curve[1], truth, weights, reduction="sum"
        )
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(step)  # type: ignore[no-untyped-call]
    return float(curve[0].detach()), float(curve[1].detach())


def _crops(patches: list[Any]) -> Tensor:
    return middle(joined(patches))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
