"""Work in progress, kept beside the file that it will become, so that an interrupted run loses nothing.

``OUT.partial`` is JSON Lines, whatever the format of ``OUT``: what the run was told, then a line for every frame and
problem as it comes, and now and then a line that tells where one can go on. Rows behind the last such line are dropped
when the work is taken up, and are made anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from emovere.errors import ConfigError, OutputError
from emovere.report.base import Header
from emovere.report.json_document import dumps
from emovere.types import FrameResult, Problem, frame_from_dict, frame_to_dict, model_to_dict, problem_to_dict

FLUSH_S = 1.0


@dataclass(frozen=True)
class Resumed:
    """Where an interrupted run stood."""

    done: frozenset[str]
    """Sources that need not be touched again."""
    checkpoint: Mapping[str, Any] | None
    """Where to go on within the source that comes next."""


class KeptWork:
    """The lines of a run that writes to ``output``."""

    def __init__(self, output: Path, header: Header, *, resume: bool) -> None:
        """Begin, or take up what is there.

        Raises ConfigError where there is interrupted work and none was asked for, the other way round, or where it was
        done with other options; OutputError where the file cannot be written.
        """
        self.path = output.with_name(f"{output.name}.partial")
        self._labels = header.labels
        said = {
            "models": {role: model_to_dict(info) for role, info in header.models.items()},
            "config": dict(header.config),
        }
        self.resumed = Resumed(frozenset(), None)
        there = self.path.is_file()
        if there and not resume and not _holds_nothing(self.path):
            raise ConfigError(f"{self.path}: holds interrupted work; go on with --resume, or delete it")
        if resume and not there:
            raise ConfigError(f"{self.path}: not there, so nothing to resume; start without --resume")
        with self._errors():
            output.parent.mkdir(parents=True, exist_ok=True)
            if resume:
                self.resumed, end = self._take_up(said)
                os.truncate(self.path, end)
            self._file: IO[str] = self.path.open("a" if resume else "w", encoding="utf-8", newline="")
        self._empty = not resume
        self._flushed = time.monotonic()
        if not resume:
            self._line({"run": said}, now=True)

    def frame(self, result: FrameResult) -> None:
        """Keep one frame."""
        self._empty = False
        self._line({"frame": frame_to_dict(result)})

    def problem(self, problem: Problem) -> None:
        """Keep one input, or part of one, that could not be used."""
        self._empty = False
        self._line({"problem": problem_to_dict(problem)})

    def checkpoint(self, values: Mapping[str, Any]) -> None:
        """Keep where one could go on."""
        self._line({"checkpoint": dict(values)}, now=True)

    def source_done(self, source: str) -> None:
        """Keep that a source is done."""
        self._line({"done": source})

    def replay(self) -> Iterator[FrameResult | Problem]:
        """Everything kept so far, in order."""
        with self._errors():
            self._file.flush()
        for kind, value, _ in _lines(self.path):
            if kind == "frame":
                yield frame_from_dict(value, self._labels)
            elif kind == "problem":
                yield Problem(**value)

    def close(self) -> None:
        """Leave the file for another time, if it holds anything."""
        with contextlib.suppress(OSError):
            self._file.close()
            if self._empty:
                self.path.unlink(missing_ok=True)

    def remove(self) -> None:
        """The output is written: the file is not needed any more."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _line(self, value: Mapping[str, Any], *, now: bool = False) -> None:
        with self._errors():
            self._file.write(dumps(value) + "\n")
            if now or time.monotonic() - self._flushed >= FLUSH_S:
                self._file.flush()
                self._flushed = time.monotonic()

    def _take_up(self, said: Mapping[str, Any]) -> tuple[Resumed, int]:
        """Where the run stood, and the length of the file up to there."""
        done: set[str] = set()
        checkpoint: Mapping[str, Any] | None = None
        end = 0
        for kind, value, after in _lines(self.path):
            if kind == "run" and json.loads(dumps(said)) != value:
                raise ConfigError(f"{self.path}: was begun with other options or models; use the same, or delete it")
            if kind == "done":
                done.add(value)
                checkpoint = None
            elif kind == "checkpoint":
                checkpoint = value
            if kind in ("run", "done", "checkpoint"):
                end = after
        if not end:
            raise ConfigError(f"{self.path}: is no interrupted work of emovere's; delete it and start without --resume")
        return Resumed(frozenset(done), checkpoint), end

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written: {error.strerror or error}") from error


def _holds_nothing(path: Path) -> bool:
    """Whether it is the file of a run that was killed before its first row."""
    return [kind for kind, _, _ in _lines(path)] == ["run"]


def _lines(path: Path) -> Iterator[tuple[str, Any, int]]:
    """(kind, value, length of the file up to the line's end) of each whole line; a torn one ends it."""
    end = 0
    with path.open("rb") as file:
        for line in file:
            end += len(line)
            try:
                (kind, value), *_ = json.loads(line).items()
            except (ValueError, AttributeError):
                return
            if not line.endswith(b"\n"):
                return
            yield kind, value, end
