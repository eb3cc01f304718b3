"""One thing to tell: how a person looks now, in words that claim no more than that."""

from __future__ import annotations

from dataclasses import dataclass

ADJECTIVES = {
    "disgust": "disgusted",
    "fear": "afraid",
    "surprise": "surprised",
    "contempt": "contemptuous",
}
"""Labels that are nouns, as adjectives; the others are adjectives as they stand."""

LONGEST_LABEL = 40


@dataclass(frozen=True)
class Cue:
    """A person's expression has changed to this one."""

    emotion: str
    """The label."""
    person: int | None = None
    """The face's number; None where there is only one."""

    @property
    def text(self) -> str:
        """``looks surprised``, or ``person 2 looks surprised``: letters, digits and single spaces only.

        A label of a model of one's own can so be no option of a program and no sequence that steers a terminal.
        """
        words = ADJECTIVES.get(self.emotion, self.emotion)[:LONGEST_LABEL]
        plain = " ".join("".join(c if c.isalnum() else " " for c in words).split()) or "different"
        return f"looks {plain}" if self.person is None else f"person {self.person} looks {plain}"
