"""Expressions over time, gathered while a video is read and kept small: what a timeline is drawn from.

Each person's probabilities are averaged over steps of time. The steps double whenever a recording has grown too long
for them, so that a day takes no more memory than five minutes.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from emovere.types import Event, Float32, FrameResult

STEP_S = 0.1
"""Seconds over which probabilities are averaged at first."""

MOST_STEPS = 3000
"""Of one recording; with more of them, each two become one."""

BRIEF_S = 0.5
"""A face that was seen for less is only counted."""

MOST_PEOPLE = 400
"""Of one recording whose course is kept; with more, the half that was seen least is only counted."""

MOST_EVENTS = 4000
"""Of one recording; later ones are only counted."""

LEAST_GAP_S = 0.25
"""Shorter absences are drawn over."""

ORDER = ("happy", "surprise", "sad", "fear", "angry", "disgust", "contempt", "neutral")
"""From the bottom of a stack to its top; labels that are not among them lie below neutral."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A stretch of time through which a face was seen."""

    begin_s: float
    end_s: float
    times: Float32
    """(N,) float32 seconds, rising, N > 0."""
    probs: Float32
    """(N, K) float32: mean probabilities about these times."""


@dataclass(frozen=True)
class Episode:
    """An expression from its onset to its offset."""

    emotion: str
    begin_s: float
    end_s: float
    apex_s: float | None
    value: float | None
    """Its probability at the apex."""
    level: int
    """0, or 1 and more where it overlaps with another one of the same person."""


@dataclass(frozen=True, eq=False)
class Lane:
    """One person of one recording."""

    track_id: int
    seen_s: float
    """Seconds for which the face was seen."""
    pieces: tuple[Piece, ...]
    mean: Float32
    """(K,) mean over all frames with this face."""
    events: tuple[Event, ...]
    """In order of time."""
    episodes: tuple[Episode, ...]


@dataclass(frozen=True, eq=False)
class Recording:
    """What was seen in one source."""

    name: str
    begin_s: float
    end_s: float
    lanes: tuple[Lane, ...]
    """Those who were seen longest, in order of their numbers."""
    brief: int
    """Faces that were seen too briefly for a lane."""
    further: int
    """Faces beyond the number of lanes."""
    unmarked: int
    """Events that were too many to be kept."""


class TimelineData:
    """Gathers frames and events of any number of recordings, one after the other or mixed."""

    def __init__(self, labels: Sequence[str]) -> None:
        """labels: the K columns of the probabilities to come."""
        self.labels = tuple(labels)
        self._sources: dict[str, _Source] = {}

    def frame(self, result: FrameResult) -> None:
        """Take one frame; one without a time, as of a photo, or with faces that are not followed, adds nothing."""
        if result.time_s is None:
            return
        numbers = [] if result.faces.track_ids is None else result.faces.track_ids.tolist()
        self._source(result.source).add(result.time_s, numbers, result.expressions.probs[: len(numbers)])

    def event(self, event: Event) -> None:
        """Take one event."""
        self._source(event.source).add_event(event)

    def recordings(self, most_lanes: int = 12) -> tuple[Recording, ...]:
        """What was gathered so far, in the order in which the recordings began."""
        return tuple(source.recording(name, most_lanes) for name, source in self._sources.items() if source.frames)

    @property
    def order(self) -> tuple[int, ...]:
        """Columns of the labels from the bottom of a stack to its top."""
        known = {label: place for place, label in enumerate(ORDER)}
        return tuple(sorted(range(len(self.labels)), key=lambda k: known.get(self.labels[k], len(ORDER) - 1.5)))

    def _source(self, name: str) -> _Source:
        return self._sources.setdefault(name, _Source(len(self.labels)))


@dataclass(eq=False)
class _Track:
    """Sums of one person: step -> K probabilities, then the number of frames, then the sum of their times."""

    sums: dict[int, Float32] = field(default_factory=dict)
    seen_s: float = 0.0


