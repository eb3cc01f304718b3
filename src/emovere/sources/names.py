"""Names of files as they may be shown."""

from __future__ import annotations

import unicodedata


def printable(name: str) -> str:
    """The name on one line: what cannot be printed, such as a line break or an undecodable byte, is escaped."""
    return "".join(c if c.isprintable() or unicodedata.category(c) == "Zs" else _escaped(c) for c in name)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
