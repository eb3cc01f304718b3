"""What an archive holds, cut into parts, each of which becomes one file of rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from emovere.errors import InputError
from emovere.scale.place import Place
from emovere.types import Problem, problem_to_dict

IN_A_FILE = 64
"""Parts that one file of the plan holds."""


@dataclass(frozen=True)
class Part:
    """Some photos, one recording, or some rows of a table of pictures."""

    number: int
    sources: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    """Inputs that were found to be of no use while they were listed."""
    rows: tuple[int, int] | None = None
    """First row, and the one behind the last, of the one source, which is a table."""

    def __len__(self) -> int:
        return len(self.problems) + (self.rows[1] - self.rows[0] if self.rows else len(self.sources))

    def to_dict(self) -> dict[str, object]:
        """As plain values for JSON."""
        data: dict[str, object] = {"part": self.number, "sources": list(self.sources)}
        if self.problems:
            data["problems"] = [problem_to_dict(problem) for problem in self.problems]
        if self.rows:
            data["rows"] = list(self.rows)
        return data


def rows_file(part: int) -> str:
    """The name of a part's rows; that it is there says that the part is done."""
    return f"rows/part-{part:06d}.parquet"


def errors_file(part: int) -> str:
    """The name of what a part could not use."""
    return f"errors/part-{part:06d}.parquet"


def write_plan(place: Place, parts: Iterable[Part]) -> tuple[int, int]:
    """Write the parts as they come; never more than a few in memory. Returns how many parts, and how many inputs."""
    count = inputs = 0
    lines: list[str] = []
    for part in parts:
        lines.append(json.dumps(part.to_dict()))
        count, inputs = count + 1, inputs + len(part)
        if len(lines) == IN_A_FILE:
            _write(place, (count - 1) // IN_A_FILE, lines)
            lines = []
    if lines:
        _write(place, (count - 1) // IN_A_FILE, lines)
    return count, inputs


def read_part(place: Place, number: int) -> Part:
    """One part of the plan. Raises InputError."""
    try:
        return next(part for part in _parts_in(place, number // IN_A_FILE) if part.number == number)
    except (StopIteration, OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"part {number}: is not in the plan ({error}); begin anew in another folder") from error


def _write(place: Place, number: int, lines: list[str]) -> None:
    place.write(_plan_file(number), ("\n".join(lines) + "\n").encode())


def _parts_in(place: Place, number: int) -> Iterator[Part]:
    for line in place.read(_plan_file(number)).splitlines():
        data = json.loads(line)
        problems = tuple(Problem(**problem) for problem in data.get("problems", ()))
        rows = data.get("rows")
        yield Part(data["part"], tuple(data["sources"]), problems, None if rows is None else (rows[0], rows[1]))


def _plan_file(number: int) -> str:
    return f"plan/parts-{number:06d}.jsonl"
