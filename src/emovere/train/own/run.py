"""A run on a person's own faces: read, share out, begin, learn, measure, keep. Reads top to bottom."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from emovere.config import read_toml
from emovere.datasets.emotions import emotion_position
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, Interrupted
from emovere.evaluate.calibrate import softmax
from emovere.export.load import Start, load_start
from emovere.export.run import head_logits
from emovere.files import atomic_write
from emovere.labels import FER7
from emovere.sources.names import printable
from emovere.train.networks import FaceNetwork, parameter_count
from emovere.train.own.folder import class_folders, read_own, told, write_skipped
from emovere.train.own.kept import BEST, HEAD, LAST, OWN, RUN, read_faces, save_state, write_faces, write_recipe
from emovere.train.own.parts import CHOOSING, HELD_OUT, TRAINING, shared_out
from emovere.train.own.recipe import OwnRecipe, check_own
from emovere.train.own.result import HeldOut, argmax_among
from emovere.train.own.tune import Row, Tuning


def train_own(recipe: OwnRecipe, folder: Path, *, resume: bool = False) -> HeldOut:
    """Fine-tune a network on the folders that the recipe names, and keep everything in ``folder``.

    The folder gets own.toml, faces.npz, skipped.csv, metrics.csv, best.pt, last.pt, held-out.csv and run.json. With
    ``resume`` the run goes on from where it was stopped. Raises DatasetError for folders that will not do, ConfigError,
    UnknownModel, ModelError or WeightsError for the network to begin with, OutputError; Interrupted where the person
    stopped it.
    """
    check_own(recipe)
    _check_folder(recipe, folder, resume)
    if recipe.train.threads:
        torch.set_num_threads(recipe.train.threads)
    torch.manual_seed(recipe.seed)
    if not resume:
        class_folders(Path(recipe.data))
    start = load_start(recipe.start, recipe.network) if recipe.start else None
    recipe = replace(recipe, network=start.recipe) if start else recipe
    try:
        faces = read_faces(folder) if resume else _read(recipe, folder)
        network = begin(start, recipe, faces.label_names)
        _say_parts(faces, start, network)
        tuning = Tuning(network, faces, recipe, folder)
        best = tuning.run(_told(tuning, folder), resume=resume and (folder / LAST).is_file())
    except KeyboardInterrupt as error:
        kept = f"{folder} keeps the last whole epoch: go on with --resume"
        raise Interrupted(f"interrupted; {kept if (folder / OWN).is_file() else 'nothing was kept'}") from error
    save_state({"network": best}, folder / BEST)
    network.load_state_dict(best)
    result = measured(network.cpu().eval(), start, faces, recipe.parts.held_out)
    _write_answers(network, faces, folder)
    _write_run(recipe, start, network, faces, tuning, result, folder)
    return result


def _check_folder(recipe: OwnRecipe, folder: Path, resume: bool) -> None:
    there = (folder / OWN).is_file()
    if (there or (folder / "recipe.toml").is_file()) and not resume:
        raise ConfigError(f"{folder}: holds a run already; go on with --resume, or name another folder with --output")
    if resume and not there:
        raise ConfigError(f"{folder}: no run on own faces to resume; start without --resume")
    if resume and replace(read_toml(OwnRecipe, folder / OWN), network=recipe.network) != recipe:
        raise ConfigError(f"{folder}: its {OWN} differs from these settings; resume with the same ones")


def _read(recipe: OwnRecipe, folder: Path) -> FaceSet:
    own = read_own(Path(recipe.data), recipe.detect)
    write_skipped(own.skipped, folder / "skipped.csv")
    for line in told(own, folder / "skipped.csv"):
        _say(line)
    faces = shared_out(own.faces, recipe.parts, recipe.seed)
    write_faces(faces, folder)
    write_recipe(recipe, folder)
    return faces


def begin(start: Start | None, recipe: OwnRecipe, classes: tuple[str, ...]) -> FaceNetwork:
    """A network for some classes, on the trunk that is begun with; classes that it knows keep what tells them."""
    network = FaceNetwork(recipe.network, {HEAD: len(classes)})
    if start is None:
        return network
    trunk = {name: value for name, value in start.network.state_dict().items() if name.startswith("trunk.")}
    network.load_state_dict(trunk, strict=False)
    new = dict(network.get_submodule(HEAD).named_parameters())
    with torch.no_grad():
        for place, name in enumerate(classes):
            found = _known(start, name)
            if found is not None:
                old = dict(start.network.get_submodule(found[0]).named_parameters())
                for key, value in new.items():
                    value[place] = old[key][found[1]]
    return network


def _known(start: Start, name: str) -> tuple[str, int] | None:
    """The head, and the place in it, that tells a class by this name or by another word for the same emotion."""
    position = emotion_position(name)
    words = [name, name.lower()] + ([FER7[position]] if position is not None else [])
    for head, labels in start.labels.items():
        for word in words:
            if word in labels:
                return head, labels.index(word)
    return None


def measured(network: FaceNetwork, start: Start | None, faces: FaceSet, share: float) -> HeldOut:
    """Answers about the held-out part, also of the network that was begun with where it knows every class."""
    part = faces.split(HELD_OUT)
    answers = head_logits(network, part.images)[HEAD].argmax(axis=1).astype(np.int64)
    known = [_known(start, name) for name in part.label_names] if start else [None]
    heads = {found[0] for found in known if found is not None}
    if start is None or None in known or len(heads) != 1:
        return HeldOut(part.label_names, part.labels, answers, share)
    columns = [found[1] for found in known if found is not None]
    before = argmax_among(head_logits(start.network, part.images)[heads.pop()], columns)
    return HeldOut(part.label_names, part.labels, answers, share, start.name, before)


def _told(tuning: Tuning, folder: Path) -> Any:
    def tell(row: Row) -> None:
        with atomic_write(folder / "metrics.csv") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(key for one in tuning.rows for key in one)))
            writer.writeheader()
            writer.writerows(tuning.rows)
        loss = f"loss {row['train_loss']:.3f}  " if "train_loss" in row else ""
        _say(
            f"epoch {row['epoch']}  {row['stage']:8}  {loss}choosing part: loss {row['choosing_loss']:.3f}, "
            f"{row['choosing_accuracy']:.1%} right  {row['seconds']:.0f} s"
        )

    return tell


def _say_parts(faces: FaceSet, start: Start | None, network: FaceNetwork) -> None:
    counts = ", ".join(f"{len(faces.split(part)):,} {part}" for part in (TRAINING, CHOOSING, HELD_OUT))
    begun = f"from {start.name}" if start else "from nothing"
    _say(f"{parameter_count(network):,} parameters {begun}; {len(faces):,} faces: {counts}")


def _write_answers(network: FaceNetwork, faces: FaceSet, folder: Path) -> None:
    part = faces.split(HELD_OUT)
    probs = softmax(head_logits(network, part.images)[HEAD])
    with atomic_write(folder / "held-out.csv") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "class", "answer", "probability"])
        for name, label, row in zip(part.names, part.labels, probs, strict=True):
            best = int(row.argmax())
            names = part.label_names
            writer.writerow([printable(name), names[int(label)], names[best], f"{row[best]:.4f}"])


def _write_run(
    recipe: OwnRecipe,
    start: Start | None,
    network: FaceNetwork,
    faces: FaceSet,
    tuning: Tuning,
    result: HeldOut,
    folder: Path,
) -> None:
    run = {
        "recipe": recipe.name,
        "seed": recipe.seed,
        "labels": list(faces.label_names),
        "parameters": parameter_count(network),
        "epochs": len(tuning.rows) - 1,
        "start": start and {"name": start.name, "sha256": start.sha256},
        "data": {
            part: dict(zip(faces.label_names, faces.split(part).counts, strict=True))
            for part in (TRAINING, CHOOSING, HELD_OUT)
        },
        "held_out": result.to_dict(),
        "libraries": {"torch": torch.__version__},
    }
    with atomic_write(folder / RUN) as file:
        json.dump(run, file, indent=2)


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
