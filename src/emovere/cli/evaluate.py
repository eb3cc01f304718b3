"""``emovere evaluate``: how well a network tells the expressions of a split."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from emovere.cli import options as shared


class LabelSet(StrEnum):
    """What the network is asked for."""

    FER7 = "fer7"
    FERPLUS8 = "ferplus8"


class Format(StrEnum):
    """How the figures are printed."""

    TABLE = "table"
    JSON = "json"


def evaluate(
    model: Annotated[str, typer.Argument(help="A network's name, or an ONNX file.")],
    *,
    data: shared.Data,
    split: Annotated[
        str, typer.Option(help="The split to measure on. Keep PrivateTest for the one figure that is reported.")
    ] = "PublicTest",
    ferplus: shared.FerPlus = None,
    labels: Annotated[
        LabelSet, typer.Option(help="fer7: FER2013's labels. ferplus8: the majority of FER+'s votes.")
    ] = LabelSet.FER7,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR", help="A folder for evaluation.json, confusion.png and confusion.txt."
        ),
    ] = None,
    layout: Annotated[Format, typer.Option("--format", help="How the figures are printed.")] = Format.TABLE,
) -> None:
    """Measure a network on a split of FER2013: officially, and without copies of other splits' faces."""
    from emovere.classify.classifier import load_model
    from emovere.datasets.fer2013 import load_fer2013
    from emovere.evaluate.split import evaluate_split
    from emovere.evaluate.text import examination_text

    network = load_model(model, labels=labels.value)
    faces = load_fer2013(data, ferplus=ferplus)
    if split == "PrivateTest":
        _say("PrivateTest: nothing may be chosen by these figures")
    result = evaluate_split(network, faces, split, label_set=labels.value)
    if output is not None:
        result.save(output)
        _say(f"written to {output}: evaluation.json, confusion.png, confusion.txt")
    if layout is Format.JSON:
        print(json.dumps(result.to_dict(), indent=2))
    else:
        print(f"{result.title}\n\n{examination_text(result.examination)}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
