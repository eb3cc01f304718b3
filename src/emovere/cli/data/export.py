"""``emovere data export``: a set in a form that other people's programs read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from emovere.cli import options as shared
from emovere.cli.data.options import Patches, Set, set_name


def export(
    path: Set,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT", help="The new folder.")],
    form: Annotated[str, typer.Option("--format", help="folders, csv, parquet or coco.")] = "folders",
    name: Annotated[str, typer.Option("--name", help="What the card calls the set; its own name unless given.")] = "",
    ferplus: shared.FerPlus = None,
    patches: Patches = None,
) -> None:
    """Write a set with its patches laid over: its faces, a card, and who made the pictures under which licence.

    folders: split/label/picture.png. csv: Kaggle's fer2013.csv, votes as fer2013new.csv. parquet: as Hugging Face keeps
    sets. coco: whole pictures with boxes. The folder appears when it is whole.
    """
    from emovere.datasets.folder import is_set_folder
    from emovere.datasets.load import load_rows
    from emovere.datasets.share.export import export as write

    rows = load_rows(path, ferplus=ferplus, patches=patches or [])
    written = write(rows, output, form, name=name or set_name(path), source=path if is_set_folder(path) else None)
    print(f"{output}: {len(rows):,} faces as {form}: {', '.join(written)}")
    unknown = sum(not text for text in rows.column("licence"))
    if unknown:
        print(f"emovere: the licence of {unknown:,} faces is not known: do not give them away", file=sys.stderr)
