"""``emovere analyze``: photos in, a table or a file out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emovere.cli import options as shared

if TYPE_CHECKING:
    from emovere.pipeline import Analyzer, Seen
    from emovere.types import Problem


def analyze(
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT...", help="Photos, folders, globs, or - for stdin.")],
    format: Annotated[str, typer.Option("--format", "-f", help="table, json, jsonl, csv or parquet.")] = "table",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write here instead of stdout.")] = None,
    annotate: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write every photo there, with boxes and bars.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, max=8, help="Expressions to name for each face.")] = 3,
    labels: shared.Labels = "fer7",
    detector: shared.Detector = "auto",
    model: shared.Model = "light",
    settings: shared.Settings = None,
    quiet: shared.Quiet = False,
) -> None:
    """Find every face in photos and tell the mix of expressions on each.

    What a face shows is not what the person feels.
    """
    from emovere.config import Options, override
    from emovere.pipeline import Analyzer, with_settings

    check_format(format, output)
    options = override(with_settings(Options(), labels=labels, model=model, detector=detector), settings or [])
    failed = run(Analyzer(options), inputs, format=format, output=output, annotate_into=annotate, top=top, quiet=quiet)
    if failed:
        raise typer.Exit(1)


def check_format(name: str, output: Path | None) -> None:
    """Raise ConfigError for a format that is not known or that a terminal cannot show."""
    from emovere.errors import ConfigError, unknown_name
    from emovere.report.base import BINARY, WRITERS

    if name not in WRITERS:
        raise ConfigError(unknown_name("format", name, WRITERS))
    if name in BINARY and output is None and sys.stdout.isatty():
        raise ConfigError(f"{name} is binary: name a file with --output, or send stdout to one")


def run(
    analyzer: Analyzer,
    inputs: list[str],
    *,
    format: str,
    output: Path | None = None,
    annotate_into: Path | None = None,
    top: int = 3,
    quiet: bool = False,
) -> int:
    """Analyse, write as it goes, and return how many inputs failed."""
    from emovere import config
    from emovere.cli.progress import progress
    from emovere.report.base import Header, destination, open_writer
    from emovere.sources.inputs import expand
    from emovere.types import Problem
    from emovere.version import __version__

    header = Header(
        labels=analyzer.classifier.labels,
        models=analyzer.models,
        config=config.to_dict(analyzer.options),
        emovere=__version__,
        top_k=top,
    )
    folder = None
    if annotate_into is not None:
        from emovere.cli.annotated import AnnotatedFolder

        folder = AnnotatedFolder(annotate_into, top)
    sources = list(expand(inputs))
    rows_show_progress = output is None and sys.stdout.isatty()
    failed = 0
    with destination(output, format) as file, open_writer(format, file, header) as writer:
        for item in progress(analyzer.stream(sources), len(sources), _source, quiet=quiet or rows_show_progress):
            if isinstance(item, Problem):
                failed += 1
                writer.problem(item)
                print(f"emovere: {item.message}", file=sys.stderr)
            else:
                writer.frame(item.result)
                if folder is not None:
                    folder.save(item.frame, item.result)
    return failed


def _source(item: Seen | Problem) -> str:
    from emovere.types import Problem

    return item.source if isinstance(item, Problem) else item.frame.source
