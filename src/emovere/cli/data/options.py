"""Options that the commands on a set share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Set: TypeAlias = Annotated[
    Path,
    typer.Argument(metavar="SET", help="A set's folder; or FER2013 as fer2013.csv, parquet, or folders of pictures."),
]
Patches: TypeAlias = Annotated[
    list[Path] | None, typer.Option("--patch", metavar="PATCH", help="Verdicts to lay over the set first; repeatable.")
]


def set_name(path: Path) -> str:
    """What a set is called: by itself, else by its folder or file."""
    from emovere.datasets.folder import describe, is_set_folder

    named = str(describe(path).get("name") or "") if is_set_folder(path) else ""
    return named or (path.resolve().name if path.is_dir() else path.stem)
