"""What a run on a person's own faces keeps in its folder, and reading it back."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from emovere.config import read_toml, to_toml
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, ModelError
from emovere.files import atomic_write
from emovere.train.networks import FaceNetwork
from emovere.train.own.recipe import OwnRecipe

OWN = "own.toml"
"""The recipe; where a folder holds it, the run is one on a person's own faces."""

FACES = "faces.npz"
"""The crops with classes, files and parts."""

RUN, BEST, LAST = "run.json", "best.pt", "last.pt"

HEAD = "own"


@dataclass(frozen=True, eq=False)
class OwnRun:
    """A finished run."""

    recipe: OwnRecipe
    labels: tuple[str, ...]
    network: FaceNetwork
    weights: Path
    summary: dict[str, Any]


def write_recipe(recipe: OwnRecipe, folder: Path) -> None:
    """Raises OutputError."""
    with atomic_write(folder / OWN) as file:
        file.write(to_toml(recipe))


def write_faces(faces: FaceSet, folder: Path) -> None:
    """Keep the crops and their parts, so that nothing is read or shared out anew. Raises OutputError."""
    with atomic_write(folder / FACES, "wb") as file:
        np.savez_compressed(
            file,
            images=faces.images,
            labels=faces.labels,
            splits=faces.splits,
            label_names=np.array(faces.label_names),
            names=np.array([name.encode("utf-8", "surrogateescape").hex() for name in faces.names]),
        )


def read_faces(folder: Path) -> FaceSet:
    """The crops that a run keeps. Raises ConfigError where they are missing or damaged."""
    path = folder / FACES
    try:
        with np.load(path) as kept:
            return FaceSet(
                kept["images"],
                kept["labels"],
                kept["splits"],
                tuple(kept["label_names"].tolist()),
                names=tuple(bytes.fromhex(name).decode("utf-8", "surrogateescape") for name in kept["names"].tolist()),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ConfigError(f"{path}: is missing or damaged; start anew in another folder") from error


def save_state(state: dict[str, Any], path: Path) -> None:
    """Raises OutputError."""
    with atomic_write(path, "wb") as file:
        torch.save(state, file)


def load_state(path: Path) -> dict[str, Any]:
    """Raises ConfigError for a damaged file."""
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever its unpickler met
        raise ConfigError(
            f"{path}: is damaged ({type(error).__name__}); start anew in another folder, or put a copy of it back"
        ) from error
    return state


def load_own(folder: Path) -> OwnRun:
    """A finished run's network with its best weights. Raises ConfigError, or ModelError where weights do not fit."""
    for needed in (OWN, BEST, RUN):
        if not (folder / needed).is_file():
            raise ConfigError(f"{folder}: {needed} is missing; expected a finished run; go on with --resume")
    recipe = read_toml(OwnRecipe, folder / OWN)
    summary: dict[str, Any] = json.loads((folder / RUN).read_text(encoding="utf-8"))
    labels = tuple(summary["labels"])
    network = FaceNetwork(recipe.network, {HEAD: len(labels)})
    try:
        network.load_state_dict(load_state(folder / BEST)["network"])
    except (RuntimeError, KeyError) as error:
        raise ModelError(f"{folder / BEST}: does not fit {OWN}: {str(error).splitlines()[0]}") from error
    network.eval()
    return OwnRun(recipe, labels, network, folder / BEST, summary)
