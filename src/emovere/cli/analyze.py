"""``emovere analyze``: photos and videos in, a table or a file out."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emovere.cli import options as shared

if TYPE_CHECKING:
    from emovere.cli.run import Wanted
    from emovere.config import Options


def analyze(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Photos, videos, folders, globs, @FILE with a name a line, or - for a photo on stdin.",
        ),
    ],
    format: Annotated[str, typer.Option("--format", "-f", help="table, json, jsonl, csv or parquet.")] = "table",
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="PATH", help="Write here instead of stdout.")
    ] = None,
    annotate: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Also draw boxes and bars: into this folder, or one video into this file."),
    ] = None,
    emoji: Annotated[bool, typer.Option("--emoji", help="Draw each expression as a large symbol, too.")] = False,
    timeline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also draw expressions over time: a .png or .html file.")
    ] = None,
    events: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write onsets, apexes and offsets of expressions as CSV.")
    ] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Compare the videos, each with the first.")] = False,
    every: Annotated[str, typer.Option(metavar="TIME", help="Of a video, look at a frame every so often: 0.2s.")] = "0",
    start: Annotated[str, typer.Option(metavar="TIME", help="Where in a video to begin, such as 1:30.")] = "0",
    end: Annotated[str, typer.Option(metavar="TIME", help="Where in a video to stop.")] = "0",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with interrupted work that wrote to --output.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Share the work among N processes; 0 takes as many as there are cores."),
    ] = None,
    engine: Annotated[str | None, typer.Option(metavar="NAME", help="ray: write a folder of Parquet files.")] = None,
    address: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Ray cluster, or auto; else Ray is started here.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, max=8, help="Expressions to name for each face.")] = 3,
    labels: shared.Labels = "auto",
    detector: shared.Detector = "auto",
    model: shared.Model = "light",
    settings: shared.Settings = None,
    quiet: shared.Quiet = False,
) -> None:
    """Find every face in photos and videos and tell the mix of expressions on each.

    What a face shows is not what the person feels.
    """
    from emovere.cli.run import Wanted, run
    from emovere.config import Options, override
    from emovere.pipeline import Analyzer, with_settings

    def told(options: Options) -> Options:
        options = override(with_settings(options, labels=labels, model=model, detector=detector), settings or [])
        return timed(options, every=every, start=start, end=end)

    target = None if output is None else Path(output)
    wanted = Wanted(format, target, annotate, timeline, events, compare, emoji, resume, top, quiet)
    if workers is None and engine is None and address is None:
        check_wanted(wanted)
        failed = run(Analyzer(told(Options())), inputs, wanted)
    else:
        from emovere.cli.scale import Spread, run_scaled
        from emovere.scale.options import ArchiveOptions

        archive = told(ArchiveOptions())
        assert isinstance(archive, ArchiveOptions)
        failed = run_scaled(archive, inputs, wanted, Spread(workers, engine, address, output))
    if failed:
        raise typer.Exit(1)


def timed(options: Options, *, every: str, start: str, end: str) -> Options:
    """Options with the times that were given. Raises ConfigError."""
    from emovere.cli.times import seconds
    from emovere.errors import ConfigError

    given = {"every": every, "start": start, "end": end}
    times = {name: seconds(f"--{name}", text) for name, text in given.items() if text != "0"}
    video = dataclasses.replace(options.video, **times)
    if video.end and video.end <= video.start:
        raise ConfigError(f"--end: expected a time after --start; got {video.end:g} s and {video.start:g} s")
    return dataclasses.replace(options, video=video)


def check_wanted(wanted: Wanted) -> None:
    """Raise ConfigError for what cannot be done before the work begins."""
    from emovere.errors import ConfigError

    check_format(wanted.format, wanted.output)
    if wanted.resume and wanted.output is None:
        raise ConfigError("--resume: goes on with the file that --output names; name it")
    if wanted.symbols and wanted.annotate is None:
        raise ConfigError("--emoji: draws into what --annotate writes; name that, too")
    check_timeline(wanted.timeline)


def check_timeline(path: Path | None) -> None:
    """Raise ConfigError for a timeline of another kind."""
    from emovere.errors import ConfigError

    if path is not None and path.suffix.lower() not in (".png", ".html"):
        raise ConfigError(f"--timeline: expected a name that ends in .png or .html; got {path}")


def check_format(name: str, output: Path | None) -> None:
    """Raise ConfigError for a format that is not known or that a terminal cannot show."""
    from emovere.errors import ConfigError, unknown_name
    from emovere.report.base import BINARY, WRITERS

    if name not in WRITERS:
        raise ConfigError(unknown_name("format", name, WRITERS))
    if name in BINARY and output is None and sys.stdout.isatty():
        raise ConfigError(f"{name} is binary: name a file with --output, or send stdout to one")
