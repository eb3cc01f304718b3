"""One row a face: the columns that CSV and Parquet share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emovere.errors import LabelMismatch
from emovere.types import FrameResult

FACE_COLUMNS = ("source", "index", "time_s", "track_id", "x1", "y1", "x2", "y2", "score", "emotion", "uncertain")
"""The columns before the labels' own."""


def columns(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Names of all columns: the face's, then one a label with its probability."""
    return (*FACE_COLUMNS, *labels)


def rows(result: FrameResult, labels: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    """The values of each face in the order of ``columns``; pixels to 2 digits, probabilities to 6; no face, no row.

    None stands where a photo has no time or a face no track. Raises LabelMismatch where the frame's labels are others.
    """
    if len(result) and set(result.expressions.labels) != set(labels):
        got = ", ".join(result.expressions.labels)
        raise LabelMismatch(f"{result.source}: expected the labels {', '.join(labels)}; got {got}")
    source = encodable(result.source)
    for face in result:
        box = (round(value, 2) for value in face.box)
        probs = (round(face.probs[name], 6) for name in labels)
        place = (source, result.index, result.time_s, face.track_id)
        yield (*place, *box, round(face.score, 4), face.emotion, face.uncertain, *probs)


def encodable(text: str) -> str:
    r"""The text with every lone surrogate of an undecodable file name spelled out, such as ``\udce9``."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
