"""``emovere export``: a run's folder in, one ONNX file out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emovere.cli import options as shared


def export(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="The folder of a finished emovere train, or a file of emovere export.")
    ],
    data: Annotated[
        Path | None,
        typer.Option("--data", help="FER2013, as for emovere train; a run on your own faces needs none."),
    ] = None,
    ferplus: shared.FerPlus = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The ONNX file; RUN/NAME.onnx unless named.")
    ] = None,
    version: Annotated[str, typer.Option("--model-version", help="Version of the network.")] = "1",
    manifest: Annotated[
        Path | None, typer.Option(help="Also lay the file into this manifest.toml's models/ and write its entry.")
    ] = None,
    scenes: Annotated[
        Path | None, typer.Option("--scenes", help="For a detector: the photographs that it was trained with.")
    ] = None,
) -> None:
    """Write a run's best weights as one ONNX file: normalisation, temperature and softmax inside, checked with torch.

    Temperature and conformal thresholds are fitted on PublicTest; those for your own faces on their choosing part. Of a
    network that is one file already, only the thresholds are fitted anew.
    """
    from emovere.cli.extras import needs
    from emovere.datasets.load import load_faces

    needs("train", "torch", "lightning", "onnx", "onnxscript")
    from emovere.export.manifest import register, register_file
    from emovere.export.run import export_run
    from emovere.export.sets import refit_sets
    from emovere.train.check.export import export_check
    from emovere.train.check.recipe import is_check_run
    from emovere.train.faces.finish import export_faces, is_faces_run
    from emovere.train.generate.export import export_generator
    from emovere.train.generate.recipe import is_generator_run

    if (run / "own.toml").is_file():
        from emovere.export.own import export_own

        if manifest is not None:
            raise typer.BadParameter("a network for your own faces is named by its file", param_hint="--manifest")
        own = export_own(run, output or run / f"{run.resolve().name}.onnx", version=version)
        print(f"{own.path}  {own.path.stat().st_size / 1e6:.2f} MB")
        return
    if is_generator_run(run):
        made = export_generator(run, output or run / "generator.onnx", version=version)
        print(f"{made}  {made.stat().st_size / 1e6:.2f} MB")
        return
    if is_check_run(run):
        check = export_check(run, output or run / "check.onnx", version=version)
        print(f"{check}  {check.stat().st_size / 1e3:.0f} kB")
        if manifest is not None:
            print(f"{register_file(check, manifest)}  entered in {manifest}")
        return
    if data is None:
        raise typer.BadParameter("name FER2013, on whose PublicTest it is calibrated", param_hint="--data")
    faces = load_faces(data, ferplus=ferplus)
    if is_faces_run(run):
        if scenes is None:
            raise typer.BadParameter("a detector is calibrated on photographs; name them", param_hint="--scenes")
        detector = export_faces(run, scenes, faces, output or run / "own.onnx", version=version)
        print(f"{detector.path}  {detector.path.stat().st_size / 1e6:.2f} MB")
        if manifest is not None:
            print(f"{register_file(detector.path, manifest)}  entered in {manifest}")
        return
    if run.suffix == ".onnx":
        exported = refit_sets(run, faces, output or run)
    else:
        exported = export_run(run, faces, output or run / f"{run.name}.onnx", version=version)
    print(f"{exported.path}  {exported.path.stat().st_size / 1e6:.2f} MB")
    if manifest is not None:
        print(f"{register(exported, manifest)}  entered in {manifest}")
