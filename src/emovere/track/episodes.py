"""When an expression comes, is strongest and goes: onset, apex, offset, as FACS coders mark them (Ekman et al. 2002).

An expression other than neutral begins where its smoothed probability rises over ``BEGIN`` and ends where it falls
under ``END``; the gap between the two keeps a face that wavers from filling the list.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from emovere.types import Event, Float32, Int64

BEGIN = 0.5
END = 0.35
SHORTEST = 0.2
"""Seconds that an expression must last to be told: onsets are told when it has."""


@dataclass
class Episode:
    """An expression that has begun on a face."""

    emotion: str
    onset_s: float
    onset_value: float
    apex_s: float
    apex_value: float
    told: bool = False


class Episodes:
    """Watches the smoothed mix of each face of one source and tells what begins, culminates and ends."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        self._labels = labels
        self._source = ""
        self._open: dict[int, Episode] = {}

    def update(self, source: str, time_s: float, numbers: Int64, probs: Float32) -> list[Event]:
        """(N,) track numbers and (N, K) smoothed probabilities of one look -> what has happened by now."""
        self._source = source
        events: list[Event] = []
        for number, row in zip(numbers.tolist(), probs, strict=True):
            events += self._face(time_s, number, row)
        return events

    def end(self, number: int, time_s: float) -> list[Event]:
        """A face has left: its expression ends with it."""
        return self._close(number, time_s, None)

    def finish(self) -> list[Event]:
        """The source has ended: the apex so far of what is under way. Nothing else has ended."""
        events = [
            self._event("apex", number, episode.apex_s, episode.emotion, episode.apex_value)
            for number, episode in self._open.items()
            if episode.told
        ]
        self._open.clear()
        return events

    def _face(self, time_s: float, number: int, row: Float32) -> list[Event]:
        events: list[Event] = []
        episode = self._open.get(number)
        if episode is not None:
            value = float(row[self._labels.index(episode.emotion)])
            if value < END:
                events += self._close(number, time_s, value)
                episode = None
            else:
                if value > episode.apex_value:
                    episode.apex_s, episode.apex_value = time_s, value
                if not episode.told and time_s - episode.onset_s >= SHORTEST:
                    episode.told = True
                    events.append(self._event("onset", number, episode.onset_s, episode.emotion, episode.onset_value))
        if episode is None:
            best = int(row.argmax())
            value = float(row[best])
            if value >= BEGIN and self._labels[best] != "neutral":
                self._open[number] = Episode(self._labels[best], time_s, value, time_s, value)
        return events

    def _close(self, number: int, time_s: float, value: float | None) -> list[Event]:
        episode = self._open.pop(number, None)
        if episode is None or not episode.told:
            return []
        return [
            self._event("apex", number, episode.apex_s, episode.emotion, episode.apex_value),
            self._event("offset", number, time_s, episode.emotion, value),
        ]

    def _event(self, kind: str, number: int, time_s: float, emotion: str, value: float | None) -> Event:
        rounded = None if value is None else float(np.round(value, 6))
        return Event(kind, self._source, time_s, number, emotion, rounded)

    def state(self) -> dict[str, Any]:
        """Everything that is under way, for JSON."""
        return {
            "source": self._source,
            "open": [[number, asdict(episode)] for number, episode in self._open.items()],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what ``state`` gave."""
        self._source = state["source"]
        self._open = {number: Episode(**values) for number, values in state["open"]}
