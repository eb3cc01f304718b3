"""A recording from beginning to end, with its decoder one step ahead, and with places where one can go on."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from emovere.classify.classifier import Classifier
from emovere.config import Options
from emovere.detect.base import Detector
from emovere.errors import EmovereError
from emovere.following import Follower, Look, follow
from emovere.sources.live import Ahead
from emovere.sources.recording import Recording, open_recording
from emovere.types import Crops, Frame, FrameResult, Problem

CHECKPOINT_S = 1.0
"""Seconds of work between two checkpoints."""


@dataclass(frozen=True)
class Checkpoint:
    """Where one can go on within a recording: everything that is known of it after one look."""

    source: str
    state: dict[str, Any]
    """Of the Follower, as plain values for JSON."""
    probs: list[list[float]]
    """Smoothed probabilities of the look's faces over all labels of the head."""
    last: FrameResult
    """The look itself."""


@dataclass(frozen=True)
class Followed:
    """A frame of a recording, and how far the work has come."""

    look: Look
    done: float
    checkpoint: Checkpoint | None


def follow_recording(
    detector: Detector, classifier: Classifier, source: str, options: Options, resume: Checkpoint | None
) -> Iterator[Followed | Problem]:
    """Every frame of a recording; what breaks it off, or was skipped, comes as a Problem after the frames before it."""
    follower = Follower(detector, classifier, options.track)
    before = None
    after = None
    if resume is not None:
        follower.restore(resume.state)
        before = _look_of(resume, classifier)
        after = (resume.last.index, resume.last.time_s or 0.0)
    problems: list[Problem] = []
    try:
        recording = open_recording(source, options, after=after)
    except EmovereError as error:
        yield Problem(source, type(error).__name__, str(error))
        return
    with contextlib.closing(recording), Ahead(lambda: recording.frames) as ahead:
        frames = _frames(source, iter(ahead), problems)
        told = time.monotonic()
        for look in follow(follower, frames, options.track.step, before):
            checkpoint = None
            if follower.looked_at(look.frame) and time.monotonic() - told >= CHECKPOINT_S:
                told = time.monotonic()
                checkpoint = Checkpoint(source, follower.state(), look.probs.tolist(), look.result)
            yield Followed(look, _share(recording, options, look.frame), checkpoint)
            while problems:
                yield problems.pop(0)
        yield from problems
        damage = recording.damage()
        if damage is not None:
            yield damage


def _frames(source: str, items: Iterator[Frame | Problem], problems: list[Problem]) -> Iterator[Frame]:
    """The frames among the items; problems, also what ends the reading, are put aside."""
    try:
        for item in items:
            if isinstance(item, Problem):
                problems.append(item)
            else:
                yield item
    except EmovereError as error:
        problems.append(Problem(source, type(error).__name__, str(error)))


def _share(recording: Recording, options: Options, frame: Frame) -> float:
    end = options.video.end or recording.duration_s
    if not end:
        return 0.0
    begin = options.video.start
    return float(np.clip(((frame.time_s or 0.0) - begin) / max(end - begin, 1e-6), 0.0, 1.0))


def _look_of(resume: Checkpoint, classifier: Classifier) -> Look:
    """The look that a checkpoint was made after; its picture is not needed any more."""
    height, width = resume.last.size
    # one value, seen as a whole picture: nobody draws on a look that was drawn before
    image = np.broadcast_to(np.uint8(0), (height, width, 3))
    frame = Frame(image, resume.last.index, resume.last.time_s, resume.source)
    probs = np.array(resume.probs, np.float32).reshape(len(resume.last), -1)
    return Look(frame, resume.last, Crops.empty(classifier.side), probs)
