"""What a person is told of a moving picture: events as they come, and in the end each person in one line.

One line a face and frame would be thousands; CSV, JSON and Parquet hold them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from emovere.report.words import counted, percent
from emovere.types import Event, Float32, FrameResult

SAID = {"enter": "comes", "leave": "goes", "onset": "begins", "apex": "is strongest", "offset": "ends"}


@dataclass
class Person:
    """What was seen of one person so far."""

    first_s: float
    last_s: float
    readings: int
    total: Float32
    """(K,) sum of probabilities."""


class People:
    """The people of one recording."""

    def __init__(self, labels: tuple[str, ...], top_k: int) -> None:
        self._labels = labels
        self._top_k = top_k
        self._people: dict[int, Person] = {}
        self._frames = 0
        self._span = (0.0, 0.0)

    def frame(self, result: FrameResult) -> Iterator[str]:
        """Take one frame; gives a line for each event that comes with it."""
        time_s = result.time_s or 0.0
        self._span = (time_s if not self._frames else self._span[0], time_s)
        self._frames += 1
        numbers = [] if result.faces.track_ids is None else result.faces.track_ids.tolist()
        for number, row in zip(numbers, result.expressions.probs, strict=True):
            person = self._people.setdefault(number, Person(time_s, time_s, 0, np.zeros(len(row), np.float32)))
            person.last_s = time_s
            person.readings += 1
            person.total = person.total + row
        yield from (event_line(event) for event in result.events)

    def finish(self) -> Iterator[str]:
        """One line a person, and one for the whole."""
        for number, person in sorted(self._people.items()):
            means = person.total / max(person.readings, 1)
            mix = ", ".join(f"{self._labels[k]} {percent(float(means[k]))}" for k in np.argsort(-means)[: self._top_k])
            yield f"#{number}  {clock(person.first_s)} to {clock(person.last_s)}, mean: {mix}"
        seconds = self._span[1] - self._span[0]
        people = counted(len(self._people), "face") if self._people else "no face"
        yield f"{counted(self._frames, 'frame')}, {seconds:.1f} s, {people} followed"


def event_line(event: Event) -> str:
    """An event in words: ``0:01.23  #1  happy begins``."""
    what = SAID.get(event.kind, event.kind)
    if event.emotion is not None:
        what = f"{event.emotion} {what}"
    if event.kind == "apex" and event.value is not None:
        what = f"{what}, {percent(event.value)}"
    return f"{clock(event.time_s)}  #{event.track_id}  {what}"


def clock(seconds: float) -> str:
    """Seconds as ``m:ss.ff``, with hours where there are any."""
    hundredths = round(seconds * 100)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    text = f"{minutes:02d}" if hours else f"{minutes}"
    return f"{f'{hours}:' if hours else ''}{text}:{rest // 100:02d}.{rest % 100:02d}"
