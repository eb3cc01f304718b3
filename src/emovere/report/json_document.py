"""JSON, schema 1: what ``Report.to_dict`` gives, written frame by frame."""

from __future__ import annotations

import json
import re
from typing import IO, Any

from emovere.errors import OutputError
from emovere.report.base import ClosesWhenDone, Header
from emovere.types import SCHEMA, FrameResult, Problem, frame_to_dict, model_to_dict, problem_to_dict

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def dumps(value: Any) -> str:
    """One line of JSON that is valid UTF-8 and reads back as the same value.

    A file name that is no UTF-8 reaches Python with lone surrogates, which UTF-8 cannot hold; JSON's escapes can.
    Raises OutputError for NaN and infinity, for which JSON has no word.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise OutputError(f"JSON: expected finite numbers; got {str(value)[:80]}: {error}") from error
    return _LONE_SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


class JsonWriter(ClosesWhenDone):
    """One JSON object, a frame a line. The problems come last, so only they are held."""

    def __init__(self, file: IO[str], header: Header) -> None:
        self._file = file
        self._problems: list[Problem] = []
        self._frames = 0
        models = {role: model_to_dict(info) for role, info in header.models.items()}
        parts = {"schema": SCHEMA, "emovere": header.emovere, "models": models, "config": dict(header.config)}
        file.write("{" + ",\n ".join(f"{dumps(key)}: {dumps(value)}" for key, value in parts.items()))
        file.write(',\n "frames": [')

    def frame(self, result: FrameResult) -> None:
        """Write one frame; it may have no face."""
        self._file.write("\n  " if self._frames == 0 else ",\n  ")
        self._file.write(dumps(frame_to_dict(result)))
        self._frames += 1

    def problem(self, problem: Problem) -> None:
        """Keep one input that could not be used for the end."""
        self._problems.append(problem)

    def close(self) -> None:
        """Write the problems and the closing brackets."""
        errors = ",".join(f"\n  {dumps(problem_to_dict(problem))}" for problem in self._problems)
        self._file.write(f'],\n "errors": [{errors}]}}\n')
