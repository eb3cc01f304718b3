"""The folder of a run that Lightning keeps: begun once, gone on with only by the recipe that it was begun with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from emovere.config import read_toml
from emovere.errors import ConfigError

LAST = "last.ckpt"
BEST = "best.ckpt"


def check_folder(recipe: Any, folder: Path, resume: bool) -> None:
    """Raises ConfigError where a run is there already, or, to resume, none is there, or another or a damaged one.

    recipe: a dataclass; what it is compared with stands in the folder's recipe.toml.
    """
    there = (folder / LAST).is_file()
    if there and not resume:
        raise ConfigError(f"{folder}: holds a run already; go on with --resume, or name another folder with --output")
    if resume and not there:
        raise ConfigError(f"{folder}: no {LAST} to resume from; start without --resume")
    if resume:
        read_checkpoint(folder / LAST)
        if read_toml(type(recipe), folder / "recipe.toml") != recipe:
            raise ConfigError(f"{folder}: its recipe.toml differs from this recipe; resume with the same settings")


def read_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint's content. Raises ConfigError where it is damaged."""
    try:
        loaded: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever its unpickler met
        raise ConfigError(
            f"{path}: is damaged ({type(error).__name__}); start anew in another folder, or put a copy of it back"
        ) from error
    return loaded
