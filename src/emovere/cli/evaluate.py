"""``emovere evaluate``: how well a network tells the expressions of a split, and how it breaks."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emovere.cli import options as shared

if TYPE_CHECKING:
    from emovere.evaluate.robustness import Robustness
    from emovere.evaluate.split import SplitResult


class LabelSet(StrEnum):
    """What the network is asked for."""

    AUTO = "auto"
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
        LabelSet,
        typer.Option(
            help="fer7: FER2013's labels. ferplus8: the majority of FER+'s votes. auto: fer7, or such of "
            "its classes as the network tells."
        ),
    ] = LabelSet.AUTO,
    robustness: Annotated[
        bool, typer.Option("--robustness", help="Measure how it breaks: faces spoilt in 13 ways, at 5 strengths each.")
    ] = False,
    count: Annotated[
        int | None,
        typer.Option(
            "--faces", metavar="N", min=1, help="With --robustness: faces drawn from the split; 1000 unless said."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="A folder for evaluation.json, confusion.png and confusion.txt; "
            "with --robustness for robustness.json, .png and .txt.",
        ),
    ] = None,
    layout: Annotated[Format, typer.Option("--format", help="How the figures are printed.")] = Format.TABLE,
) -> None:
    """Measure a network on a split of FER2013: officially, and without copies of other splits' faces."""
    from emovere.classify.classifier import load_model
    from emovere.datasets.fer2013 import load_fer2013
    from emovere.evaluate.corruptions import CORRUPTIONS
    from emovere.evaluate.robustness import FACES, measure_robustness
    from emovere.evaluate.robustness_text import robustness_text
    from emovere.evaluate.split import evaluate_split
    from emovere.evaluate.text import examination_text

    if count is not None and not robustness:
        raise typer.BadParameter("--faces goes with --robustness; without it the whole split is measured")
    network = load_model(model, labels=labels.value)
    label_set = "ferplus8" if labels is LabelSet.FERPLUS8 else "fer7"
    faces = load_fer2013(data, ferplus=ferplus)
    if split == "PrivateTest":
        _say("PrivateTest: nothing may be chosen by these figures")
    if robustness:
        places = {name: f"{name}, {place} of {len(CORRUPTIONS)}" for place, name in enumerate(CORRUPTIONS, 1)}
        broken = measure_robustness(
            network,
            faces,
            split,
            label_set=label_set,
            count=count or FACES,
            told=lambda name: _say(f"emovere: {places[name]}"),
        )
        _hand_over(broken, robustness_text(broken), "robustness.json, robustness.png, robustness.txt", output, layout)
    else:
        result = evaluate_split(network, faces, split, label_set=label_set)
        text = examination_text(result.examination)
        _hand_over(result, text, "evaluation.json, confusion.png, confusion.txt", output, layout)


def _hand_over(result: SplitResult | Robustness, text: str, files: str, output: Path | None, layout: Format) -> None:
    if output is not None:
        result.save(output)
        _say(f"written to {output}: {files}")
    if layout is Format.JSON:
        print(json.dumps(result.to_dict(), indent=2))
    else:
        print(f"{result.title}\n\n{text}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