class _Source:
    def __init__(self, labels: int) -> None:
        self._labels = labels
        self._step = STEP_S
        self._tracks: dict[int, _Track] = {}
        self._brief = self._further = self._unmarked = 0
        self._events: list[Event] = []
        self._begin_s = self._end_s = 0.0
        self._waits: list[float] = []
        self.frames = 0

    def add(self, time_s: float, numbers: Sequence[int], probs: Float32) -> None:
        if not self.frames:
            self._begin_s = self._end_s = time_s
        wait = time_s - self._end_s
        if wait > 0 and len(self._waits) < 256:
            self._waits.append(wait)
        self.frames += 1
        self._begin_s, self._end_s = min(self._begin_s, time_s), max(self._end_s, time_s)
        while (self._end_s - self._begin_s) / self._step > MOST_STEPS:
            self._coarsen()
        step = int(time_s // self._step)
        # after a long silence nobody knows what was before this frame
        share = min(max(wait, 0.0), 3 * self._wait_s)
        for number, row in zip(numbers, probs, strict=True):
            track = self._tracks.setdefault(number, _Track())
            track.seen_s += share
            entry = track.sums.setdefault(step, np.zeros(self._labels + 2, np.float64))
            entry[:-2] += row
            entry[-2:] += 1, time_s
        if len(self._tracks) > MOST_PEOPLE:
            self._forget()

    def add_event(self, event: Event) -> None:
        if len(self._events) < MOST_EVENTS:
            self._events.append(event)
        else:
            self._unmarked += 1

    def recording(self, name: str, most_lanes: int) -> Recording:
        wait = self._wait_s
        brief_s = min(BRIEF_S, 0.5 * (self._end_s - self._begin_s))
        lasting = {number: track for number, track in self._tracks.items() if track.seen_s >= brief_s}
        longest = sorted(lasting, key=lambda number: -lasting[number].seen_s)[:most_lanes]
        return Recording(
            name=name,
            begin_s=self._begin_s,
            end_s=self._end_s + wait,
            lanes=tuple(self._lane(number) for number in sorted(longest)),
            brief=self._brief + len(self._tracks) - len(lasting),
            further=self._further + len(lasting) - len(longest),
            unmarked=self._unmarked,
        )

    @property
    def _wait_s(self) -> float:
        """The usual time from one frame to the next."""
        return statistics.median(self._waits) if self._waits else STEP_S

    def _coarsen(self) -> None:
        self._step *= 2
        for track in self._tracks.values():
            merged: dict[int, Float32] = {}
            for step, entry in track.sums.items():
                merged[step // 2] = merged[step // 2] + entry if step // 2 in merged else entry
            track.sums = merged

    def _forget(self) -> None:
        """Only count the half that was seen least; those who are in the picture now may yet stay long."""
        latest = int(self._end_s // self._step)
        gone = [number for number, track in self._tracks.items() if max(track.sums) < latest - 1]
        gone.sort(key=lambda number: self._tracks[number].seen_s)
        for number in gone[: MOST_PEOPLE // 2]:
            brief = self._tracks.pop(number).seen_s < BRIEF_S
            self._brief, self._further = self._brief + brief, self._further + (not brief)

    def _lane(self, number: int) -> Lane:
        track = self._tracks[number]
        steps = sorted(track.sums)
        entries = np.array([track.sums[step] for step in steps])
        counts = entries[:, -2]
        times = entries[:, -1] / counts
        probs = (entries[:, :-2] / counts[:, None]).astype(np.float32)
        reach = max(self._step, self._wait_s)
        breaks = np.flatnonzero(np.diff(times) > max(2.2 * reach, LEAST_GAP_S)) + 1
        pieces = tuple(
            Piece(
                max(self._begin_s, float(times[part[0]]) - reach / 2),
                min(self._end_s + self._wait_s, float(times[part[-1]]) + reach / 2),
                times[part].astype(np.float32),
                probs[part],
            )
            for part in np.split(np.arange(len(times)), breaks)
        )
        events = tuple(sorted((e for e in self._events if e.track_id == number), key=lambda event: event.time_s))
        mean = (entries[:, :-2].sum(axis=0) / counts.sum()).astype(np.float32)
        return Lane(number, track.seen_s, pieces, mean, events, episodes(events, pieces[-1].end_s))


def episodes(events: Iterable[Event], end_s: float) -> tuple[Episode, ...]:
    """Each onset joined with the apex and offset after it; one that has no offset ends at ``end_s``.

    events: of one person, in order of time.
    """
    found: list[Episode] = []
    open_: dict[str, tuple[float, float | None, float | None]] = {}

    def end(emotion: str, time_s: float) -> None:
        begin, apex_s, value = open_.pop(emotion)
        busy = {other.level for other in found if other.end_s > begin}
        level = next(place for place in range(len(busy) + 1) if place not in busy)
        found.append(Episode(emotion, begin, max(time_s, begin), apex_s, value, level))

    for event in events:
        emotion = event.emotion
        if emotion is None:
            continue
        if event.kind == "onset":
            open_.setdefault(emotion, (event.time_s, None, None))
        elif event.kind == "apex":
            begin = open_.get(emotion, (event.time_s, None, None))[0]
            open_[emotion] = (begin, event.time_s, event.value)
        elif event.kind == "offset":
            open_.setdefault(emotion, (event.time_s, None, None))
            end(emotion, event.time_s)
    for emotion in list(open_):
        end(emotion, end_s)
    return tuple(sorted(found, key=lambda episode: episode.begin_s))
