"""A moving picture, look by look: who is there, what each face shows, and what has happened.

look round or search the surroundings of known faces  ->  align  ->  number  ->  read  ->  smooth  ->  events
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emovere.align.crop import crop_faces
from emovere.classify.classifier import Classifier
from emovere.config import TrackOptions
from emovere.detect.base import Detector
from emovere.track.appearance import appearances
from emovere.track.between import between
from emovere.track.episodes import Episodes
from emovere.track.regions import cut_out, put_together, surroundings
from emovere.track.smoothing import Smoother
from emovere.track.tracker import Tracked, Tracker
from emovere.types import Crops, Event, Faces, Float32, Frame, FrameResult

MOST_BETWEEN = 8
"""Frames that wait for the next look at most, so that memory stays bounded whatever the frame rate."""

AT_ONCE = 6
"""Looks of a recording whose faces go through the network together, which takes less time a face."""

MOST_PIXELS = 16_000_000
"""Frames of a recording are held back until they have this many pixels together, if not told before."""

RECENT = 0.5
"""Seconds for which the surroundings of a face that is out of sight are searched."""

SOON = 3
"""When a known face is missed, the whole frame is searched if the last look round is a share of 1 / SOON ago."""


@dataclass(frozen=True)
class Look:
    """A frame, what was seen in it, and the crops that the network saw (none where it was filled in)."""

    frame: Frame
    result: FrameResult
    crops: Crops
    probs: Float32
    """(N, K) smoothed probabilities over all labels of the head."""


@dataclass(frozen=True)
class Found:
    """A frame and who was found in it, before the network has read their faces."""

    frame: Frame
    faces: Faces
    """Those who count, with their numbers."""
    crops: Crops
    tracked: Tracked
    timings_ms: dict[str, float]


class Follower:
    """Follows the faces of one source: the only memory that there is of it."""

    def __init__(self, detector: Detector, classifier: Classifier, options: TrackOptions) -> None:
        self._detector = detector
        self._classifier = classifier
        self._options = options
        self._tracker = Tracker(options)
        self._smoother = Smoother(options.smooth)
        self._episodes = Episodes(classifier.labels)
        self._searches_regions = not getattr(detector, "whole_frames_only", False)
        self._looked_round_s = -np.inf
        self._looked_s = -np.inf

    def look(self, frame: Frame) -> Look:
        """Analyse one frame with a time; later than the one before."""
        (look,) = self.tell([self.find(frame)])
        return look

    def find(self, frame: Frame) -> Found:
        """The first half of a look: who is where. Frames come in order; each is told of later, in the same order."""
        time_s = frame.time_s or 0.0
        started = time.perf_counter()
        faces = self._find(frame, time_s)
        detected = time.perf_counter()
        crops = crop_faces(frame, faces, self._detector.box_in_crop, self._classifier.side)
        tracked = self._tracker.update(time_s, faces, appearances(frame, faces, crops))
        known = tracked.numbers > 0
        self._looked_s = time_s
        timings = {"detect": 1000 * (detected - started), "align": 1000 * (time.perf_counter() - detected)}
        return Found(
            frame, _only(faces, tracked, known), Crops(crops.images[known], crops.to_frame[known]), tracked, timings
        )

    def tell(self, found: Sequence[Found]) -> list[Look]:
        """The second half: read all faces together, then smooth and note events in the order of time."""
        if not found:
            return []
        started = time.perf_counter()
        probs = self._classifier.read(np.concatenate([one.crops.images for one in found]))
        spent = 1000 * (time.perf_counter() - started) / len(found)
        ends = np.cumsum([len(one.crops) for one in found])
        return [self._told(one, probs[end - len(one.crops) : end], spent) for one, end in zip(found, ends, strict=True)]

    def _told(self, found: Found, probs: Float32, spent_ms: float) -> Look:
        frame, faces, tracked = found.frame, found.faces, found.tracked
        time_s = frame.time_s or 0.0
        numbers = tracked.numbers[tracked.numbers > 0]
        smooth = self._smoother.update(time_s, numbers, probs)
        expressions = self._classifier.express(smooth)
        events = [Event("enter", frame.source, first_s, number) for number, first_s in tracked.entered]
        events += self._episodes.update(frame.source, time_s, numbers, expressions.probs)
        for number, seen_s in tracked.left:
            self._smoother.forget(number)
            events += [*self._episodes.end(number, seen_s), Event("leave", frame.source, seen_s, number)]
        timings = {**found.timings_ms, "classify": spent_ms}
        result = FrameResult(
            frame.source, frame.index, frame.time_s, frame.size, faces, expressions, timings, tuple(events)
        )
        return Look(frame, result, found.crops, smooth)

    def looked_at(self, frame: Frame) -> bool:
        """Whether the look before was at this frame."""
        return (frame.time_s or 0.0) == self._looked_s

    def finish(self) -> list[Event]:
        """The source has ended: the apex so far of each expression that is under way."""
        return self._episodes.finish()

    def fill(self, before: Look, frame: Frame, after: Look) -> Look:
        """A frame between two looks, in the proportion of time."""
        started = before.result.time_s or 0.0
        share = ((frame.time_s or 0.0) - started) / ((after.result.time_s or 0.0) - started)
        faces, probs = between((before.result.faces, before.probs), (after.result.faces, after.probs), share)
        expressions = self._classifier.express(probs)
        result = FrameResult(frame.source, frame.index, frame.time_s, frame.size, faces, expressions)
        return Look(frame, result, Crops.empty(self._classifier.side), probs)

    def _find(self, frame: Frame, time_s: float) -> Faces:
        lately = [track for track in self._tracker.tracks if time_s - track.seen_s <= RECENT]
        squares = surroundings(frame, [track.expected(time_s) for track in lately])
        area = sum(side * side for _, _, side in squares)
        pause = time_s - self._looked_round_s + 1e-6
        whole = not self._searches_regions or area > frame.size[0] * frame.size[1]
        if not whole and pause < self._options.look_round:
            found = self._detector.detect([cut_out(frame, square) for square in squares])
            faces = put_together(frame, squares, found)
            missed = len(faces) < sum(track.seen_s >= self._looked_s for track in lately)
            if not missed or pause < self._options.look_round / SOON:
                return faces
        self._looked_round_s = time_s
        return self._detector.detect([frame])[0]

    def state(self) -> dict[str, Any]:
        """Everything that is known, as plain values for JSON."""
        return {
            "tracker": self._tracker.state(),
            "smoother": self._smoother.state(),
            "episodes": self._episodes.state(),
            "looked_round_s": self._looked_round_s,
            "looked_s": self._looked_s,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what ``state`` gave."""
        self._tracker.restore(state["tracker"])
        self._smoother.restore(state["smoother"])
        self._episodes.restore(state["episodes"])
        self._looked_round_s = state["looked_round_s"]
        self._looked_s = state["looked_s"]


