"""``emovere data check``: what is wrong with a set, one line each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from emovere.cli import options as shared
from emovere.cli.data.options import Patches, Set


def check(
    path: Set,
    rows_file: Annotated[
        Path | None, typer.Option("--list", metavar="FILE.csv", help="Also write which rows are meant.")
    ] = None,
    output_format: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
    ferplus: shared.FerPlus = None,
    patches: Patches = None,
) -> None:
    """Look for leaks between splits, contradictions, missing classes, broken pictures, made faces in tests, licences.

    Each finding is one line with its count and what to do. Exit code 1 where something is wrong; notes are no wrongs.
    """
    from emovere.datasets.load import load_rows
    from emovere.datasets.stats.check import check as look
    from emovere.datasets.stats.check import write_rows
    from emovere.datasets.stats.text import findings_text

    if output_format not in ("table", "json"):
        raise typer.BadParameter("expected table or json", param_hint="--format")
    rows = load_rows(path, ferplus=ferplus, patches=patches or [])
    findings = look(rows, path)
    if rows_file is not None:
        write_rows(findings, rows, rows_file)
    if output_format == "json":
        print(json.dumps([one.to_dict() for one in findings], ensure_ascii=False, indent=1))
    else:
        splits = len(set(rows.faces.splits.tolist()) - {""})
        what = f"{len(rows):,} faces in {len(rows.faces.label_names)} classes and {splits} splits"
        print(findings_text(findings, what), end="")
    if any(one.wrong for one in findings):
        raise typer.Exit(1)
