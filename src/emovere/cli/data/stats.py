"""``emovere data stats``: what is in a set, as a table, as JSON, as a page."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from emovere.cli import options as shared
from emovere.cli.data.options import Patches, Set, set_name


def stats(
    path: Set,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="PAGE.html", help="Also write a page with charts and faces.")
    ] = None,
    output_format: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
    seed: Annotated[int, typer.Option("--seed", help="By which the faces of the page are drawn.")] = 0,
    ferplus: shared.FerPlus = None,
    patches: Patches = None,
) -> None:
    """Count a set: classes and splits, imbalance, contrast and sharpness, sources, licences, votes."""
    from emovere.datasets.load import load_rows
    from emovere.datasets.stats.check import check
    from emovere.datasets.stats.report import write_report
    from emovere.datasets.stats.summary import summarise
    from emovere.datasets.stats.text import summary_text

    if output_format not in ("table", "json"):
        raise typer.BadParameter("expected table or json", param_hint="--format")
    rows = load_rows(path, ferplus=ferplus, patches=patches or [])
    summary = summarise(rows, set_name(path))
    as_json = output_format == "json"
    told = json.dumps(summary.to_dict(), ensure_ascii=False, indent=1) if as_json else summary_text(summary).rstrip()
    print(told)
    if report is not None:
        write_report(rows, summary, check(rows, path), report, seed=seed)
        print(f"emovere: {report}: shows faces out of the data; keep it to yourself", file=sys.stderr)
