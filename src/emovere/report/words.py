"""How a result is put into words, the same in the table and on the picture."""

from __future__ import annotations

from emovere.types import Face

NAMED = 3
"""Most labels that one doubt names."""


def percent(probability: float) -> str:
    """A probability in whole percents; what only rounds to 0 or 100 says so: ``<1 %``, ``>99 %``."""
    whole = round(100 * probability)
    if whole == 0 and probability > 0:
        return "<1 %"
    if whole == 100 and probability < 1:
        return ">99 %"
    return f"{whole} %"


def alternatives(face: Face) -> str:
    """The labels that cannot be told apart on an uncertain face, likeliest first: ``sad, fear or neutral``."""
    held = face.set or ()
    names = [name for name, _ in face.top(len(face.probs)) if name in held]
    if len(names) > NAMED:
        names = [*names[:NAMED], "others"]
    return " or ".join(part for part in (", ".join(names[:-1]), names[-1]) if part) if names else ""


def counted(number: int, noun: str) -> str:
    """``1 face``, ``2 faces``, ``0 faces``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
