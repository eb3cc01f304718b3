"""``emovere watch``: a camera, a stream or a video in, one line a frame out as it happens."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emovere.cli import options as shared

if TYPE_CHECKING:
    from emovere.following import Look
    from emovere.watching import Watch


def watch(
    source: Annotated[
        str, typer.Argument(help="A camera's number (0), rtsp://..., http://..., screen, realsense, or a video.")
    ],
    format: Annotated[str, typer.Option("--format", "-f", help="jsonl, csv or table.")] = "jsonl",
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also keep the pictures, as a video: .mp4, .mkv or .webm.")
    ] = None,
    annotate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The same with boxes and bars drawn in.")
    ] = None,
    emoji: Annotated[bool, typer.Option("--emoji", help="Draw each expression as a large symbol, too.")] = False,
    say: Annotated[bool, typer.Option("--say", help="Speak when an expression changes, or play a cue.")] = False,
    timeline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="At the end, draw expressions over time: .png or .html.")
    ] = None,
    journal: Annotated[
        bool, typer.Option("--journal", help="Keep a session in the journal: numbers, no picture.")
    ] = False,
    journal_url: Annotated[
        str | None,
        typer.Option("--journal-url", metavar="URL", help="The same, in this file or postgresql://... database."),
    ] = None,
    title: Annotated[str, typer.Option(help="What the session is called.")] = "",
    every: Annotated[str, typer.Option(metavar="TIME", help="Look at a frame every so often: 0.2s.")] = "0",
    end: Annotated[str, typer.Option(metavar="TIME", help="Stop after this time.")] = "0",
    labels: shared.Labels = "auto",
    detector: shared.Detector = "auto",
    model: shared.Model = "light",
    settings: shared.Settings = None,
    quiet: shared.Quiet = False,
) -> None:
    """Tell the expressions in a camera, a stream or a video, frame by frame as it happens. Ctrl-C ends it.

    Nothing is kept unless --record, --annotate, --timeline or --journal asks for it. What a face shows is not what the
    person feels.
    """
    from emovere.cli.analyze import check_timeline, timed
    from emovere.cli.outlets import Pictures
    from emovere.config import Options, override
    from emovere.errors import ConfigError
    from emovere.pipeline import with_settings
    from emovere.watching import Watch

    if format not in ("jsonl", "csv", "table"):
        raise ConfigError(f"--format: expected jsonl, csv or table, which are written as it happens; got {format!r}")
    if emoji and annotate is None:
        raise ConfigError("--emoji: draws into what --annotate writes; name that, too")
    keeps = journal or journal_url is not None
    if title and not keeps:
        raise ConfigError("--title: names a session of the journal; add --journal")
    check_timeline(timeline)
    options = override(with_settings(Options(), labels=labels, model=model, detector=detector), settings or [])
    watched = Watch(source, timed(options, every=every, start="0", end=end))
    with contextlib.ExitStack() as closing:
        takers: list[Any] = [closing.enter_context(Pictures(record, None))] if record is not None else []
        if annotate is not None:
            takers.append(closing.enter_context(Pictures(annotate, 3, symbols=emoji)))
        if timeline is not None:
            takers.append(closing.enter_context(_timeline(timeline, watched)))
        if keeps:
            from emovere.cli.keeping import kept

            takers.append(closing.enter_context(kept(watched, journal_url, title, quiet=quiet)))
        if say:
            takers.append(closing.enter_context(_cues()))
        _go(watched, format, takers)
    for problem in watched.problems:
        print(f"emovere: {problem.message}", file=sys.stderr)
    if not quiet:
        print(f"emovere: {watched.summary()}", file=sys.stderr)
    if watched.problems:
        raise typer.Exit(1)


def _go(watched: Watch, format: str, takers: list[Any]) -> None:
    """Write every frame's rows and hand each frame on, until the source ends or the person ends it."""
    from emovere import config
    from emovere.report.base import Header, destination, open_writer
    from emovere.version import __version__

    analyzer = watched.analyzer
    header = Header(analyzer.classifier.labels, analyzer.models, config.to_dict(analyzer.options), __version__)
    with destination(None, format) as file, open_writer(format, file, header) as writer, _ended_by_signal(watched):
        for look in watched.looks():
            writer.frame(look.result)
            file.flush()
            for taker in takers:
                taker.look(look)


@contextlib.contextmanager
def _ended_by_signal(watched: Watch) -> Iterator[None]:
    """Ctrl-C and a polite kill are the usual ways out: they end the loop after the frame that is under way."""

    def end(*_: object) -> None:
        for number, handler in before.items():
            signal.signal(number, handler)  # a second one is not to be waited for
        watched.close()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _timeline(path: Path, watched: Watch) -> Iterator[Any]:
    from emovere.cli.outlets import Timeline

    outlet = Timeline(path, watched.analyzer.classifier.labels)
    yield _Results(outlet)
    outlet.close()


@contextlib.contextmanager
def _cues() -> Iterator[Any]:
    from emovere.cues.cues import Cues
    from emovere.cues.speaker import find_speaker

    with contextlib.closing(Cues(find_speaker())) as cues:
        yield _Results(cues)


class _Results:
    """Hands on the result of a look alone."""

    def __init__(self, taker: Any) -> None:
        self._taker = taker

    def look(self, look: Look) -> None:
        """Take one look."""
        self._taker.frame(look.result)
