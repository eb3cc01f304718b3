"""The course of each face of a video, thinned so far that a page can draw it: means over steps of time, with boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from emovere.types import Event, Float32, FrameResult

STEP_S = 0.1
"""Seconds over which is averaged at first; a person's steps double whenever there are too many of them."""

MOST_POINTS = 2000
"""Of one person."""

MOST_PEOPLE = 100
"""With more, the half that was seen least, of those who have left, is dropped and counted."""

MOST_EVENTS = 4000
"""Later ones are only counted."""


@dataclass(slots=True)
class _Point:
    """Sums of one person over one step."""

    frames: int
    time_s: float
    """Sum of the frames' times."""
    uncertain: int
    """Frames in which more than one label remained possible."""
    probs: Float32
    """(K,) sum of the frames' probabilities."""
    box: Float32
    """(4,) of the latest frame."""

    def merge(self, other: _Point) -> None:
        """Take a later point in."""
        self.frames += other.frames
        self.time_s += other.time_s
        self.uncertain += other.uncertain
        self.probs = self.probs + other.probs
        self.box = other.box


@dataclass
class _Person:
    step_s: float = STEP_S
    points: dict[int, _Point] = field(default_factory=dict)
    frames: int = 0
    last_s: float = 0.0

    def add(self, time_s: float, point: _Point) -> None:
        """Take one frame."""
        self.frames += 1
        self.last_s = time_s
        self._into(self.points, int(time_s // self.step_s), point)
        while len(self.points) > MOST_POINTS:
            self.step_s *= 2
            merged: dict[int, _Point] = {}
            for step, one in self.points.items():
                self._into(merged, step // 2, one)
            self.points = merged

    @staticmethod
    def _into(points: dict[int, _Point], step: int, point: _Point) -> None:
        if step in points:
            points[step].merge(point)
        else:
            points[step] = point


class Points:
    """Gathers the frames of one video; its memory does not grow with the video's length."""

    def __init__(self, labels: Sequence[str]) -> None:
        """labels: the K columns of the probabilities to come."""
        self._labels = tuple(labels)
        self._people: dict[int, _Person] = {}
        self._events: list[Event] = []
        self._unmarked = self._dropped = 0
        self._size = (0, 0)
        self._end_s = 0.0

    def add(self, result: FrameResult) -> None:
        """Take one frame whose faces are followed."""
        time_s = result.time_s or 0.0
        self._size = self._size if any(self._size) else result.size
        self._end_s = max(self._end_s, time_s)
        room = MOST_EVENTS - len(self._events)
        self._events += result.events[:room]
        self._unmarked += max(0, len(result.events) - room)
        numbers = [] if result.faces.track_ids is None else result.faces.track_ids.tolist()
        uncertain = result.expressions.uncertain
        for row, number in enumerate(numbers):
            point = _Point(1, time_s, int(uncertain[row]), result.expressions.probs[row], result.faces.boxes[row])
            self._people.setdefault(number, _Person()).add(time_s, point)
        if len(self._people) > MOST_PEOPLE:
            self._drop()

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON: ``people`` in order of their numbers, ``points`` in order of time."""
        return {
            "labels": list(self._labels),
            "duration_s": round(self._end_s, 3),
            "height": self._size[0],
            "width": self._size[1],
            "people": [
                {"track_id": number, "points": [self._point(one) for _, one in sorted(person.points.items())]}
                for number, person in sorted(self._people.items())
            ],
            "events": [
                {key: value for key, value in asdict(event).items() if key != "source"} for event in self._events
            ],
            "people_left_out": self._dropped,
            "events_left_out": self._unmarked,
        }

    def _point(self, point: _Point) -> dict[str, Any]:
        mean = point.probs / point.frames
        return {
            "t": round(point.time_s / point.frames, 3),
            "emotion": self._labels[int(mean.argmax())],
            "uncertain": 2 * point.uncertain > point.frames,
            "probs": [round(float(value), 4) for value in np.asarray(mean)],
            "box": [round(float(value), 1) for value in point.box],
        }

    def _drop(self) -> None:
        gone = [number for number, person in self._people.items() if person.last_s < self._end_s]
        gone.sort(key=lambda number: self._people[number].frames)
        for number in gone[: MOST_PEOPLE // 2]:
            del self._people[number]
            self._dropped += 1
