"""A result, written as it arrives: one writer a format, and where it writes to.

A writer holds no more than it must, so that a million photos need no more memory than one.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self

from emovere.errors import ConfigError, OutputError, unknown_name
from emovere.files import atomic_write
from emovere.types import FrameResult, ModelInfo, Problem, Report

WRITERS = {
    "table": "emovere.report.table:TableWriter",
    "json": "emovere.report.json_document:JsonWriter",
    "jsonl": "emovere.report.json_lines:JsonLinesWriter",
    "csv": "emovere.report.csv_rows:CsvWriter",
    "parquet": "emovere.report.parquet:ParquetWriter",
}
"""Format -> "module:class"; a module is imported only when its format is asked for."""

BINARY = frozenset({"parquet"})
"""Formats whose file is opened for bytes; all others are text."""


@dataclass(frozen=True)
class Header:
    """What is known before the first frame."""

    labels: tuple[str, ...]
    """The labels of the columns, in order."""
    models: Mapping[str, ModelInfo]
    """Role (detector, classifier) -> which model answered."""
    config: Mapping[str, Any]
    """The resolved options, as plain nested dicts."""
    emovere: str
    """Version of emovere."""
    top_k: int | None = 3
    """Labels that a person is shown for each face, None for all; files for programs hold them all."""


class Writer(Protocol):
    """Takes what was seen and writes it in one format.

    As a context manager it closes when the block ends well; a result cut short by an error is left unfinished, so
    that nobody takes it for a whole one.
    """

    def frame(self, result: FrameResult) -> None:
        """Write one frame; it may have no face."""

    def problem(self, problem: Problem) -> None:
        """Write one input that could not be used."""

    def close(self) -> None:
        """Write what comes last. The file itself stays open: it belongs to the caller."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ClosesWhenDone:
    """The context manager that every writer shares."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()

    def close(self) -> None:
        """Nothing comes last."""


def open_writer(format: str, file: IO[Any], header: Header) -> Writer:
    """The writer of ``table``, ``json``, ``jsonl``, ``csv`` or ``parquet``, on an open file.

    file: open for bytes where the format is in ``BINARY``, else for text. Raises ConfigError for another format, and
    MissingExtra where the format needs a library that is not installed.
    """
    if format not in WRITERS:
        raise ConfigError(unknown_name("format", format, WRITERS))
    module, _, name = WRITERS[format].partition(":")
    writer: Writer = getattr(importlib.import_module(module), name)(file, header)
    return writer


@contextlib.contextmanager
def destination(path: Path | None, format: str) -> Iterator[IO[Any]]:
    """The file to write a format to: ``path``, which appears only when the block ends well, or stdout for None.

    Raises OutputError where it cannot be written. A reader of stdout that goes away raises BrokenPipeError.
    """
    if path is not None:
        with atomic_write(path, "wb" if format in BINARY else "w") as file:
            yield file
        return
    try:
        with _standard_output(binary=format in BINARY, for_people=format == "table") as file:
            yield file
            file.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"stdout: cannot be written: {error.strerror or error}") from error


@contextlib.contextmanager
def _standard_output(*, binary: bool, for_people: bool) -> Iterator[IO[Any]]:
    """Stdout as bytes, or as text that can show every character, if need be as its escape.

    Where stdout has a descriptor, another buffer is laid on it, so that what cannot be written does not stay in
    stdout's own: Python would try it once more at its exit, and complain.
    """
    stdout = sys.stdout
    if stdout is None:
        raise OutputError("stdout: is closed; name a file with --output")
    if not hasattr(stdout, "buffer"):
        if binary:
            raise OutputError("stdout: takes text only here; name a file for this format")
        yield stdout
        return
    stdout.flush()
    with contextlib.ExitStack() as closing:
        buffer = stdout.buffer
        with contextlib.suppress(OSError):
            buffer = open(buffer.fileno(), "wb", closefd=False)  # noqa: SIM115 - a descriptor, closed below
            closing.callback(_give_up, buffer.close)
        if binary:
            yield buffer
            return
        people = for_people or stdout.isatty()
        text = io.TextIOWrapper(
            buffer,
            encoding=stdout.encoding if people else "utf-8",
            errors="backslashreplace",
            newline=None if people else "",
            line_buffering=stdout.isatty(),
        )
        closing.callback(_give_up, text.detach)
        yield text


def _give_up(finish: Callable[[], object]) -> None:
    """Finish a buffer whose writer has flushed it already; what a full disk refused was reported there."""
    with contextlib.suppress(OSError):
        finish()


def write_report(
    report: Report,
    format: str,
    path: Path | None,
    *,
    top_k: int | None = 3,
) -> None:
    """Write a whole report in one format to a file, or to stdout for None.

    Raises ConfigError for an unknown format, MissingExtra for one whose library is missing, OutputError where the
    file cannot be written.
    """
    header = Header(report.labels, report.models, report.config, report.emovere, top_k)
    with destination(path, format) as file, open_writer(format, file, header) as writer:
        for result in report.frames:
            writer.frame(result)
        for problem in report.errors:
            writer.problem(problem)
