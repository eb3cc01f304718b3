"""Text in the columns of a terminal: how wide it is, filled up, shortened, drawn as a bar."""

from __future__ import annotations

import unicodedata

from emovere.report.rows import encodable

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def printable(text: str) -> str:
    """The text with what is not printable spelled out, so that no file name can move the cursor of a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in encodable(text))


def width(text: str) -> int:
    """Columns of a terminal that the text takes: two for wide characters, none for combining ones."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def padded(text: str, columns: int) -> str:
    """The text, filled up with spaces to that many columns."""
    return text + " " * (columns - width(text))


def shortened(text: str, columns: int, *, mark: str = "…") -> str:
    """The text's end in at most that many columns, behind a mark where its beginning is left out."""
    if width(text) <= columns:
        return text
    kept = text
    while kept and width(mark) + width(kept) > columns:
        kept = kept[1:]
    return mark + kept


def bar(share: float, columns: int) -> str:
    """A share in [0, 1] as a bar of at most that many columns, exact to an eighth of one; never empty above 0."""
    eighths = max(round(share * columns * 8), 1 if share > 0 else 0)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
