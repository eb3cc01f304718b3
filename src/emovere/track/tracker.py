"""Who is who from one look to the next: by where a face should be by now, how large it is and what it looks like.

Every limit is in seconds or in widths of a face, so that neither frame rate nor resolution changes the outcome.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from emovere.config import TrackOptions
from emovere.geometry import iou_matrix
from emovere.types import Faces, Float32, Int64

NEAR = 0.7
"""Widths of a face that it may be away from where it is expected, at once."""

SPEED = 2.0
"""Widths of a face a second that are added to that while it is not seen, up to ``FAR``."""

FAR = 2.5

SIZE = 1.8
"""Times larger or smaller than before that a face may be."""

LIKENESS = 0.2
"""Least likeness (dot product of appearances) of a face that was out of sight ..."""

STRANGER = 0.25
"""... and what is added to that in a second, up to ``AGAIN``: the longer, the likelier is somebody else."""

GAP = 0.2
"""Seconds without being seen from which on a face counts as out of sight."""

GLIDE = 0.3
"""Seconds over which a face that is out of sight loses its speed."""

PROBATION = 0.25
"""Seconds over which a faint face must be seen before it counts."""

LEARN = 0.5
"""Seconds in which an appearance is learnt anew; a face that is new is learnt ``FRESH`` times as fast, since its first
look may have shown but half of it."""

FRESH = 5.0

UNLIKE, LIKE = 0.3, 0.8
"""An appearance is learnt from a look the less, the less the look resembles it: somebody may stand before the face."""

DOUBT = 0.4
"""Seconds for which a new face waits for its number where it may be somebody who was lost there."""

AGAIN = 0.5
"""Likeness from which on it is that one. Two people of the made-up scenes of benchmarks/tracking.py are rarely that
alike."""


@dataclass
class Track:
    """One person, as far as is known."""

    number: int
    """0 until the face counts."""
    box: Float32
    """(4,) where the face was seen last."""
    speed: Float32
    """(2,) pixels a second of its centre."""
    likeness: Float32
    """Its appearance, a unit vector."""
    first_s: float
    seen_s: float
    looks: int = 1

    @property
    def side(self) -> float:
        """Mean of width and height, pixels."""
        return float((self.box[2:] - self.box[:2]).mean())

    def expected(self, time_s: float) -> Float32:
        """(4,) the box where it should be by now; a face that is out of sight slows down."""
        away = GLIDE * (1 - np.exp(-(time_s - self.seen_s) / GLIDE))
        return np.asarray(self.box + np.tile(self.speed * np.float32(away), 2), np.float32)


@dataclass(frozen=True)
class Tracked:
    """What a look said of who is there."""

    numbers: Int64
    """(N,) int64: the number of each face; 0 for one that does not count yet."""
    entered: tuple[tuple[int, float], ...]
    """(number, second) of faces that count from now on, with the second at which they were first seen."""
    left: tuple[tuple[int, float], ...]
    """(number, second) of faces that are forgotten now, with the second at which they were last seen."""


class Tracker:
    """Gives the same face the same number throughout one source. Numbers begin at 1."""

    def __init__(self, options: TrackOptions) -> None:
        self._options = options
        self._count = 0
        self._looked_s: float | None = None
        self.tracks: list[Track] = []

    def update(self, time_s: float, faces: Faces, appearances: Float32) -> Tracked:
        """Take one look's faces. time_s: later than the look before. appearances: (N, D) float32 unit rows."""
        left = self._forget(time_s)
        matched = self._match(time_s, faces, appearances)
        numbers = np.zeros(len(faces), np.int64)
        entered = []
        for i in range(len(faces)):
            track = matched.get(i)
            if track is None:
                track = Track(0, faces.boxes[i], np.zeros(2, np.float32), appearances[i], time_s, time_s)
                self.tracks.append(track)
            else:
                _renew(track, time_s, faces.boxes[i], appearances[i])
            if not track.number and self._counts(track, float(faces.scores[i])):
                lost = self._lost_near(track)
                known = max(lost, key=lambda one: float(one.likeness @ track.likeness), default=None)
                if known is not None and float(known.likeness @ track.likeness) >= AGAIN:
                    track.number, track.first_s, track.likeness = known.number, known.first_s, known.likeness
                    self.tracks.remove(known)
                elif not lost or time_s - track.first_s >= DOUBT:
                    self._count += 1
                    track.number = self._count
                    entered.append((track.number, track.first_s))
            numbers[i] = track.number
        return Tracked(numbers, tuple(entered), tuple(left))

    def _counts(self, track: Track, score: float) -> bool:
        long_enough = track.looks > 1 and track.seen_s - track.first_s >= PROBATION
        return score >= self._options.confirm or long_enough

    def _lost_near(self, new: Track) -> list[Track]:
        """People out of sight who could stand where a new face is."""
        return [
            track
            for track in self.tracks
            if track.number
            and track.seen_s < new.seen_s
            and _away(track.expected(new.first_s), new.box, track.side) <= _reach(new.seen_s - track.seen_s)
            and abs(np.log(new.side / track.side)) <= np.log(SIZE) + new.seen_s - track.seen_s
        ]

    def _forget(self, time_s: float) -> Iterator[tuple[int, float]]:
        """Drop those that were not seen for too long; a face that never counted goes sooner.

        Where looks are far apart, one of them may miss a face, too.
        """
        kept: list[Track] = []
        gone: list[Track] = []
        looks_apart = 0.0 if self._looked_s is None else time_s - self._looked_s
        self._looked_s = time_s
        for track in self.tracks:
            patience = self._options.memory if track.number else min(self._options.memory, 2 * PROBATION)
            (kept if time_s - track.seen_s <= max(patience, 2.5 * looks_apart) else gone).append(track)
        self.tracks = kept
        return ((track.number, track.seen_s) for track in gone if track.number)

    def _match(self, time_s: float, faces: Faces, appearances: Float32) -> dict[int, Track]:
        """Face -> track, cheapest pairs first; a pair that is too far apart or too unlike is none."""
        costs = [
            (cost, i, j)
            for j, track in enumerate(self.tracks)
            for i, cost in enumerate(_costs(track, time_s, faces, appearances))
            if np.isfinite(cost)
        ]
        matched: dict[int, Track] = {}
        taken: set[int] = set()
        for _, i, j in sorted(costs):
            if i not in matched and j not in taken:
                matched[i] = self.tracks[j]
                taken.add(j)
        return matched

    def state(self) -> dict[str, Any]:
        """Everything that is known, as plain lists and numbers for JSON."""
        tracks = [{**vars(track), **{name: getattr(track, name).tolist() for name in _ARRAYS}} for track in self.tracks]
        return {"count": self._count, "looked_s": self._looked_s, "tracks": tracks}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what ``state`` gave."""
        self._count, self._looked_s = state["count"], state["looked_s"]
        self.tracks = [
            Track(**{**values, **{name: np.array(values[name], np.float32) for name in _ARRAYS}})
            for values in state["tracks"]
        ]


_ARRAYS = ("box", "speed", "likeness")


def _costs(track: Track, time_s: float, faces: Faces, appearances: Float32) -> Float32:
    """(N,) how ill each face fits: distance in widths, plus unlikeness; infinite where it cannot be."""
    if not len(faces):
        return np.zeros(0, np.float32)
    gap = time_s - track.seen_s
    expected = track.expected(time_s)
    sides = (faces.boxes[:, 2:] - faces.boxes[:, :2]).mean(axis=1)
    away = np.array([_away(expected, box, track.side) for box in faces.boxes])
    overlap = iou_matrix(expected[None], faces.boxes)[0]
    likeness = appearances @ track.likeness
    grown = np.abs(np.log(np.maximum(sides, 1) / track.side))
    least = min(LIKENESS + STRANGER * gap, AGAIN) if gap > GAP else -1.0
    fits = (away <= _reach(gap)) & (grown <= np.log(SIZE) + gap) & (likeness >= least)
    cost = away + (1 - overlap) + 2.0 * (1 - likeness) + grown
    return np.asarray(np.where(fits, cost, np.inf), np.float32)


def _away(a: Float32, b: Float32, side: float) -> float:
    """Distance between the middles of two boxes, in sides of a face."""
    return float(np.hypot(*(a[:2] + a[2:] - b[:2] - b[2:])) / 2 / side)


def _reach(gap: float) -> float:
    """Sides of a face that it may be away from where it is expected, ``gap`` seconds after it was seen."""
    return min(NEAR + SPEED * gap, FAR)


def _renew(track: Track, time_s: float, box: Float32, appearance: Float32) -> None:
    gap = max(time_s - track.seen_s, 1e-3)
    moved = ((box[:2] + box[2:]) - (track.box[:2] + track.box[2:])) / 2 / gap
    trust = np.float32(1 - np.exp(-gap / 0.1))
    track.speed = np.asarray(track.speed + trust * (moved - track.speed), np.float32)
    share = np.clip((float(appearance @ track.likeness) - UNLIKE) / (LIKE - UNLIKE), 0, 1) if track.number else FRESH
    learnt = track.likeness + np.float32(1 - np.exp(-gap * share / LEARN)) * (appearance - track.likeness)
    track.likeness = np.asarray(learnt / max(float(np.linalg.norm(learnt)), 1e-6), np.float32)
    track.box = box
    track.seen_s = time_s
    track.looks += 1
