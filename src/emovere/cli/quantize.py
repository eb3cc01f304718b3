"""``emovere quantize``: a network in, the same in 8-bit integers out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emovere.cli import options as shared


def quantize(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A network's name, or a file of `emovere export`.")],
    data: shared.Data,
    ferplus: shared.FerPlus = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The ONNX file; NAME-int8.onnx here unless named.")
    ] = None,
    most_lost: Annotated[
        float, typer.Option(help="Points of accuracy on PublicTest that it may cost; more, and it is refused.")
    ] = 0.3,
    manifest: Annotated[
        Path | None, typer.Option(help="Also lay the file into this manifest.toml's models/ and write its entry.")
    ] = None,
) -> None:
    """Write a network in 8-bit integers: about half the size, and a third of the time a face.

    Ranges are measured on Training faces, the loss and the conformal thresholds on PublicTest.
    """
    from emovere.cli.extras import needs
    from emovere.datasets.load import load_faces

    needs("train", "torch", "onnx", "onnxscript")
    from emovere.export.manifest import register
    from emovere.export.quantise import quantise

    faces = load_faces(data, ferplus=ferplus)
    path = output or Path(f"{Path(model).stem}-int8.onnx")
    done = quantise(model, faces, path, most_lost=most_lost / 100)
    print(f"{done.path}  {done.path.stat().st_size / 1e6:.2f} MB")
    print(f"PublicTest: {100 * done.accuracy_before:.2f} % -> {100 * done.accuracy_after:.2f} %")
    if manifest is not None:
        print(f"{register(done, manifest)}  entered in {manifest}")
