"""``emovere data``: from an idea to a clean set of faces."""

from __future__ import annotations

import typer

from emovere.cli.data.augment import augment
from emovere.cli.data.check import check
from emovere.cli.data.clean import clean, fold
from emovere.cli.data.collect import collect
from emovere.cli.data.export import export
from emovere.cli.data.import_ import import_
from emovere.cli.data.patch import app as patch
from emovere.cli.data.review import review
from emovere.cli.data.split import split
from emovere.cli.data.stats import stats

app = typer.Typer(no_args_is_help=True)
app.command()(collect)
app.command()(clean)
app.command()(fold)
app.command()(review)
app.add_typer(patch, name="patch", help="Verdicts on faces: apply, withdraw, show.")
app.command()(stats)
app.command()(check)
app.command()(split)
app.command()(augment)
app.command()(export)
app.command("import")(import_)
