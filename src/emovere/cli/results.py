"""``emovere results``: what runs came to, as a page in Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def results(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Runs' folders, with what `emovere evaluate --output` wrote inside."),
    ],
) -> None:
    """Print a table of runs from their own files: parameters, accuracies, calibration, epochs, minutes, seed."""
    from emovere.evaluate.results import read_run
    from emovere.evaluate.results_text import command_of, results_page

    print(results_page([read_run(folder) for folder in runs], command_of(runs)), end="")
