"""Pictures that a person lists: addresses, one a line, or a CSV table of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from emovere.datasets.collect.found import Find, address, link, said
from emovere.datasets.collect.licences import licence_of
from emovere.errors import DatasetError
from emovere.sources.names import without_password

_COLUMNS = {
    "url": ("url", "address", "link"),
    "emotion": ("emotion", "label", "class"),
    "author": ("author", "creator"),
    "licence": ("licence", "license"),
    "licence_url": ("licence_url", "license_url"),
    "page": ("page", "source_page"),
}


def listed(path: Path) -> Iterator[Find]:
    """The finds of a list: CSV with a header that names ``url``, else an address a line; ``#`` begins a comment.

    Columns emotion, author, licence, licence_url and page are optional. Raises DatasetError.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="strict", newline="") as file:
            yield from _rows(file, path) if path.suffix.lower() == ".csv" else _lines(file)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DatasetError(f"{path}: expected a list of addresses in UTF-8, as text or CSV; {reason}") from error


def _lines(file: IO[str]) -> Iterator[Find]:
    for line in file:
        text = line.strip()
        if text and not text.startswith("#"):
            yield Find(_address(text), provider="list")


def _rows(file: IO[str], path: Path) -> Iterator[Find]:
    rows = csv.DictReader(file)
    header = {(name or "").strip().lower(): name for name in rows.fieldnames or ()}
    at = {key: next((header[name] for name in names if name in header), None) for key, names in _COLUMNS.items()}
    if at["url"] is None:
        raise DatasetError(
            f"{path}: expected a column url in its first line; got {', '.join(filter(None, header))[:80]}"
        )
    for row in rows:
        words = {key: said(row.get(name)) if name is not None else "" for key, name in at.items()}
        if words["url"]:
            yield Find(
                _address(words["url"]),
                words["emotion"],
                provider="list",
                page=link(words["page"]),
                author=words["author"],
                licence=licence_of(words["licence"], words["licence_url"]),
                licence_url=link(words["licence_url"]),
            )


def _address(text: str) -> str:
    """An address, or what stands in its place, to be refused under its name; never with a password."""
    url = address(text) or said(text)
    return without_password(url) if "@" in url.partition("://")[2].partition("/")[0] else url
