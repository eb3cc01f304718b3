"""A run: set up, fit, keep. Reads top to bottom."""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, EMAWeightAveraging, ModelCheckpoint, RichProgressBar

from emovere.config import to_toml
from emovere.datasets.faceset import FaceSet
from emovere.errors import Interrupted
from emovere.files import atomic_write
from emovere.train.data import FaceTensors, loader, selected
from emovere.train.folder import LAST, check_folder
from emovere.train.imbalance import check_imbalance
from emovere.train.module import ExpressionModule
from emovere.train.networks import parameter_count
from emovere.train.precision import precision
from emovere.train.processes import check_processes, is_first_process
from emovere.train.progress import History
from emovere.train.recipe import Recipe, labels_by_head
from emovere.train.schedule import check_schedule, steps_of_epoch
from emovere.train.teacher import TaughtFaces, Teacher, check_teaching


def fit(recipe: Recipe, faces: FaceSet, folder: Path, *, resume: bool = False) -> dict[str, Any]:
    """Train a recipe on the Training split, choose the epoch on PublicTest, and keep everything in ``folder``.

    The folder gets recipe.toml, run.json, metrics.csv, best.ckpt and last.ckpt. With ``resume`` the run goes on
    from last.ckpt. PrivateTest is only used to leave its copies out of training. Returns what run.json holds.
    Raises ConfigError where a run is there already, where none is there to resume, or where its recipe
    differs; Interrupted where the person stopped it.
    """
    labels_by_head(recipe)
    check_schedule(recipe.schedule)
    check_imbalance(recipe)
    check_teaching(recipe)
    check_processes(recipe)
    if is_first_process():
        check_folder(recipe, folder, resume)
    training, public, cleaning = selected(faces, recipe.data, recipe.seed)
    teacher = Teacher(recipe.loss.teacher, recipe.train.threads) if recipe.loss.teacher else None
    lessons = TaughtFaces(training, recipe, teacher) if teacher else FaceTensors(training)
    trainer, best = _trainer(recipe, folder)
    share = {"processes": trainer.world_size, "rank": trainer.global_rank}
    train_batches = loader(
        lessons,
        recipe.schedule.batch,
        seed=recipe.seed,
        steps=steps_of_epoch(recipe.schedule),
        balance=recipe.imbalance.balance,
        **share,
    )
    public_batches = loader(FaceTensors(public), 512, seed=None, **share)

    lightning.seed_everything(recipe.seed, verbose=False)
    module = ExpressionModule(recipe, steps=len(train_batches) * recipe.schedule.epochs, counts=training.counts)
    if trainer.is_global_zero:
        with atomic_write(folder / "recipe.toml") as file:
            file.write(to_toml(recipe))
        _say(
            f"{recipe.name}: {parameter_count(module.network):,} parameters, {cleaning.faces:,} faces "
            f"({cleaning.leaked:,} copies of held-out faces and {cleaning.not_a_face:,} that are no face left out)"
            + (f", {trainer.world_size} processes" if trainer.world_size > 1 else "")
        )
    started = time.time()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"(lightning|torch)\b")  # its advice, and its own deprecated calls
        try:
            trainer.fit(module, train_batches, public_batches, ckpt_path=folder / LAST if resume else None)
        except (KeyboardInterrupt, SystemExit) as error:
            if not trainer.interrupted:
                raise
            raise Interrupted(f"interrupted; {folder} keeps the last whole epoch: go on with --resume") from error
    run: dict[str, Any] = {
        "recipe": recipe.name,
        "seed": recipe.seed,
        "parameters": parameter_count(module.network),
        "epochs": trainer.current_epoch,
        "public_accuracy": None if best.best_model_score is None else round(float(best.best_model_score), 5),
        "data": {
            **asdict(cleaning),
            "public": len(public),
            "classes": dict(zip(training.label_names, training.counts, strict=True)),
        },
        "minutes_of_last_session": round((time.time() - started) / 60, 1),
        "teacher": teacher and {"name": teacher.name, "sha256": teacher.sha256},
        "processes": trainer.world_size,
        "libraries": {"torch": torch.__version__, "lightning": lightning.__version__},
    }
    if trainer.is_global_zero:
        with atomic_write(folder / "run.json") as file:
            json.dump(run, file, indent=2)
    return run


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _trainer(recipe: Recipe, folder: Path) -> tuple[lightning.Trainer, ModelCheckpoint]:
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    if recipe.train.threads:
        torch.set_num_threads(recipe.train.threads)
    best = ModelCheckpoint(folder, filename="best", monitor="public_accuracy", mode="max", enable_version_counter=False)
    last = ModelCheckpoint(folder, filename="last", enable_version_counter=False)
    callbacks: list[Callback] = [
        EMAWeightAveraging(decay=recipe.schedule.ema),
        History(folder),
        best,
        last,
        EarlyStopping("public_accuracy", mode="max", patience=recipe.schedule.patience),
    ]
    if sys.stderr.isatty():
        callbacks.append(RichProgressBar(leave=False))
    trainer = lightning.Trainer(
        accelerator="auto",
        devices=recipe.train.devices,
        num_nodes=recipe.train.nodes,
        use_distributed_sampler=False,  # the loaders know which share is theirs
        max_epochs=recipe.schedule.epochs,
        precision=precision(recipe.train.precision),
        callbacks=callbacks,
        logger=False,
        enable_progress_bar=sys.stderr.isatty(),
        enable_model_summary=False,
        num_sanity_val_steps=0,
        default_root_dir=folder,
    )
    return trainer, best
