"""Frames become readings: the mean of each person over each second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from emovere.errors import JournalError
from emovere.journal.records import LABELS, Happening
from emovere.types import FrameResult

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Second:
    """One second that is over."""

    second: int
    people: tuple[tuple[int, int, float, tuple[float, ...]], ...]
    """(person, frames, share of uncertain frames, mean probability of each label), by person."""
    events: tuple[Happening, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.people or self.events)


@dataclass
class _Person:
    frames: int
    uncertain: int
    sums: Float64


@dataclass
class Gathered:
    """The second that is under way."""

    second: int
    people: dict[int, _Person] = field(default_factory=dict)
    events: list[Happening] = field(default_factory=list)

    def add(self, result: FrameResult, columns: Sequence[int]) -> None:
        """Take one frame. columns: where each of the session's labels stands in the frame's."""
        numbers = result.faces.track_ids
        people = range(len(result)) if numbers is None else (int(number) for number in numbers)
        uncertain = result.expressions.uncertain
        for row, person in enumerate(people):
            probs = result.expressions.probs[row, columns].astype(np.float64)
            known = self.people.get(person)
            if known is None:
                self.people[person] = _Person(1, int(uncertain[row]), probs)
            else:
                known.frames += 1
                known.uncertain += int(uncertain[row])
                known.sums += probs

    def closed(self) -> Second:
        """The same as one that is over."""
        return Second(
            self.second,
            tuple(
                (number, p.frames, p.uncertain / p.frames, tuple(float(v) for v in p.sums / p.frames))
                for number, p in sorted(self.people.items())
            ),
            tuple(self.events),
        )


def check_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """The labels themselves. Raises JournalError where the journal has no column for one."""
    labels = tuple(labels)
    unknown = [label for label in labels if label not in LABELS]
    if unknown or len(set(labels)) < len(labels) or len(labels) < 2:
        raise JournalError(
            f"journal: expected two or more labels of {', '.join(LABELS)}; got {', '.join(labels) or 'none'}"
        )
    return labels
