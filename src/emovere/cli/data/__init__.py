"""``emovere data``: from an idea to a clean set of faces."""

from __future__ import annotations

import typer

from emovere.cli.data.patch import app as patch

app = typer.Typer(no_args_is_help=True)
app.add_typer(patch, name="patch", help="Verdicts on faces: apply, withdraw, show.")
