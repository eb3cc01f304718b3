"""What programs found doubtful: read from the tables of ``emovere data clean`` and from patches."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emovere.datasets.folder import is_set_folder, patches_of
from emovere.datasets.patch import COPIES, REASONS, read_patch
from emovere.errors import DatasetError

PEOPLE = "people"
"""The reason of verdicts that people gave: they raise no doubt."""

TABLE = "findings.csv"
"""The file in a set's folder in which ``emovere data clean`` leaves what it found."""

_COLUMNS = ("key", "reason", "score", "new_label", "note")


@dataclass(frozen=True)
class Hint:
    """Why a face is doubtful."""

    reason: str
    """One of the REASONS of patches, or ``network``."""
    score: float
    """How sure whoever found it is, in [0, 1]."""
    label: str = ""
    """The label that is thought to be right; empty for none."""
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; what is empty is left out."""
        more = {name: value for name, value in (("label", self.label), ("note", self.note)) if value}
        return {"reason": self.reason, "score": round(self.score, 3), **more}


Found = tuple[str, Hint]
"""The key of a face, and a hint at it."""


def findings_of(path: Path) -> list[Found]:
    """What lies in a set's folder already: its patches, and the table of ``emovere data clean``."""
    if not is_set_folder(path):
        return []
    files = [*patches_of(path), *([path / TABLE] if (path / TABLE).is_file() else [])]
    return [found for file in files for found in read_findings(file)]


def read_findings(path: Path) -> list[Found]:
    """A table of ``emovere data clean``, or a patch. Raises DatasetError for what is neither.

    What people said, keeps, and copies with the same pixels, which are one face in a review, raise no doubt.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            first = file.readline()
            if first.lstrip().startswith("{"):
                found = _of_patch(path)
            else:
                file.seek(0)
                found = list(_of_table(csv.DictReader(file), path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path}: expected findings.csv or a patch; it cannot be read: {error}") from error
    return [(key, hint) for key, hint in found if hint.reason not in (PEOPLE, *COPIES)]


def _of_patch(path: Path) -> list[Found]:
    verdicts = [verdict for verdict in read_patch(path).verdicts if verdict.action in ("drop", "relabel")]
    return [(one.key, Hint(one.reason, one.score, one.label, one.note)) for one in verdicts]


def _of_table(rows: csv.DictReader[str], path: Path) -> Iterator[Found]:
    missing = _missing(rows.fieldnames or ())
    if missing:
        raise DatasetError(f"{path}: expected findings.csv or a patch; its first line lacks {', '.join(missing)}")
    for row in rows:
        key, reason, score, label, note = ((row[name] or "").strip() for name in _COLUMNS)
        sure = _number(score)
        if len(key) != 64 or set(key) - set("0123456789abcdef") or reason not in REASONS or sure is None:
            raise DatasetError(
                f"{path}: line {rows.line_num}: expected a key of 64 hexadecimal digits, a reason, a score of 0 to 1; "
                f"got {key[:12]!r}, {reason[:20]!r}, {score[:12]!r}"
            )
        yield key, Hint(reason, sure, label, note)


def _missing(names: Sequence[str]) -> list[str]:
    return [name for name in _COLUMNS if name not in names]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value <= 1 else None
