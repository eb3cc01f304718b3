"""Which change of expression is worth telling: one that holds, that the network is sure of, and that is still there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from emovere.cues.cue import Cue
from emovere.types import FrameResult

MEMORY_S = 5.0
"""A person who is out of sight for longer is forgotten; who comes back is told of anew."""


@dataclass
class _Person:
    likeliest: str
    since_s: float
    seen_s: float
    settled: str | None = None
    told: str | None = None


class Changes:
    """The difference between what has been told of each person and what is seen now.

    Nothing is queued: a change that has passed by the time it could be told is never told, and where several wait, the
    newest comes first. The first expression of a person counts as a change. Without track numbers only the largest
    face is watched.
    """

    def __init__(self, hold_s: float) -> None:
        """hold_s: seconds for which an expression must stay the likeliest."""
        self._hold_s = hold_s
        self._people: dict[int, _Person] = {}
        self._source: str | None = None
        self._now_s = 0.0
        self._waiting: _Person | None = None

    def newest(self, result: FrameResult, now_s: float) -> Cue | None:
        """What to tell after this frame, seen at second now_s of its source; None where nothing has changed."""
        if result.source != self._source or now_s < self._now_s:
            self._people.clear()
        self._source, self._now_s = result.source, now_s
        self._people = {number: p for number, p in self._people.items() if now_s - p.seen_s <= MEMORY_S}
        present = [(number, self._see(number, emotion, sure)) for number, emotion, sure in _readings(result)]
        waiting = [(p.since_s, number, p) for number, p in present if p.settled == p.likeliest != p.told]
        if not waiting:
            return None
        _, number, self._waiting = max(waiting, key=lambda each: each[:2])
        several = sum(p.settled is not None for p in self._people.values()) > 1
        return Cue(self._waiting.likeliest, number if several else None)

    def told(self) -> None:
        """Remember that what ``newest`` gave last has been told."""
        if self._waiting is not None:
            self._waiting.told = self._waiting.likeliest

    def _see(self, number: int, emotion: str, sure: bool) -> _Person:
        now_s = self._now_s
        person = self._people.setdefault(number, _Person(emotion, now_s, now_s))
        if person.likeliest != emotion:
            person.likeliest, person.since_s = emotion, now_s
        person.seen_s = now_s
        if sure and now_s - person.since_s >= self._hold_s:
            person.settled = emotion
        return person


def _readings(result: FrameResult) -> Iterator[tuple[int, str, bool]]:
    """(number, likeliest label, sure) of each face that can be followed."""
    numbers = result.faces.track_ids
    seen = zip(result.expressions.emotions, result.expressions.uncertain, strict=True)
    for place, (emotion, uncertain) in enumerate(seen):
        if numbers is not None:
            yield int(numbers[place]), emotion, not uncertain
        elif place == 0:
            yield 0, emotion, not uncertain
