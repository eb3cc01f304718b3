"""Tells cues beside the analysis, in whatever way works here."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence

from emovere.cues import ways
from emovere.cues.cue import Cue
from emovere.cues.programs import LIMIT_S, Runner
from emovere.cues.ways import Way
from emovere.errors import ConfigError, OutputError, unknown_name

FRESH_S = 2.0
"""A cue that a failing program has held up for longer is let go."""

KINDS = ("voice", "tones")


def say_on_stderr(line: str) -> None:
    """One line for people."""
    print(f"emovere: {line}", file=sys.stderr)


class Speaker:
    """Tells one cue at a time in a thread of its own; where one way fails, the next one is taken from then on."""

    def __init__(
        self, told_by: Sequence[Way], *, limit_s: float = LIMIT_S, note: Callable[[str], None] = say_on_stderr
    ) -> None:
        """told_by: the ways to tell, the preferred one first. note: takes one line when another way is taken."""
        self._ways = list(told_by)
        self._all = tuple(told_by)
        self._note = note
        self._runner = Runner(limit_s)
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    def tell(self, cue: Cue) -> bool:
        """Begin to tell and return at once; False where the last cue is still being told, and after ``close``."""
        if self._closed.is_set() or (self._thread is not None and self._thread.is_alive()):
            return False
        self._thread = threading.Thread(target=self._tell, args=(cue,), name="emovere-cue", daemon=True)
        self._thread.start()
        return True

    def close(self) -> None:
        """Fall silent, even in the middle of a word, and leave no program and no file behind."""
        self._closed.set()
        self._runner.close()
        if self._thread is not None:
            self._thread.join(2)
        for way in self._all:
            way.close()

    def _tell(self, cue: Cue) -> None:
        begun = time.monotonic()
        while self._ways and not self._closed.is_set() and time.monotonic() - begun < FRESH_S:
            try:
                self._ways[0].tell(cue, self._runner.run)
                return
            except OutputError as error:
                if self._closed.is_set():
                    return
                self._ways.pop(0)
                self._note(f"{error}: going on with {self._ways[0].name if self._ways else 'no cues'}")


def find_speaker(
    kind: str = "voice", *, platform: str = sys.platform, note: Callable[[str], None] = say_on_stderr
) -> Speaker:
    """A speaker for ``voice`` or ``tones``, with what is on this machine.

    A voice gives way to tones where no program speaks, and both to the terminal's bell with a line of text; one line
    says so. Raises ConfigError for another kind.
    """
    if kind not in KINDS:
        raise ConfigError(unknown_name("kind of cue", kind, KINDS))
    wanted = ways.speech(platform) if kind == "voice" else ways.tones(platform)
    found = [*wanted, *(ways.tones(platform) if kind == "voice" else []), ways.Terminal()]
    if not wanted:
        what = "speaks" if kind == "voice" else "plays sound"
        note(f"no program that {what} was found: cues come as {found[0].name}")
    return Speaker(found, note=note)
