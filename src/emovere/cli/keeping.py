"""What ``emovere watch --journal`` keeps: one session, for as long as it watches."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emovere.following import Look
    from emovere.journal.recorder import Recorder
    from emovere.watching import Watch


class Kept:
    """Hands every look on to a session of the journal."""

    def __init__(self, recorder: Recorder, begun: datetime, *, live: bool) -> None:
        """live: whether frames come as they happen; a recording's have their own clock, which begins now."""
        self._recorder = recorder
        self._begun = begun
        self._live = live
        self._started = time.monotonic()

    def look(self, look: Look) -> None:
        """Take one look.."""
        if self._recorder.ended:
            return
        # a clock that is set meanwhile, as a Raspberry Pi's is at its first contact, must not stretch the session
        since = time.monotonic() - self._started if self._live else look.result.time_s or 0.0
        self._recorder.add(look.result, self._begun + timedelta(seconds=since))


@contextlib.contextmanager
def kept(watched: Watch, url: str | None, title: str, *, quiet: bool) -> Iterator[Kept]:
    """Begin a session in the journal, and end it with the block. Raises JournalError, MissingExtra."""
    from emovere.journal.store import Journal

    begun = datetime.now(UTC)
    source = f"camera {watched.source}" if watched.source.isdigit() else watched.source
    model = watched.analyzer.models["classifier"].name
    with Journal.open(url) as journal:
        labels = watched.analyzer.classifier.labels
        with journal.begin(source, labels, model, title, at=begun, tell=_tell) as recorder:
            yield Kept(recorder, begun, live=watched.live)
        if not quiet and recorder.problem is None:
            short = recorder.session_id[:8]
            print(f"emovere: kept in {journal.where}; emovere journal show {short}", file=sys.stderr)


def _tell(text: str) -> None:
    print(f"emovere: {' '.join(text.split())}", file=sys.stderr)
