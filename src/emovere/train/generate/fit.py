"""A run of the generator: two networks that learn from each other, kept so that it can be gone on with."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from emovere.config import to_toml
from emovere.datasets.faceset import FaceSet
from emovere.errors import Interrupted
from emovere.files import atomic_write
from emovere.train.data import without_leaks
from emovere.train.folder import LAST, check_folder, read_checkpoint
from emovere.train.generate.play import Play
from emovere.train.generate.recipe import GeneratorRecipe, checked_generator_recipe


def fit_generator(
    recipe: GeneratorRecipe,
    faces: FaceSet,
    folder: Path,
    *,
    resume: bool = False,
    say: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Train a recipe on the Training split, less copies of held-out faces; PublicTest and PrivateTest are not seen.

    The folder gets recipe.toml, run.json, metrics.csv and last.ckpt, from which ``resume`` goes on: to the same
    weights as at one go. Returns what run.json holds. Raises ConfigError where a run is there already, where none is
    there to resume, or where its recipe differs; Interrupted where the person stopped it.
    """
    tell = say or _say
    checked_generator_recipe(recipe)
    check_folder(recipe, folder, resume)
    training, cleaning = without_leaks(faces)
    if recipe.train.threads:
        torch.set_num_threads(recipe.train.threads)
    play = Play(recipe, training)
    if resume:
        play.take(read_checkpoint(folder / LAST))
    with atomic_write(folder / "recipe.toml") as file:
        file.write(to_toml(recipe))
    tell(
        f"{recipe.name}: {play.parameters[0]:,} parameters that make and {play.parameters[1]:,} that judge, "
        f"{cleaning.faces:,} faces ({cleaning.leaked:,} copies of held-out faces left out)"
    )
    started = time.time()
    try:
        for line in play.parts(recipe.schedule.steps):
            kept = io.BytesIO()
            torch.save(play.state(), kept)  # into memory first: on a full disk torch itself raises what says little
            with atomic_write(folder / LAST, "wb") as file:
                file.write(kept.getvalue())
            with atomic_write(folder / "metrics.csv") as file:
                file.write(play.table())
            tell(line)
    except KeyboardInterrupt as error:
        raise Interrupted(f"interrupted; {folder} keeps what was learned: go on with --resume") from error
    run = {
        "recipe": recipe.name,
        "seed": recipe.seed,
        "parameters": play.parameters[0],
        "steps": play.step,
        "labels": list(training.label_names),
        "data": {
            "faces": cleaning.faces,
            "leaked": cleaning.leaked,
            "not_a_face": cleaning.not_a_face,
            "classes": dict(zip(training.label_names, training.counts, strict=True)),
        },
        "minutes_of_last_session": round((time.time() - started) / 60, 1),
        "libraries": {"torch": torch.__version__},
    }
    with atomic_write(folder / "run.json") as file:
        json.dump(run, file, indent=2)
    return run


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
