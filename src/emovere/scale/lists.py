"""Inputs that stand in a file: ``@names.txt`` means every name in it, one a line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from emovere.errors import InputError
from emovere.sources.names import printable


def named(inputs: Iterable[str]) -> Iterator[str]:
    """The inputs, with the names in a list in its place, read as they are asked for; empty lines are passed over.

    A name is taken as if it had been typed, with spaces and all. Raises InputError for a list that cannot be read.
    """
    for item in inputs:
        if item.startswith("@") and not os.path.lexists(item):
            yield from _lines(item[1:])
        else:
            yield item


def _lines(name: str) -> Iterator[str]:
    try:
        with Path(name).open(encoding="utf-8-sig", errors="surrogateescape") as file:
            yield from filter(None, (line.rstrip("\r\n") for line in file))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"@{printable(name)}: expected a text file with a name a line; {reason}") from error
