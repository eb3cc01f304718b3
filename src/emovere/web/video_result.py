"""Rows of a video in another format, made while they are sent: a long video takes no more memory than a short one."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from emovere.report.base import Header, open_writer
from emovere.types import FrameResult, ModelInfo, Problem, frame_from_dict
from emovere.version import __version__

PART = 1 << 16
"""Characters that are sent together."""


def parts_of(path: Path) -> Iterator[str]:
    """A text file in parts. Raises OSError."""
    with path.open(encoding="utf-8", newline="") as file:
        while part := file.read(PART):
            yield part


def converted(rows: Path, format: str, header: Mapping[str, Any]) -> Iterator[str]:
    """A job's rows in ``json`` or ``csv``, in parts. header: of the job's state. Raises OSError."""
    models = {
        role: ModelInfo(**{**info, "labels": tuple(info.get("labels", ()))}) for role, info in header["models"].items()
    }
    labels = tuple(header["labels"])
    out = io.StringIO(newline="")
    with open_writer(format, out, Header(labels, models, header["config"], __version__)) as writer:
        for item in _items(rows, labels):
            if isinstance(item, Problem):
                writer.problem(item)
            else:
                writer.frame(item)
            if out.tell() >= PART:
                yield _taken(out)
    yield _taken(out)


def _items(rows: Path, labels: tuple[str, ...]) -> Iterator[FrameResult | Problem]:
    with rows.open(encoding="utf-8") as file:
        for line in file:
            data = json.loads(line)
            yield Problem(**data) if "error" in data else frame_from_dict(data, labels)


def _taken(out: io.StringIO) -> str:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text
