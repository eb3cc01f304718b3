"""A piece of a recording, followed as if the whole had been followed up to there."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator

import numpy as np

from emovere.config import TrackOptions
from emovere.errors import EmovereError
from emovere.following import Follower, follow
from emovere.pipeline import Analyzer
from emovere.scale.messages import Before, Damage, Item, Piece, Row
from emovere.scale.options import ArchiveOptions
from emovere.sources.live import Ahead
from emovere.sources.recording import Recording, open_recording
from emovere.sources.video_choice import SLACK_S
from emovere.types import Frame, Problem


def warm_up_s(track: TrackOptions) -> float:
    """Seconds before a piece that are followed, too: until then smoothing and memory have forgotten the beginning."""
    return max(3.0, 12 * track.smooth, 2 * track.memory)


def follow_piece(
    analyzer: Analyzer, source: str, piece: Piece, options: ArchiveOptions, *, pictures: bool
) -> Iterator[Item]:
    """The frames of a piece; before them, as Before, those of the seconds in which its beginning was worked up to."""
    begin_s = max(options.video.start, piece.begin_s - (warm_up_s(options.track) if piece.number else 0.0))
    try:
        recording = open_recording(source, options, after=(-1, begin_s) if piece.number else None)
    except EmovereError as error:
        yield Problem(source, type(error).__name__, str(error))
        return
    problems: list[Problem] = []
    follower = Follower(analyzer.detector, analyzer.classifier, options.track)
    with contextlib.closing(recording), Ahead(lambda: recording.frames) as ahead:
        frames = _frames(source, iter(ahead), begin_s, problems)
        for look in follow(follower, frames, options.track.step):
            time_s = look.frame.time_s or 0.0
            if time_s >= piece.end_s - SLACK_S:
                break
            if piece.number and time_s < piece.begin_s - SLACK_S:
                yield Before(look.result)
            else:
                yield Row(look.result, look.frame.image if pictures else None, _share(recording, options, time_s))
            while problems:
                yield problems.pop(0)
        yield from problems
        if recording.damaged():
            yield Damage(recording.damaged())


def _frames(source: str, items: Iterator[Frame | Problem], begin_s: float, problems: list[Problem]) -> Iterator[Frame]:
    """The frames from a second on; pictures before it may lack what they were predicted from."""
    try:
        for item in items:
            if isinstance(item, Problem):
                problems.append(item)
            elif (item.time_s or 0.0) >= begin_s - SLACK_S:
                yield item
    except EmovereError as error:
        problems.append(Problem(source, type(error).__name__, str(error)))


def _share(recording: Recording, options: ArchiveOptions, time_s: float) -> float:
    """How much of the whole recording lies before a second."""
    end_s = options.video.end or recording.duration_s or math.inf
    begin_s = options.video.start
    return float(np.clip((time_s - begin_s) / max(end_s - begin_s, 1e-6), 0.0, 1.0))
