"""Where pieces of a recording meet: the same face keeps its number, and damage is told once.

A piece numbers its faces from 1, and begins some seconds early. In the frames that it shares with the piece before,
boxes that lie on each other are the same face; what matches nothing is somebody new.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from emovere.geometry import iou_matrix
from emovere.scale.messages import Before, Damage, Item, Row
from emovere.sources.names import printable
from emovere.types import Event, Faces, Float32, FrameResult, Int64, Problem

SAME = 0.5
"""Overlap (intersection over union) from which on two boxes of one frame are the same face."""


@dataclasses.dataclass(frozen=True)
class _Told:
    """What is kept of a frame that was handed on: its faces with their final numbers."""

    index: int
    time_s: float
    boxes: Float32
    numbers: Int64


class Seams:
    """Takes the items of one recording's pieces, in order, and gives those of the recording."""

    def __init__(self, source: str, keep_s: float, state: Mapping[str, Any] | None = None) -> None:
        """keep_s: seconds by which pieces overlap. state: where to go on, as ``state`` gave it."""
        self._source, self._keep_s = source, keep_s
        state = state or {}
        self._next = int(state.get("next", 1))
        self._damaged = int(state.get("damaged", 0))
        self._problems = {(error, message) for error, message in state.get("problems", ())}
        self._tail = deque(
            _Told(index, time_s, np.array(boxes, np.float32).reshape(-1, 4), np.array(numbers, np.int64))
            for index, time_s, boxes, numbers in state.get("tail", ())
        )
        self._before: dict[int, FrameResult] = {}
        self._numbers: dict[int, int] = {}

    def begin(self) -> None:
        """The next items are of the next piece."""
        self._before.clear()
        self._numbers = {}

    def take(self, item: Item) -> Iterator[Row | Problem]:
        """Hand on an item of the piece, numbered as in the whole recording."""
        if isinstance(item, Before):
            self._before[item.result.index] = item.result
        elif isinstance(item, Damage):
            self._damaged += item.count
        elif isinstance(item, Problem):
            said = (item.error, item.message)
            if said not in self._problems:  # where a file breaks off, every piece behind meets the same end
                self._problems.add(said)
                yield item
        else:
            if self._before:
                self._numbers = self._recognised()
                self._before.clear()
            yield dataclasses.replace(item, result=self._numbered(item.result))

    def damage(self) -> Problem | None:
        """What was skipped in all pieces, as a Problem; None where nothing was."""
        if not self._damaged:
            return None
        skipped = f"{self._damaged:,} damaged packets or pictures were skipped; the rest was read"
        return Problem(self._source, "UnreadableVideo", f"{printable(self._source)}: {skipped}")

    def state(self) -> dict[str, Any]:
        """What the next piece needs to know, as plain values for JSON."""
        return {
            "next": self._next,
            "damaged": self._damaged,
            "problems": sorted(self._problems),
            "tail": [[told.index, told.time_s, told.boxes.tolist(), told.numbers.tolist()] for told in self._tail],
        }

    def _recognised(self) -> dict[int, int]:
        """Number in the piece -> number in the recording, of faces that both saw in the same frames."""
        votes: Counter[tuple[int, int]] = Counter()
        for told in self._tail:
            here = self._before.get(told.index)
            if here is None or here.faces.track_ids is None or not len(here) or not len(told.numbers):
                continue
            overlaps = iou_matrix(told.boxes, here.faces.boxes)
            for row, column in np.argwhere(overlaps >= SAME):
                votes[int(here.faces.track_ids[column]), int(told.numbers[row])] += 1
        numbers: dict[int, int] = {}
        for (local, known), _ in sorted(votes.items(), key=lambda vote: (-vote[1], vote[0])):
            if local not in numbers and known not in numbers.values():
                numbers[local] = known
        return numbers

    def _numbered(self, result: FrameResult) -> FrameResult:
        faces = result.faces
        if faces.track_ids is not None and len(faces):
            numbers = np.array([self._number(int(local)) for local in faces.track_ids], np.int64)
            faces = Faces(faces.boxes, faces.scores, faces.landmarks, numbers)
        self._remember(result, faces)
        return dataclasses.replace(result, faces=faces, events=tuple(self._events(result.events)))

    def _number(self, local: int) -> int:
        if local not in self._numbers:
            self._numbers[local] = self._next
            self._next += 1
        return self._numbers[local]

    def _events(self, events: tuple[Event, ...]) -> Iterator[Event]:
        for event in events:
            if event.track_id in self._numbers or event.kind != "leave":  # nobody leaves who was never told of
                yield dataclasses.replace(event, track_id=self._number(event.track_id))

    def _remember(self, result: FrameResult, faces: Faces) -> None:
        time_s = result.time_s or 0.0
        numbers = np.zeros(0, np.int64) if faces.track_ids is None else faces.track_ids
        self._tail.append(_Told(result.index, time_s, faces.boxes[: len(numbers)], numbers))
        while self._tail[0].time_s < time_s - self._keep_s - 1.0:
            self._tail.popleft()
