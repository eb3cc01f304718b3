"""What a timeline says in words: times, names, and what was seen of a person."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from emovere.report.timeline_data import Lane, Recording
from emovere.report.words import counted, percent
from emovere.types import Float32

CAUTION = "What a face shows is not what the person feels."

_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)


def mix(means: Float32, labels: Sequence[str], most: int = 3) -> str:
    """The likeliest labels, without those under one percent: ``happy 63 %, neutral 30 %``."""
    ranked = [int(k) for k in np.argsort(-means, kind="stable")[:most]]
    return ", ".join(f"{labels[k]} {percent(float(means[k]))}" for k in ranked if means[k] >= 0.01 or k == ranked[0])


def summary(lane: Lane, labels: Sequence[str]) -> str:
    """A person in one line: ``#1, seen for 5.1 s: happy 63 %, neutral 30 %; 2 expressions marked``."""
    marked = f"; {counted(len(lane.episodes), 'expression')} marked" if lane.episodes else ""
    return f"#{lane.track_id}, seen for {duration(lane.seen_s)}: {mix(lane.mean, labels)}{marked}"


def notes(recording: Recording, brief_s: float) -> list[str]:
    """What has no lane."""
    found = (
        (recording.brief, f"seen for less than {brief_s:g} s"),
        (recording.further, "seen for a shorter time than these"),
    )
    told = [f"{counted(number, 'more face')} {what}" for number, what in found if number]
    if recording.unmarked:
        told.append(f"{counted(recording.unmarked, 'later event')} not marked")
    return told


def duration(seconds: float) -> str:
    """``5.1 s``, from a minute on ``1:05``, from an hour on ``1:00:05``."""
    return f"{seconds:.1f} s" if seconds < 59.95 else axis_time(seconds)


def ticks(begin_s: float, end_s: float, most: int = 9) -> list[tuple[float, str]]:
    """Times for an axis, on round numbers, as ``m:ss``, with hours or tenths where they are needed."""
    length = max(end_s - begin_s, 1e-3)
    step = next((step for step in _STEPS if length / step <= most), _STEPS[-1] * math.ceil(length / _STEPS[-1] / most))
    first, last = math.ceil(begin_s / step - 1e-6), math.floor(end_s / step + 1e-6)
    return [(n * step, axis_time(n * step, tenths=step < 1)) for n in range(first, last + 1)]


def axis_time(seconds: float, *, tenths: bool = False) -> str:
    """Seconds as ``m:ss``, with hours where there are any, and tenths where asked for."""
    whole = round(abs(seconds) * 10) if tenths else round(abs(seconds)) * 10
    minutes, rest = divmod(whole, 600)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02d}:{rest // 10:02d}" if hours else f"{minutes}:{rest // 10:02d}"
    return ("-" if seconds < 0 and whole else "") + text + (f".{rest % 10}" if tenths else "")


def shown(name: str, most: int = 90) -> str:
    """A name on one line: its end where it is long, and a sign for each character that cannot be shown."""
    name = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return name if len(name) <= most else f"…{name[1 - most :]}"
