"""Out-of-fold predictions: a network a fold, one after the other, kept as they come."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from emovere.config import to_dict
from emovere.datasets.clean.predictions import Predictions, read_predictions, write_predictions
from emovere.datasets.duplicates import exact_hashes
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, Interrupted
from emovere.train.augment import Augment
from emovere.train.folds.parts import fold_of_each
from emovere.train.networks import FaceNetwork, parameter_count
from emovere.train.optimizers import make_optimizer
from emovere.train.precision import half_precision
from emovere.train.progress import duration
from emovere.train.recipe import Recipe
from emovere.train.schedule import check_schedule, share_of_peak
from emovere.types import Float32

_AT_ONCE = 512


def predict_folds(
    recipe: Recipe, faces: FaceSet, folds: int, path: Path, say: Callable[[str], None] | None = None
) -> Predictions:
    """Train a network for each fold on the faces outside it, and let it tell those inside.

    recipe: its network, augment, schedule and train sections; what is learned are the labels of the set, whatever their
    names, never votes. path: the file of predictions, written after each fold; where it holds some of these very folds
    already, only the others are trained. Returns what the file holds. Raises ConfigError where the file is about
    something else, DatasetError, OutputError; Interrupted where the person stopped it.
    """
    tell = say or _say
    check_schedule(recipe.schedule)
    if recipe.train.threads:
        torch.set_num_threads(recipe.train.threads)
    kept = _begun(recipe, faces, folds, path)
    open_folds = [fold for fold in range(folds) if fold not in kept.done]
    seconds: list[float] = []

    def told(fold: int, epoch: int, took: float) -> None:
        seconds.append(took)
        epochs = recipe.schedule.epochs
        left = (epochs - epoch + epochs * (len(open_folds) - open_folds.index(fold) - 1)) * np.mean(seconds[-5:])
        tell(f"fold {fold + 1}/{folds}  epoch {epoch}/{epochs}  {took:.0f} s  {duration(float(left))} left")

    for fold in open_folds:
        outside, inside = kept.fold != fold, kept.fold == fold
        try:
            network = _trained(recipe, faces[outside], fold, told)
        except KeyboardInterrupt as error:
            done = f"keeps {len(kept.done)} of {folds} folds" if kept.done else "was not begun"
            raise Interrupted(f"interrupted; {path} {done}: the same command goes on") from error
        probs = kept.probs.copy()
        probs[inside] = read(network, faces[inside], half_precision(recipe.train.precision))
        right = float((probs[inside].argmax(axis=1) == faces.labels[inside]).mean())
        tell(
            f"fold {fold + 1}/{folds}: {parameter_count(network):,} parameters learned from {int(outside.sum()):,} "
            f"faces agree with the labels of {right:.1%} of the other {int(inside.sum()):,}"
        )
        kept = replace(kept, probs=probs, done=(*kept.done, fold))
        write_predictions(kept, path)
    return kept


def _begun(recipe: Recipe, faces: FaceSet, folds: int, path: Path) -> Predictions:
    about: dict[str, Any] = {"recipe": to_dict(replace(recipe, train=type(recipe.train)())), "folds": folds}
    keys = exact_hashes(faces.images)
    if not path.exists():
        return Predictions(
            keys,
            np.zeros((len(faces), len(faces.label_names)), np.float32),
            fold_of_each(faces, folds, recipe.seed),
            (),
            faces.label_names,
            about,
        )
    kept = read_predictions(path)
    if kept.about != about or kept.labels != faces.label_names or not np.array_equal(kept.keys, keys):
        raise ConfigError(
            f"{path}: holds predictions of another set, recipe or number of folds; name another file with --output"
        )
    return kept


def _trained(recipe: Recipe, faces: FaceSet, fold: int, told: Callable[[int, int, float], None]) -> nn.Module:
    """The moving average of a network that learned these faces."""
    schedule, batch = recipe.schedule, min(recipe.schedule.batch, len(faces))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(recipe.seed * 1_000_003 + fold)
    network = FaceNetwork(recipe.network, {"labels": len(faces.label_names)})
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(schedule.ema), use_buffers=True)  # type: ignore[no-untyped-call]
    augment, optimizer = Augment(recipe.augment), make_optimizer(network, schedule)
    images, labels = torch.from_numpy(np.ascontiguousarray(faces.images))[:, None], torch.from_numpy(faces.labels)
    half = half_precision(recipe.train.precision)
    each = len(faces) // batch
    for epoch in range(schedule.epochs):
        started = time.monotonic()
        network.train()
        for place, rows in enumerate(torch.split(torch.randperm(len(faces))[: each * batch], batch)):
            rate = share_of_peak(epoch * each + place, each * schedule.epochs, schedule)
            for group in optimizer.param_groups:
                group["lr"] = schedule.lr * rate
            seen = augment(images[rows].to(device).float())
            with torch.autocast(device.type, torch.bfloat16, enabled=half):
                (logits,) = network(seen)
            loss = functional.cross_entropy(
                logits.float(), labels[rows].to(device), label_smoothing=recipe.loss.smoothing
            )
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            average.update_parameters(network)
        told(fold, epoch + 1, time.monotonic() - started)
    result: nn.Module = average.module if schedule.ema else network
    return result.eval()


@torch.no_grad()
def read(network: nn.Module, faces: FaceSet, half: bool = False) -> Float32:
    """(N, K) float32 probabilities of N faces, the mean of each face and its mirror image."""
    device = next(network.parameters()).device
    parts = []
    for images in torch.split(torch.from_numpy(np.ascontiguousarray(faces.images))[:, None], _AT_ONCE):
        shown = images.to(device).float()
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            parts.append((_probabilities(network, shown) + _probabilities(network, shown.flip(-1))) / 2)
    return torch.cat(parts).cpu().numpy().astype(np.float32)


def _probabilities(network: nn.Module, shown: Tensor) -> Tensor:
    (logits,) = network(shown)
    return functional.softmax(logits.float(), dim=1)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
