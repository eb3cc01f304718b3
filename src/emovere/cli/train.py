"""``emovere train``: a recipe and FER2013 in, a run's folder out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emovere.cli import options as shared


def train(
    recipe: Annotated[
        str, typer.Argument(help="A recipe's name (light, nano, faces, check and others), or a TOML file.")
    ],
    data: shared.Data,
    ferplus: shared.FerPlus = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="The run's folder; runs/RECIPE unless named.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the run in the folder stopped.")] = False,
    scenes: Annotated[
        Path | None, typer.Option("--scenes", help="Photographs that a detector learns from: a parquet file.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="NETWORK",
            help="Fine-tune this network (a name, an ONNX file, a run's folder) on your own folders: --data "
            "FOLDER holds a folder of pictures for each class. The run's folder is runs/mine unless named.",
        ),
    ] = None,
    patch: Annotated[
        list[Path] | None,
        typer.Option(
            "--patch",
            metavar="FILE",
            help="Verdicts of emovere data clean or review, laid over the Training faces alone.",
        ),
    ] = None,
    settings: shared.Settings = None,
) -> None:
    """Train a network. Ctrl-C stops it after keeping the last whole epoch; --resume goes on.

    The recipe faces trains a detector, check the network that tells faces from what is none: they need --scenes beside
    --data. generator makes faces of each emotion, which emovere data augment adds to rare ones.
    """
    from emovere.cli.extras import needs
    from emovere.config import override
    from emovere.datasets.load import load_faces

    needs("train", "torch", "lightning", "kornia")
    from emovere.train.check.recipe import is_check_recipe
    from emovere.train.generate.recipe import is_generator_recipe

    if start is not None:
        from emovere.cli.own_faces import train_own_faces

        train_own_faces(recipe, start, data, output, resume=resume, settings=settings)
        return
    if is_generator_recipe(recipe):
        from emovere.cli.generator import train_generator

        needs("train", "onnx", "onnxscript")
        train_generator(recipe, data, ferplus, output, resume=resume, settings=settings or [])
        return
    if is_check_recipe(recipe):
        _train_check(recipe, data, ferplus, scenes, output, resume, settings or [])
        return
    if recipe == "faces" or scenes is not None:
        _train_faces(recipe, data, scenes, output, resume, settings or [])
        return
    from emovere.train.curves import draw_run
    from emovere.train.fit import fit
    from emovere.train.processes import is_first_process
    from emovere.train.recipe import load_recipe

    wanted = override(load_recipe(recipe), settings or [])
    folder = output or Path("runs") / wanted.name
    faces = load_faces(data, ferplus=ferplus, patches=patch or (), splits=["Training"])
    run = fit(wanted, faces, folder, resume=resume)
    if not is_first_process():
        return
    draw_run(folder)
    print(f"PublicTest {run['public_accuracy']:.2%} after {run['epochs']} epochs; next: emovere export {folder}")


def _train_faces(
    recipe: str, data: Path, scenes: Path | None, output: Path | None, resume: bool, settings: list[str]
) -> None:
    from emovere.config import override
    from emovere.datasets.load import load_faces
    from emovere.train.faces.fit import fit_faces, gather
    from emovere.train.faces.history import draw_faces_run
    from emovere.train.faces.recipe import check_recipe, load_faces_recipe

    if scenes is None:
        raise typer.BadParameter(
            "the recipe faces needs photographs; name a parquet file of them", param_hint="--scenes"
        )
    wanted = check_recipe(override(load_faces_recipe(recipe), settings))
    folder = output or Path("runs") / wanted.name
    run = fit_faces(wanted, gather(scenes, load_faces(data), wanted.network.channels), folder, resume=resume)
    draw_faces_run(folder)
    print(
        f"recall {run['choosing_recall']:.1%} with 1 to 16 false on the photographs kept for choosing, after "
        f"{run['epochs']} epochs; next: emovere export {folder} --data {data} --scenes {scenes}"
    )


def _train_check(
    recipe: str,
    data: Path,
    ferplus: Path | None,
    scenes: Path | None,
    output: Path | None,
    resume: bool,
    settings: list[str],
) -> None:
    from emovere.config import override
    from emovere.datasets.load import load_faces
    from emovere.train.check.fit import LOST, fit_check
    from emovere.train.check.recipe import checked_recipe, load_check_recipe

    if scenes is None:
        raise typer.BadParameter("check needs photographs; name a parquet file of them", param_hint="--scenes")
    if resume:
        raise typer.BadParameter("check is trained in minutes, at one go; start anew", param_hint="--resume")
    wanted = checked_recipe(override(load_check_recipe(recipe), settings))
    folder = output or Path("runs") / wanted.name
    run = fit_check(wanted, load_faces(data, ferplus=ferplus), scenes, folder)
    print(
        f"{run['mistakes_dropped']:.1%} of detectors' mistakes dropped for {LOST:.1%} of the faces, on the photographs "
        f"kept for choosing; next: emovere export {folder}"
    )
