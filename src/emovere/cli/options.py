"""Options that several commands share, spelled once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Detector: TypeAlias = Annotated[
    str, typer.Option("--detector", help="auto, yunet, own, haar, hog, depth, or a plug-in's name.")
]
Model: TypeAlias = Annotated[
    str, typer.Option("--model", help="A network's name, or an ONNX file; FILE.toml beside it describes another's.")
]
Labels: TypeAlias = Annotated[
    str, typer.Option("--labels", help="auto, fer7, ferplus8, or a list: angry,happy,neutral,sad.")
]
Settings: TypeAlias = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any other option, such as detect.size=320.")
]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing on stderr but errors.")]
Data: TypeAlias = Annotated[
    Path,
    typer.Option(
        "--data", help="A folder of emovere data, or FER2013: fer2013.csv, the train/test folders, a parquet file."
    ),
]
FerPlus: TypeAlias = Annotated[
    Path | None, typer.Option("--ferplus", help="fer2013new.csv, where the data does not hold FER+'s votes itself.")
]
