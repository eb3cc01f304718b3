"""``emovere data augment``: a set in, a set with more faces of its rare classes out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from emovere.cli import options as shared


def augment(
    source: Annotated[Path, typer.Argument(metavar="SET", help="A set's folder, or FER2013 in any layout.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="NEW", help="The new set's folder.")],
    to: Annotated[
        int, typer.Option("--to", min=0, help="Faces that every class is to have in the end; larger ones stay.")
    ] = 0,
    balance: Annotated[
        bool, typer.Option("--balance", help="As many faces of every class as the largest class has.")
    ] = False,
    kinds: Annotated[
        str | None,
        typer.Option(
            "--with",
            metavar="LIST",
            help="What is made: rotated,scaled,zoomed,flipped unless given; generated faces need --generator.",
        ),
    ] = None,
    generator: Annotated[
        Path | None,
        typer.Option("--generator", metavar="FILE", help="A generator's ONNX file; needs generated in --with."),
    ] = None,
    split: Annotated[
        str, typer.Option("--split", help="The split that faces are taken from and added to.")
    ] = "Training",
    seed: Annotated[int, typer.Option("--seed", help="The same seed makes the same faces.")] = 1,
    ferplus: shared.FerPlus = None,
    quiet: shared.Quiet = False,
) -> None:
    """Make varied and generated faces of rare classes, each marked as made, never in a split that is tested on.

    Nothing is made from held-out faces or copies of them. Every row of SET stays as it is.
    """
    from emovere.datasets.augment.balance import VARIED, Balance
    from emovere.datasets.augment.balance import augment as make
    from emovere.datasets.augment.maker import FaceMaker
    from emovere.datasets.folder import is_set_folder, write_folder
    from emovere.datasets.load import load_rows
    from emovere.errors import DatasetError

    if (to > 0) == balance:
        raise typer.BadParameter("name either a number of faces (--to N) or --balance")
    if is_set_folder(output):
        raise DatasetError(f"{output}: holds a set already; name another folder, or delete this one")
    chosen = VARIED if kinds is None else tuple(word.strip() for word in kinds.split(",") if word.strip())
    maker = None if generator is None else FaceMaker(generator)
    rows = load_rows(source, ferplus=ferplus)
    tell = None if quiet else _say
    augmented = make(rows, Balance(to, split, chosen, seed), maker, tell)
    if not quiet:
        _say(
            f"{augmented.left_out:,} faces of {split} were not made others from: copies of held-out faces and no faces"
        )
        for name, missing in augmented.short.items():
            _say(f"{name}: {missing:,} faces fewer than wanted; there are no further variations of this kind")
    write_folder(augmented.rows, output)
    for name, made in augmented.made.items():
        print(f"{name}: {', '.join(f'{count:,} {kind}' for kind, count in made.items())}")
    added = len(augmented.rows) - len(rows)
    print(f"{output}: {len(augmented.rows):,} faces, {added:,} of them new")


def _say(text: str) -> None:
    print(f"emovere: {text}", file=sys.stderr, flush=True)
