"""``emovere train``: a recipe and FER2013 in, a run's folder out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emovere.cli import options as shared


def train(
    recipe: Annotated[str, typer.Argument(help="A recipe's name (light, nano), or a TOML file.")],
    data: shared.Data,
    ferplus: shared.FerPlus = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="The run's folder; runs/RECIPE unless named.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the run in the folder stopped.")] = False,
    settings: shared.Settings = None,
) -> None:
    """Train a network. Ctrl-C stops it after keeping the last whole epoch; --resume goes on."""
    from emovere.cli.extras import needs
    from emovere.config import override
    from emovere.datasets.fer2013 import load_fer2013

    needs("train", "torch", "lightning", "kornia")
    from emovere.train.curves import draw_run
    from emovere.train.fit import fit
    from emovere.train.recipe import load_recipe

    wanted = override(load_recipe(recipe), settings or [])
    folder = output or Path("runs") / wanted.name
    run = fit(wanted, load_fer2013(data, ferplus=ferplus), folder, resume=resume)
    draw_run(folder)
    print(f"PublicTest {run['public_accuracy']:.2%} after {run['epochs']} epochs; next: emovere export {folder}")
