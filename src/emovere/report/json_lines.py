"""JSON Lines: one object a frame, as it happens."""

from __future__ import annotations

from typing import IO

from emovere.report.base import ClosesWhenDone, Header
from emovere.report.json_document import dumps
from emovere.types import FrameResult, Problem, frame_to_dict, problem_to_dict


class JsonLinesWriter(ClosesWhenDone):
    """A line a frame in schema 1's layout of ``frames``, a line ``{"source", "error", "message"}`` a problem.

    Every line is flushed, so that a reader at the other end of a pipe sees it at once.
    """

    def __init__(self, file: IO[str], header: Header) -> None:
        del header
        self._file = file

    def frame(self, result: FrameResult) -> None:
        """Write one frame; it may have no face."""
        self._line(dumps(frame_to_dict(result)))

    def problem(self, problem: Problem) -> None:
        """Write one input that could not be used."""
        self._line(dumps(problem_to_dict(problem)))

    def _line(self, text: str) -> None:
        self._file.write(text + "\n")
        self._file.flush()
