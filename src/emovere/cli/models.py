"""``emovere models``: the networks and detectors there are, and where their files lie."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)

_Names = Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Models by name.")]


@app.command("list")
def list_models() -> None:
    """Every model: what it does, its licence, its size, where it is."""
    from emovere import weights

    rows = [("NAME", "ROLE", "VERSION", "LICENCE", "SIZE", "WHERE")]
    for entry in weights.manifest().values():
        path = weights.place(entry.name)
        where = str(path) if path.is_file() else "not downloaded"
        rows.append((entry.name, entry.role, entry.version, entry.licence, f"{entry.size / 1000:,.0f} kB", where))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    for row in rows:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]))
    print("The detector haar needs no file: it comes with OpenCV.", file=sys.stderr)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A model's name.")],
    json: Annotated[bool, typer.Option("--json", help="As JSON, with the file's path.")] = False,
) -> None:
    """Everything that is known of one model."""
    from dataclasses import asdict
    from json import dumps

    from emovere import weights

    entry, path = weights.entry(name), weights.place(name)
    fields = {**asdict(entry), "path": str(path) if path.is_file() else None}
    if json:
        print(dumps(fields, indent=2, ensure_ascii=False))
        return
    for key, value in fields.items():
        if value not in ("", None, 0, ()):
            print(f"{key:<16} {', '.join(value) if isinstance(value, tuple) else value}")
    if not path.is_file():
        print(f"{'path':<16} not downloaded; emovere models download {name}")


@app.command()
def download(
    names: _Names = None,
    all_models: Annotated[bool, typer.Option("--all", help="Every model that is not here yet.")] = False,
) -> None:
    """Fetch models by their pinned SHA-256. Prints where each lies."""
    from emovere import weights

    if not names and not all_models:
        raise typer.BadParameter("name a model, or --all")
    for name in names or weights.manifest():
        print(weights.fetch(name))


@app.command()
def verify(names: _Names = None) -> None:
    """Compare files with their pinned SHA-256: the named ones, else all that are here. Exit code 1 if any is wrong."""
    from emovere import weights
    from emovere.errors import WeightsError

    here = [name for name in weights.manifest() if weights.place(name).is_file()]
    wrong = False
    for name in names or here:
        try:
            print(f"ok  {name}  {weights.verify(name)}")
        except WeightsError as error:
            wrong = True
            print(f"emovere: {error}", file=sys.stderr)
    if wrong:
        raise typer.Exit(1)
