"""The command line: parse, call one public function, print. Data on stdout, talk on stderr.

Exit codes: 0 done, 1 something could not be done (one line says what), 2 the command was not understood.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from emovere.cli.analyze import analyze
from emovere.cli.audit import audit
from emovere.cli.compare import compare
from emovere.cli.data import app as data
from emovere.cli.demo import demo
from emovere.cli.doctor import doctor
from emovere.cli.evaluate import evaluate
from emovere.cli.export import export
from emovere.cli.journal import app as journal
from emovere.cli.models import app as models
from emovere.cli.quantize import quantize
from emovere.cli.results import results
from emovere.cli.serve import serve
from emovere.cli.train import train
from emovere.cli.watch import watch
from emovere.errors import EmovereError, Interrupted
from emovere.version import __version__


class Commands(TyperGroup):
    """Ends an interrupted command as every other failure ends: one line, exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise Interrupted("interrupted; nothing is half written") from error


app = typer.Typer(
    name="emovere",
    cls=Commands,
    help="Sees facial expressions and says honestly what it saw.",
    epilog="A result describes what a face shows, not what the person feels.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(analyze)
app.command()(watch)
app.command()(serve)
app.command()(demo)
app.command()(doctor)
app.command()(train)
app.command()(evaluate)
app.command()(compare)
app.command()(audit)
app.command()(results)
app.command()(export)
app.command()(quantize)
app.add_typer(data, name="data", help="Sets of faces: collect, clean, review, split, export and what belongs to it.")
app.add_typer(journal, name="journal", help="Sessions over days: list, show, note, trends, compare, export, delete.")
app.add_typer(models, name="models", help="The networks and detectors: list, show, download, verify.")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"emovere {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Options that stand before the command."""


def main() -> None:
    """Run the command line and exit."""
    try:
        app()
    except EmovereError as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail("interrupted; nothing is half written")
    except BrokenPipeError:
        # the reader has gone: a second complaint at interpreter exit would be noise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def fail(message: str) -> None:
    """One line on stderr, and exit code 1."""
    with contextlib.suppress(BrokenPipeError):
        print(f"emovere: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(1)
