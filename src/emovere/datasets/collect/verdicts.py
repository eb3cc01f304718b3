"""Why a picture is not taken: for good, or for now."""

from __future__ import annotations


class Refused(Exception):
    """It is not taken, and asking again would not help. reason: a few words that are counted; note: one line more."""

    def __init__(self, reason: str, note: str = "") -> None:
        super().__init__(f"{reason}: {note}" if note else reason)
        self.reason, self.note = reason, note


class Failed(Exception):
    """It could not be had now. again: whether to ask again at once; after: seconds to wait, None for the usual pause.

    leave: whether the host is to be left alone for the rest of the run.
    """

    def __init__(
        self, reason: str, note: str = "", *, again: bool = True, after: float | None = None, leave: bool = False
    ) -> None:
        super().__init__(f"{reason}: {note}" if note else reason)
        self.reason, self.note, self.again, self.after, self.leave = reason, note, again and not leave, after, leave
