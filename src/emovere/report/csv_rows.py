"""CSV, quoted as in RFC 4180: one row a face.

Lines end in LF alone, so that line tools do not meet a stray carriage return in the last column. Text stays as it is,
also where it begins with = + - or @, which spreadsheets take for formulas: a file name that is changed would no longer
name its file, and a program that reads the rows could not tell.
"""

from __future__ import annotations

import csv
from typing import IO

from emovere.report.base import ClosesWhenDone, Header
from emovere.report.rows import columns, rows
from emovere.types import FrameResult, Problem


class CsvWriter(ClosesWhenDone):
    """A header row, then one row a face. What is unknown is empty; ``uncertain`` is true or false."""

    def __init__(self, file: IO[str], header: Header) -> None:
        self._labels = header.labels
        self._digits = (None,) * 4 + (2,) * 4 + (4, None, None) + (6,) * len(header.labels)
        self._csv = csv.writer(file, lineterminator="\n")
        self._csv.writerow(columns(header.labels))

    def frame(self, result: FrameResult) -> None:
        """Write one row a face; none for a frame without one."""
        for row in rows(result, self._labels):
            self._csv.writerow(_cell(value, digits) for value, digits in zip(row, self._digits, strict=True))

    def problem(self, problem: Problem) -> None:
        """Leave it out: a problem is no face, and rows of another kind would break every reader."""


def _cell(value: object, digits: int | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if digits is None else f"{value:.{digits}f}"