def follow(follower: Follower, frames: Iterable[Frame], step_s: float, before: Look | None = None) -> Iterator[Look]:
    """Every frame of a recording in turn, looked at every ``step_s`` seconds and filled in between.

    before: the look after which to go on, where the follower was restored. The last look carries the apexes of what
    was still under way when the source ended. A few looks are gathered, so that their faces are read together.
    """
    held: list[Frame | Found] = []
    latest = None if before is None else before.frame
    for frame, is_last in _with_last(frames):
        between_looks = next((k for k, item in enumerate(reversed(held)) if isinstance(item, Found)), len(held))
        due = latest is None or (frame.time_s or 0.0) - (latest.time_s or 0.0) >= step_s - 1e-6
        changed = latest is not None and frame.size != latest.size
        if not (due or is_last or changed or between_looks >= MOST_BETWEEN):
            held.append(frame)
            continue
        held.append(follower.find(frame))
        latest = frame
        if is_last or _is_enough(held):
            *earlier, before = _in_order(follower, before, held)
            yield from earlier
            yield _with_events(before, follower.finish()) if is_last else before
            held = []


def _is_enough(held: Sequence[Frame | Found]) -> bool:
    frames = [item.frame if isinstance(item, Found) else item for item in held]
    looks = sum(isinstance(item, Found) for item in held)
    return looks >= AT_ONCE or sum(frame.size[0] * frame.size[1] for frame in frames) >= MOST_PIXELS


def _in_order(follower: Follower, before: Look | None, held: Sequence[Frame | Found]) -> Iterator[Look]:
    """What was held back, told and filled in; its last item was found."""
    looks = iter(follower.tell([item for item in held if isinstance(item, Found)]))
    waiting: list[Frame] = []
    for item in held:
        if isinstance(item, Frame):
            waiting.append(item)
            continue
        look = next(looks)
        if before is not None:
            yield from (follower.fill(before, frame, look) for frame in waiting)
        waiting.clear()
        yield look
        before = look


def _with_last(frames: Iterable[Frame]) -> Iterator[tuple[Frame, bool]]:
    held: Frame | None = None
    for frame in frames:
        if held is not None:
            yield held, False
        held = frame
    if held is not None:
        yield held, True


def _with_events(look: Look, events: list[Event]) -> Look:
    result = dataclasses.replace(look.result, events=(*look.result.events, *events))
    return dataclasses.replace(look, result=result)


def _only(faces: Faces, tracked: Tracked, known: np.ndarray) -> Faces:
    landmarks = None if faces.landmarks is None else faces.landmarks[known]
    return Faces(faces.boxes[known], faces.scores[known], landmarks, tracked.numbers[known])
