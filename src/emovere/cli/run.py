"""One run of ``analyze``: rows as they come, everything else that was wanted, and nothing lost when it is cut short."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from emovere import config
from emovere.cli.progress import progress
from emovere.config import Options
from emovere.errors import ConfigError, Interrupted
from emovere.pipeline import Seen
from emovere.recorded import Checkpoint
from emovere.report.base import BINARY, Header, Writer, destination, open_writer
from emovere.report.kept import KeptWork
from emovere.sources.inputs import expand
from emovere.sources.recording import is_recording
from emovere.types import FrameResult, ModelInfo, Problem
from emovere.version import __version__

if TYPE_CHECKING:
    from emovere.cli.outlets import Annotated


@dataclass(frozen=True)
class Wanted:
    """What a run is to make."""

    format: str = "table"
    output: Path | None = None
    annotate: Path | None = None
    timeline: Path | None = None
    events: Path | None = None
    compare: bool = False
    symbols: bool = False
    resume: bool = False
    top: int = 3
    quiet: bool = False


class Seeing(Protocol):
    """What analyses: an Analyzer, or a pool of processes."""

    @property
    def options(self) -> Options:
        """What it was told."""

    @property
    def models(self) -> Mapping[str, ModelInfo]:
        """The models that answer, by role."""

    def stream(self, sources: list[str | Problem], *, resume: Checkpoint | None = None) -> Iterator[Seen | Problem]:
        """What is seen in the sources, in their order."""


class Outlet(Protocol):
    """Takes every result and makes something of it at the end."""

    def frame(self, result: FrameResult) -> None:
        """Take one frame."""

    def close(self) -> None:
        """Write what was made."""


def run(analyzer: Seeing, inputs: list[str], wanted: Wanted) -> int:
    """Analyse, write as it goes, and return how many inputs failed."""
    header = Header(
        labels=analyzer.models["classifier"].labels,
        models=analyzer.models,
        config=config.to_dict(analyzer.options),
        emovere=__version__,
        top_k=wanted.top,
    )
    sources: list[str | Problem] = list(expand(_named(inputs)))
    if wanted.compare:
        _check_comparable(sources)
    outlets = _outlets(wanted, header)
    annotated = _annotated(wanted, analyzer)
    with contextlib.ExitStack() as closing:
        if annotated is not None:
            closing.callback(annotated.close)
        try:
            if wanted.output is None:
                with destination(None, wanted.format) as file, open_writer(wanted.format, file, header) as writer:
                    failed = _work(analyzer, sources, wanted, writer, outlets, annotated)
            else:
                failed = _kept(analyzer, sources, wanted, header, outlets, annotated)
        except (KeyboardInterrupt, Interrupted):
            _finish(outlets)
            raise
    _finish(outlets)
    return failed


def _named(inputs: list[str]) -> Iterable[str]:
    """The inputs, with the names in a list in its place."""
    if not any(name.startswith("@") for name in inputs):
        return inputs
    from emovere.scale.lists import named

    return named(inputs)


def _finish(outlets: list[Outlet]) -> None:
    for outlet in outlets:
        outlet.close()


def _check_comparable(sources: list[str | Problem]) -> None:
    """Raise ConfigError unless there are two videos or more, each once."""
    videos = {source for source in sources if isinstance(source, str) and is_recording(source)}
    if len(videos) < 2 or len(videos) < len(sources):
        raise ConfigError(
            f"--compare: expected two videos or more, each once and nothing else; got {len(sources)} inputs, "
            f"{len(videos)} of them different videos"
        )


def _kept(
    analyzer: Seeing,
    sources: list[str | Problem],
    wanted: Wanted,
    header: Header,
    outlets: list[Outlet],
    annotated: Annotated | None,
) -> int:
    """Work with a file beside the output that outlives an interruption, then write the output from it."""
    output = wanted.output
    assert output is not None
    open_writer(wanted.format, io.BytesIO() if wanted.format in BINARY else io.StringIO(), header)  # else it fails late
    kept = KeptWork(output, header, resume=wanted.resume)
    with contextlib.closing(kept):
        left = [item for item in sources if isinstance(item, Problem) or item not in kept.resumed.done]
        checkpoint = _recall(kept, analyzer, outlets, annotated)
        try:
            _work(analyzer, left, wanted, kept, outlets, annotated, resume=checkpoint)
        except KeyboardInterrupt as error:
            raise Interrupted(f"interrupted; {kept.path} keeps what is done: go on with --resume") from error
        failed = 0
        with destination(output, wanted.format) as file, open_writer(wanted.format, file, header) as writer:
            for item in kept.replay():
                if isinstance(item, Problem):
                    failed += 1
                    writer.problem(item)
                else:
                    writer.frame(item)
        kept.remove()
    return failed


def _recall(kept: KeptWork, analyzer: Seeing, outlets: list[Outlet], annotated: Annotated | None) -> Checkpoint | None:
    """Bring everything to where the interrupted run stood."""
    at = kept.resumed.checkpoint
    rows: list[FrameResult] = []
    for item in kept.replay():
        if isinstance(item, FrameResult):
            for outlet in outlets:
                outlet.frame(item)
            if at is not None and item.source == at["source"]:
                rows.append(item)
    if at is None:
        return None
    if annotated is not None:
        annotated.recall(at["source"], rows)
    return Checkpoint(at["source"], at["state"], at["probs"], rows[-1])


def _work(
    analyzer: Seeing,
    sources: list[str | Problem],
    wanted: Wanted,
    writer: Writer | KeptWork,
    outlets: list[Outlet],
    annotated: Annotated | None,
    resume: Checkpoint | None = None,
) -> int:
    """Send everything that is seen to where it is wanted; returns how many inputs failed."""
    rows_show_progress = wanted.output is None and sys.stdout.isatty()
    moving = any(isinstance(source, str) and is_recording(source) for source in sources[:1000])
    quiet = wanted.quiet or rows_show_progress or (len(sources) < 2 and not moving)
    noun = "video" if moving else "photo"
    failed = 0
    before: str | None = None
    items = progress(analyzer.stream(sources, resume=resume), len(sources), _place, noun=noun, quiet=quiet)
    for item in items:
        source, _ = _place(item)
        if isinstance(writer, KeptWork) and before not in (None, source):
            writer.source_done(str(before))
        before = source
        if isinstance(item, Problem):
            failed += 1
            writer.problem(item)
            print(f"emovere: {item.message}", file=sys.stderr)
            continue
        writer.frame(item.result)
        for outlet in outlets:
            outlet.frame(item.result)
        if annotated is not None:
            annotated.frame(item.frame, item.result)
        if isinstance(writer, KeptWork) and item.checkpoint is not None:
            at = item.checkpoint
            writer.checkpoint({"source": at.source, "state": at.state, "probs": at.probs})
    return failed


def _place(item: Seen | Problem) -> tuple[str, float]:
    return (item.source, 1.0) if isinstance(item, Problem) else (item.frame.source, item.done)


def _outlets(wanted: Wanted, header: Header) -> list[Outlet]:
    outlets: list[Outlet] = []
    if wanted.timeline is not None:
        from emovere.cli.outlets import Timeline

        outlets.append(Timeline(wanted.timeline, header.labels))
    if wanted.events is not None:
        from emovere.cli.outlets import EventList

        outlets.append(EventList(wanted.events))
    if wanted.compare:
        from emovere.cli.outlets import Compared

        outlets.append(Compared(header.labels, aside=wanted.output is None and wanted.format != "table"))
    return outlets


def _annotated(wanted: Wanted, analyzer: Seeing) -> Annotated | None:
    if wanted.annotate is None:
        return None
    from emovere.cli.outlets import Annotated

    return Annotated(wanted.annotate, wanted.top, analyzer.options, symbols=wanted.symbols)
