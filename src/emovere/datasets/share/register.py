"""Who made the pictures of a set, and under which licences they may be used: tables to give away with it."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from emovere.datasets.rows import FaceRows
from emovere.files import atomic_write
from emovere.sources.names import printable

UNKNOWN = "unknown"

LICENCES, AUTHORS, ATTRIBUTIONS = "licences.csv", "authors.csv", "attributions.csv"

_RIGHTS = ("source", "page", "author", "licence", "licence_url", "collected")


def licence_rows(rows: FaceRows) -> list[tuple[str, str, int, int]]:
    """Licence, where it can be read, faces, authors; the commonest first, unknown among them."""
    licences = [text or UNKNOWN for text in rows.column("licence")]
    authors: dict[str, set[str]] = {}
    urls: dict[str, str] = {}
    for licence, author, url in zip(licences, rows.column("author"), rows.column("licence_url"), strict=True):
        authors.setdefault(licence, set()).add(author)
        urls[licence] = urls.get(licence) or url
    return [(name, urls[name], faces, len(authors[name] - {""})) for name, faces in Counter(licences).most_common()]


def author_rows(rows: FaceRows) -> list[tuple[str, int, str]]:
    """Author, faces, licences; by name, those without a name left out."""
    licences: dict[str, set[str]] = {}
    faces: Counter[str] = Counter()
    for author, licence in zip(rows.column("author"), rows.column("licence"), strict=True):
        if author:
            licences.setdefault(author, set()).add(licence or UNKNOWN)
            faces[author] += 1
    return [(author, faces[author], "; ".join(sorted(licences[author]))) for author in sorted(faces, key=str.casefold)]


def attribution_rows(rows: FaceRows) -> list[tuple[str | int, ...]]:
    """One for each different source of which more is known than a name: faces, then the texts of _RIGHTS."""
    told = zip(*(rows.column(name) for name in _RIGHTS), strict=True)
    return [(faces, *texts) for texts, faces in Counter(told).items() if "://" in texts[0] or any(texts[1:])]


def write_register(rows: FaceRows, folder: Path) -> list[str]:
    """Write the tables that have something to say; returns their names. Raises OutputError."""
    tables: dict[str, tuple[Sequence[str], Sequence[Sequence[str | int]]]] = {
        LICENCES: (("licence", "url", "faces", "authors"), licence_rows(rows)),
        AUTHORS: (("author", "faces", "licences"), author_rows(rows)),
        ATTRIBUTIONS: (("faces", *_RIGHTS), attribution_rows(rows)),
    }
    written = [name for name, (_, lines) in tables.items() if lines]
    for name in written:
        head, lines = tables[name]
        _write(folder / name, [head, *lines])
    return written


def _write(path: Path, lines: Iterable[Sequence[str | int]]) -> None:
    with atomic_write(path) as file:
        writer = csv.writer(file)
        writer.writerows([printable(str(cell)) for cell in line] for line in lines)
