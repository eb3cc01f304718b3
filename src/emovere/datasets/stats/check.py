"""What is wrong with a set, as findings: a count, what it is, and what to do about it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emovere.datasets.emotions import official_split
from emovere.datasets.folder import is_set_folder, patches_of
from emovere.datasets.patch import read_patch
from emovere.datasets.rows import FaceRows
from emovere.datasets.stats.files import BROKEN, MISSING, bad_files
from emovere.datasets.stats.leaks import Groups, across_splits, exact_copies, near_copies
from emovere.datasets.stats.summary import ordered_splits
from emovere.files import atomic_write
from emovere.types import Int64


@dataclass(frozen=True, eq=False)
class Finding:
    """One kind of trouble."""

    kind: str
    wrong: bool
    """Whether figures on the set would be false, or it cannot be used as it is; else it is only to be known."""
    count: int
    text: str
    """What was counted, to be read after the count."""
    advice: str
    """What to do."""
    groups: Groups = ()
    """The rows that are meant, those that belong together as one group."""

    def to_dict(self) -> dict[str, Any]:
        """As plain values, without the rows."""
        return {
            "kind": self.kind,
            "wrong": self.wrong,
            "count": self.count,
            "text": f"{self.count:,} {self.text}",
            "advice": self.advice,
        }


def check(rows: FaceRows, path: Path | None = None) -> list[Finding]:
    """Everything that is found, what is wrong first.

    path: the set's folder or file, whose pictures and patches are looked at where it is a folder.
    """
    shown = "SET" if path is None else str(path)
    found = [*_copies(rows, shown), *_groups(rows, shown), *_classes(rows, shown), *_made(rows)]
    found += [*_pictures(rows, path), *_patches(path), *_rights(rows)]
    return sorted((one for one in found if one.count), key=lambda one: not one.wrong)


def write_rows(findings: Sequence[Finding], rows: FaceRows, path: Path) -> None:
    """A table of the rows that are meant: finding, group, row from 0, key, split, label, source. Raises OutputError."""
    sources = rows.column("source")
    with atomic_write(path) as file:
        writer = csv.writer(file)
        writer.writerow(["finding", "group", "row", "key", "split", "label", "source"])
        for finding in findings:
            for number, group in enumerate(finding.groups):
                for row in group.tolist():
                    label = rows.faces.label_names[rows.faces.labels[row]]
                    split = str(rows.faces.splits[row])
                    writer.writerow([finding.kind, number, row, str(rows.keys[row]), split, label, sources[row]])


def _copies(rows: FaceRows, shown: str) -> Iterator[Finding]:
    clean = f"emovere data clean {shown} writes a patch that leaves one of each"
    apart = f"train without them (emovere data clean {shown}), or emovere data split {shown} --anew -o NEW"
    exact = exact_copies(rows)
    faces = sum(map(len, exact.across))
    yield Finding(
        "copy across splits",
        True,
        len(exact.across),
        f"groups of identical faces stand in several splits ({faces:,} faces)",
        apart,
        exact.across,
    )
    faces = sum(map(len, exact.conflicting))
    yield Finding(
        "conflicting labels",
        True,
        len(exact.conflicting),
        f"groups of identical faces have several labels ({faces:,} faces)",
        f"emovere data review {shown}, or leave them out",
        exact.conflicting,
    )
    near = near_copies(rows)
    for kind, pairs, across in (
        ("near copy", near.plain, near.plain_across),
        ("mirrored copy", near.mirrored, near.mirrored_across),
    ):
        what = "pairs of nearly identical faces" if kind == "near copy" else "pairs of mirrored faces"
        yield Finding(
            f"{kind} across splits",
            True,
            int(across.sum()),
            f"{what} stand in different splits",
            apart,
            _pairs(pairs[across]),
        )
        yield Finding(kind, False, int((~across).sum()), f"{what} within a split", clean, _pairs(pairs[~across]))
    yield Finding(
        "exact copy",
        False,
        len(exact.groups),
        f"groups of identical faces, {exact.surplus:,} surplus faces in all",
        clean,
        exact.groups,
    )


def _groups(rows: FaceRows, shown: str) -> Iterator[Finding]:
    advice = f"emovere data split {shown} --anew -o NEW keeps each in one split"
    for column, what in (("group", "groups (persons, sources)"), ("picture", "whole pictures")):
        found = across_splits(rows, column)
        yield Finding(f"{column} across splits", True, len(found), f"{what} stand in several splits", advice, found)


def _classes(rows: FaceRows, shown: str) -> Iterator[Finding]:
    faces = rows.faces
    for split in ordered_splits(faces.splits.tolist()):
        counts = np.bincount(faces.labels[faces.splits == split], minlength=len(faces.label_names))
        lacking = [name for name, count in zip(faces.label_names, counts, strict=True) if not count]
        where = split or "the faces without a split"
        yield Finding(
            "class missing",
            True,
            len(lacking),
            f"classes without a face in {where}: {', '.join(lacking)}",
            f"add faces, leave the class out, or emovere data split {shown} --anew -o NEW",
        )
    undecided = np.flatnonzero(faces.splits == "")
    yield Finding(
        "no split", False, len(undecided), "faces have no split yet", f"emovere data split {shown} -o NEW", (undecided,)
    )


def _made(rows: FaceRows) -> Iterator[Finding]:
    made, splits = rows.column("made"), rows.faces.splits.tolist()
    held_out = {split for split in splits if split and official_split(split) != "Training"}
    tested = np.array([row for row, kind in enumerate(made) if kind and splits[row] in held_out], np.int64)
    yield Finding(
        "made face in a test split",
        True,
        len(tested),
        "made faces stand in a split that is not learned from",
        "drop them: figures on them say nothing of real faces",
        (tested,),
    )
    origins = {str(rows.keys[row]) for row, split in enumerate(splits) if split in held_out and not made[row]}
    learned = np.array(
        [row for row, key in enumerate(rows.column("made_from")) if key in origins and splits[row] not in held_out],
        np.int64,
    )
    yield Finding(
        "made from a test face",
        True,
        len(learned),
        "made faces are learned from whose origin is held out",
        "drop them: they show the network what it is tested on",
        (learned,),
    )


def _pictures(rows: FaceRows, path: Path | None) -> Iterator[Finding]:
    bad = bad_files(rows, path) if path is not None and is_set_folder(path) else []
    for kind, what in ((MISSING, "are not there"), (BROKEN, "cannot be decoded")):
        for outside in (False, True):
            meant = [one for one in bad if one.kind == kind and one.outside == outside]
            first = f", such as {meant[0].name}" if meant else ""
            yield Finding(
                f"{kind} picture",
                not outside,
                len(meant),
                f"{'whole pictures outside the set' if outside else 'pictures of the set'} {what}{first}",
                "bring them back to their places; the 48 x 48 faces are whole",
                tuple(one.rows for one in meant),
            )
    images = rows.faces.images
    blank = np.flatnonzero(images.min(axis=(1, 2)) == images.max(axis=(1, 2)))
    yield Finding(
        "blank face", True, len(blank), "faces are one even grey, and show nothing", "drop them with a patch", (blank,)
    )


def _patches(path: Path | None) -> Iterator[Finding]:
    """Keys that no row has, whether or not another patch drops that row."""
    if path is None or not is_set_folder(path):
        return
    from emovere.datasets.folder import read_folder

    files = patches_of(path)
    known = set(read_folder(path).keys.tolist()) if files else set()
    for file in files:
        unknown = {verdict.key for verdict in read_patch(file).verdicts} - known
        yield Finding(
            "patch with unknown keys",
            True,
            len(unknown),
            f"faces that {file.name} speaks of are not in this set",
            f"is it a patch for another set? emovere data patch withdraw {path} {file.stem}",
        )


def _rights(rows: FaceRows) -> Iterator[Finding]:
    licences, authors = rows.column("licence"), rows.column("author")
    none = np.array([row for row, licence in enumerate(licences) if not licence], np.int64)
    yield Finding(
        "licence unknown",
        False,
        len(none),
        "faces are under a licence that is not known",
        "do not give them away",
        (none,),
    )
    nameless = np.array(
        [row for row, licence in enumerate(licences) if licence.upper().startswith("CC BY") and not authors[row]],
        np.int64,
    )
    yield Finding(
        "author unknown",
        False,
        len(nameless),
        "faces are under a licence that asks for the author's name, which is missing",
        "find it on the page they come from before you give them away",
        (nameless,),
    )


def _pairs(rows: Int64) -> Groups:
    return tuple(rows)
