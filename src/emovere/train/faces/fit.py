"""A detector's run: set up, fit, keep. Reads top to bottom."""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback, EMAWeightAveraging, ModelCheckpoint, RichProgressBar
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from emovere.config import to_toml
from emovere.datasets.faceset import FaceSet
from emovere.errors import DatasetError, Interrupted
from emovere.files import atomic_write
from emovere.train.data import without_leaks
from emovere.train.faces.candidates import as_picture
from emovere.train.faces.draws import Draws, Orders
from emovere.train.faces.history import FacesHistory
from emovere.train.faces.labels import FACE, FaceLabels, Labels, label_faces, label_scenes
from emovere.train.faces.measure import truth_of
from emovere.train.faces.mining import Mining
from emovere.train.faces.module import FacesModule
from emovere.train.faces.pasting import FaceBank
from emovere.train.faces.recipe import FacesRecipe, check_recipe
from emovere.train.faces.scenes import Scenes, read_scenes
from emovere.train.folder import LAST, check_folder
from emovere.train.networks import parameter_count
from emovere.train.precision import precision
from emovere.train.schedule import check_schedule


@dataclass(frozen=True, eq=False)
class Lessons:
    """Everything that a run learns from."""

    scenes: Scenes
    labels: Labels
    faces: FaceSet
    face_labels: FaceLabels


def gather(scenes: Path, faces: FaceSet, channels: int) -> Lessons:
    """Decode the photographs and ask YuNet about them and about FER2013's Training faces; each is done once and kept.

    Raises DatasetError, WeightsError, MissingExtra or OutputError.
    """
    training, _ = without_leaks(faces)
    return Lessons(read_scenes(scenes, channels), label_scenes(scenes), training, label_faces(training.images))


class Photographs(Dataset[Tensor]):
    """Whole photographs of one part, padded to multiples of 32."""

    def __init__(self, scenes: Scenes, part: str) -> None:
        """Raises DatasetError where no photograph is of that part."""
        self.scenes, self.rows = scenes, np.flatnonzero(scenes.parts == part)
        if not len(self.rows):
            raise DatasetError(f"no photograph is of the part {part!r}; expected more of them")

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> Tensor:
        return as_picture(self.scenes[int(self.rows[place])])


def fit_faces(recipe: FacesRecipe, lessons: Lessons, folder: Path, *, resume: bool = False) -> dict[str, Any]:
    """Train a detector, choose the epoch on the photographs kept for that, and keep everything in ``folder``.

    The folder gets recipe.toml, run.json, metrics.csv, best.ckpt and last.ckpt, and the network's errors in hard.npz.
    With ``resume`` the run goes on from last.ckpt. Returns what run.json holds. Raises ConfigError where a run is there
    already, where none is there to resume, or where its recipe differs; Interrupted where the person stopped it.
    """
    check_schedule(recipe.schedule)
    check_recipe(recipe)
    check_folder(recipe, folder, resume)
    with atomic_write(folder / "recipe.toml") as file:
        file.write(to_toml(recipe))
    scenes, labels = lessons.scenes, lessons.labels
    bank = FaceBank(lessons.faces.images, lessons.face_labels, FACE)
    draws = Draws(scenes, labels, bank, recipe.scenes, recipe.seed)
    batches = DataLoader(
        draws,
        batch_sampler=Orders(recipe.scenes, recipe.schedule.batch, recipe.steps),
        collate_fn=_whole,
    )
    choosing = Photographs(scenes, "choosing")
    truths = [truth_of(labels.of(int(row))) for row in choosing.rows]

    lightning.seed_everything(recipe.seed, verbose=False)
    module = FacesModule(recipe, truths)
    parts = scenes.parts
    print(
        f"{recipe.name}: {parameter_count(module.network):,} parameters, {(parts == 'training').sum():,} photographs "
        f"and {len(bank):,} faces of FER2013; chosen by {len(choosing):,} photographs",
        file=sys.stderr,
        flush=True,
    )
    trainer, best = _trainer(recipe, folder, [Mining(draws, recipe.scenes.mined, folder)])
    started = time.time()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"(lightning|torch)\b")  # its advice, and its own deprecated calls
        try:
            photographs = DataLoader(choosing, batch_size=None)
            trainer.fit(module, batches, photographs, ckpt_path=folder / LAST if resume else None)
        except (KeyboardInterrupt, SystemExit) as error:
            if not trainer.interrupted:
                raise
            raise Interrupted(f"interrupted; {folder} keeps the last whole epoch: go on with --resume") from error
    run = {
        "recipe": recipe.name,
        "seed": recipe.seed,
        "parameters": parameter_count(module.network),
        "epochs": trainer.current_epoch,
        "choosing_recall": None if best.best_model_score is None else round(float(best.best_model_score), 5),
        "photographs": {source: int((scenes.sources == source).sum()) for source in sorted(set(scenes.sources))},
        "parts": {part: int((parts == part).sum()) for part in sorted(set(parts))},
        "faces_of_fer2013": len(bank),
        "minutes_of_last_session": round((time.time() - started) / 60, 1),
        "libraries": {"torch": torch.__version__, "lightning": lightning.__version__},
    }
    with atomic_write(folder / "run.json") as file:
        json.dump(run, file, indent=2)
    return run


def _trainer(recipe: FacesRecipe, folder: Path, more: list[Callback]) -> tuple[lightning.Trainer, ModelCheckpoint]:
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    if recipe.train.threads:
        torch.set_num_threads(recipe.train.threads)
        cv2.setNumThreads(recipe.train.threads)
    best = ModelCheckpoint(folder, filename="best", monitor="choosing_recall", mode="max", enable_version_counter=False)
    last = ModelCheckpoint(folder, filename="last", enable_version_counter=False)
    callbacks: list[Callback] = [
        EMAWeightAveraging(decay=recipe.schedule.ema),
        FacesHistory(folder),
        *more,
        best,
        last,
    ]
    if sys.stderr.isatty():
        callbacks.append(RichProgressBar(leave=False))
    trainer = lightning.Trainer(
        accelerator="auto",
        devices=recipe.train.devices,
        max_epochs=recipe.schedule.epochs,
        precision=precision(recipe.train.precision),
        gradient_clip_val=10.0,
        callbacks=callbacks,
        logger=False,
        enable_progress_bar=sys.stderr.isatty(),
        enable_model_summary=False,
        num_sanity_val_steps=0,
        default_root_dir=folder,
        use_distributed_sampler=False,
    )
    return trainer, best


def _whole(batch: Any) -> Any:
    """``Draws`` hands out whole batches: there is nothing left to collate."""
    return batch
