"""What was found in a set: a row for each face and reason."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emovere.datasets.patch import REASONS, Patch, Verdict
from emovere.datasets.rows import FaceRows
from emovere.files import atomic_write

COLUMNS = ("key", "row", "name", "split", "label", "reason", "score", "action", "new_label", "copy_of", "note")

LISTED = "look"
"""What stands in the column action where nothing is proposed."""


@dataclass(frozen=True)
class Finding:
    """One reason to look at one face."""

    row: int
    """The face's place in the set, from 0."""
    reason: str
    """One of REASONS."""
    score: float
    """How sure, in [0, 1]; docs/cleaning.md says what it is for each reason."""
    action: str = ""
    """drop or relabel, or nothing: then the face is only listed."""
    label: str = ""
    """For relabel, and for doubtful labels: what it may be instead."""
    note: str = ""
    """One line for people."""
    other: int = -1
    """The row of the face that it is a copy of; -1 where it is none."""


@dataclass(frozen=True, eq=False)
class Findings:
    """Everything that was found in a set, by reason in their order, the surest first."""

    rows: FaceRows
    found: tuple[Finding, ...]

    def of(self, reason: str) -> tuple[Finding, ...]:
        """Those of one reason."""
        return tuple(finding for finding in self.found if finding.reason == reason)

    def counts(self) -> list[tuple[str, int, int, int]]:
        """For each reason that was found: its name, how many faces are listed, to be dropped, to be labelled anew."""
        return [
            (reason, len(these), actions["drop"], actions["relabel"])
            for reason in REASONS
            if (these := self.of(reason))
            for actions in [Counter(finding.action for finding in these)]
        ]


def in_order(rows: FaceRows, found: Sequence[Finding]) -> Findings:
    """Findings by reason, the surest first, then in the set's order."""
    ordered = sorted(found, key=lambda finding: (REASONS.index(finding.reason), -finding.score, finding.row))
    return Findings(rows, tuple(ordered))


def write_findings(findings: Findings, path: Path) -> None:
    """Write them as CSV, a row each. Raises OutputError."""
    faces = findings.rows.faces
    with atomic_write(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for one in findings.found:
            writer.writerow(
                (
                    findings.rows.keys[one.row],
                    one.row,
                    faces.names[one.row] if faces.names else "",
                    faces.splits[one.row],
                    faces.label_names[faces.labels[one.row]],
                    one.reason,
                    f"{one.score:.4f}",
                    one.action or LISTED,
                    one.label,
                    "" if one.other < 0 else one.other,
                    one.note,
                )
            )


def proposed(findings: Findings, header: dict[str, str]) -> Patch:
    """The findings for which something is proposed, as a patch: one verdict for a key and reason."""
    said: dict[tuple[str, str], Verdict] = {}
    for one in findings.found:
        key = str(findings.rows.keys[one.row])
        if one.action and (key, one.reason) not in said:
            said[key, one.reason] = Verdict(
                key,
                one.action,
                one.reason,
                one.score,
                label=one.label if one.action == "relabel" else "",
                by=header.get("by", ""),
                note=one.note,
            )
    return Patch(tuple(said.values()), findings.rows.faces.label_names, header)
