"""``emovere audit``: anybody's predictions on FER2013, and whether they can be believed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from emovere.cli.evaluate import Format


def audit(
    predictions: Annotated[
        Path, typer.Argument(metavar="PREDICTIONS.csv", help="Columns label and prediction, or a column a class.")
    ],
    data: Annotated[
        Path | None, typer.Option("--data", help="FER2013 as for evaluate: also look for copies of Training's faces.")
    ] = None,
    claim: Annotated[
        float | None, typer.Option(metavar="PERCENT", help="The accuracy that is claimed, such as 79.79.")
    ] = None,
    layout: Annotated[Format, typer.Option("--format", help="How the findings are printed.")] = Format.TABLE,
) -> None:
    """Examine predictions: which split they are on, how good they are, and whether a claim holds."""
    from emovere.datasets.load import load_faces
    from emovere.evaluate.audit import audit as examine
    from emovere.evaluate.audit_file import read_predictions
    from emovere.evaluate.audit_text import audit_text

    answers = read_predictions(predictions)
    found = examine(answers, faces=None if data is None else load_faces(data), claim=claim)
    if layout is Format.JSON:
        print(json.dumps(found.to_dict(), indent=2))
    else:
        print(f"{predictions.name}, taken for {found.identity.name or 'no official split'}\n\n{audit_text(found)}")
