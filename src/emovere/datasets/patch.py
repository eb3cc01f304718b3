"""Verdicts on faces, kept apart from the faces: made by a program or by people, shared, laid over a set, taken back.

A patch is JSON Lines. Its first line says what it is; every other is a verdict on the face of that key (the SHA-256
of its pixels), whatever set the face stands in and whatever its file is called::

    {"patch": 1, "set": "FER2013", "labels": ["angry", ...], "made": "2026-01-31", "by": "emovere data clean"}
    {"key": "9f2c...", "action": "drop", "reason": "no face", "score": 0.98}
    {"key": "03ab...", "action": "relabel", "reason": "label", "score": 0.91, "label": "sad"}
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from emovere.datasets.emotions import emotion_position
from emovere.errors import DatasetError
from emovere.files import atomic_write
from emovere.labels import FER7, FERPLUS_COLUMNS

FORMAT = 1

ACTIONS = ("drop", "relabel", "keep", "crop")
"""keep takes back what earlier patches say of the face; crop cuts it anew out of its whole picture."""

REASONS = (
    "exact copy",
    "near copy",
    "conflicting copy",
    "copy across splits",
    "no face",
    "several faces",
    "drawing",
    "small",
    "blurred",
    "dark",
    "low contrast",
    "eyes hidden",
    "mouth hidden",
    "turned",
    "outlier",
    "label",
    "people",
    "unreadable",
)

COPIES = ("exact copy", "copy across splits")
"""Reasons for which the first face of a key stays and the others go, since all of them share their pixels."""


@dataclass(frozen=True)
class Verdict:
    """What is to become of one face."""

    key: str
    """SHA-256 of its pixels, in hexadecimal."""
    action: str
    """One of ACTIONS."""
    reason: str
    """One of REASONS."""
    score: float = 1.0
    """How sure, in [0, 1]."""
    label: str = ""
    """The new label, for relabel."""
    by: str = ""
    """Who says so: a program or a labeller."""
    note: str = ""
    """One line for people."""
    box: str = ""
    """For crop: x1 y1 x2 y2 of the square that becomes the crop, in pixels of the whole picture."""
    votes: Mapping[str, int] | None = None
    """People's votes, by the names of FER+'s columns."""

    def __post_init__(self) -> None:
        if len(self.key) != 64 or set(self.key) - set("0123456789abcdef"):
            raise DatasetError(f"key: expected 64 hexadecimal digits; got {self.key[:80]!r}")
        for what, value, known in (("action", self.action, ACTIONS), ("reason", self.reason, REASONS)):
            if value not in known:
                raise DatasetError(f"{what}: expected one of {', '.join(known)}; got {value!r}")
        if not 0 <= self.score <= 1:
            raise DatasetError(f"score: expected 0 to 1; got {self.score}")
        if (self.action == "relabel") != bool(self.label):
            raise DatasetError(f"label: expected one for relabel alone; got {self.label!r} for {self.action}")
        if (self.action == "crop") != (self.box != "" and square(self.box) is not None):
            raise DatasetError(f"box: expected 'x1 y1 x2 y2' for crop alone; got {self.box!r} for {self.action}")
        if self.votes is not None and set(self.votes) - set(FERPLUS_COLUMNS):
            raise DatasetError(f"votes: expected some of {', '.join(FERPLUS_COLUMNS)}; got {', '.join(self.votes)}")


@dataclass(frozen=True)
class Patch:
    """Verdicts, and what is said of them all."""

    verdicts: tuple[Verdict, ...]
    labels: tuple[str, ...]
    """Names of the labels of the set that it was made for."""
    header: Mapping[str, str] = field(default_factory=dict)
    """``set``, ``made`` (ISO date), ``by``, ``command``: what is known of them."""


def square(box: str) -> tuple[float, float, float, float] | None:
    """The four numbers of a box written as text; None for what is no box."""
    try:
        x1, y1, x2, y2 = (float(number) for number in box.split())
    except ValueError:
        return None
    return (x1, y1, x2, y2) if x1 < x2 < 1e6 and y1 < y2 < 1e6 and min(x1, y1) > -1e6 else None


def write_patch(patch: Patch, path: Path) -> None:
    """Write a patch. Raises OutputError."""
    with atomic_write(path) as file:
        head = {"patch": FORMAT, "labels": list(patch.labels), **patch.header}
        file.write(json.dumps(head, ensure_ascii=False) + "\n")
        for verdict in patch.verdicts:
            file.write(json.dumps(_plain(verdict), ensure_ascii=False) + "\n")


def _plain(verdict: Verdict) -> dict[str, Any]:
    values = {one.name: getattr(verdict, one.name) for one in fields(Verdict)}
    values["score"] = round(verdict.score, 4)
    return {name: value for name, value in values.items() if value not in ("", None)}


def read_patch(path: Path) -> Patch:
    """Read a patch. Raises DatasetError, with the number of the line, for what is none."""
    lines = _lines(path)
    _, head = next(lines, (0, {}))
    if "patch" not in head:
        raise DatasetError(f"{path}: expected a patch, whose first line begins with {{'patch': {FORMAT}}}")
    if not isinstance(head["patch"], int) or head["patch"] > FORMAT:
        raise DatasetError(f"{path}: is of format {head['patch']}; this version reads {FORMAT}: update emovere")
    labels = head.get("labels", [])
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise DatasetError(f"{path}: line 1: expected labels as a list of names; got {labels!r}")
    known = {one.name for one in fields(Verdict)}
    verdicts = []
    for number, values in lines:
        try:
            verdicts.append(Verdict(**{name: value for name, value in values.items() if name in known}))
        except (DatasetError, TypeError) as error:
            reason = error if isinstance(error, DatasetError) else "expected key, action, reason and score"
            raise DatasetError(f"{path}: line {number}: {reason}") from error
    about = {name: str(value) for name, value in head.items() if name not in ("patch", "labels")}
    return Patch(tuple(verdicts), tuple(labels), about)


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                values = json.loads(line)
                if not isinstance(values, dict):
                    raise ValueError
                yield number, values
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise DatasetError(f"{path}: expected a JSON object in each line; copy the patch again") from error


def settled(patches: Sequence[Patch]) -> dict[str, list[Verdict]]:
    """What holds for each key in the end: of several patches the last that speaks of it, and all that it says."""
    found: dict[str, list[Verdict]] = {}
    for patch in patches:
        here: dict[str, list[Verdict]] = {}
        for verdict in patch.verdicts:
            here.setdefault(verdict.key, []).append(verdict)
        found |= here
    return found


def label_place(name: str, label_names: Sequence[str]) -> int | None:
    """Where a patch's label stands among a set's, by its name or, with FER2013's emotions, another word for it."""
    if name in label_names:
        return list(label_names).index(name)
    emotion = emotion_position(name)
    return list(label_names).index(FER7[emotion]) if emotion is not None and FER7[emotion] in label_names else None
