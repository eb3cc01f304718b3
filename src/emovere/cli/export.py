"""``emovere export``: a run's folder in, one ONNX file out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emovere.cli import options as shared


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished emovere train.")],
    data: shared.Data,
    ferplus: shared.FerPlus = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The ONNX file; RUN/NAME.onnx unless named.")
    ] = None,
    version: Annotated[str, typer.Option("--model-version", help="Version of the network.")] = "1",
    manifest: Annotated[
        Path | None, typer.Option(help="Also lay the file into this manifest.toml's models/ and write its entry.")
    ] = None,
) -> None:
    """Write a run's best weights as one ONNX file: normalisation, temperature and softmax inside, checked with torch.

    Temperature and conformal threshold are fitted on PublicTest.
    """
    from emovere.cli.extras import needs
    from emovere.datasets.fer2013 import load_fer2013

    needs("train", "torch", "lightning", "onnx", "onnxscript")
    from emovere.export.manifest import register
    from emovere.export.run import export_run

    faces = load_fer2013(data, ferplus=ferplus)
    exported = export_run(run, faces, output or run / f"{run.name}.onnx", version=version)
    print(f"{exported.path}  {exported.path.stat().st_size / 1e6:.2f} MB")
    if manifest is not None:
        print(f"{register(exported, manifest)}  entered in {manifest}")
