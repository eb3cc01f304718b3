"""What the journal gives back: frozen, in plain Python, ready for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Generic, TypeVar

from emovere.labels import FERPLUS8

T = TypeVar("T")

LABELS = FERPLUS8
"""The labels that a journal knows, in the order of its columns."""


@dataclass(frozen=True)
class Session:
    """One session."""

    id: str
    """UUID4 in hex."""
    title: str
    source: str
    model: str
    labels: tuple[str, ...]
    started_at: datetime
    """UTC."""
    ended_at: datetime
    """UTC; where nobody ended it, the end of its last reading."""
    finished: bool
    """Whether it was ended; False while it runs, and where the process died."""
    zone: int
    """Minutes east of UTC."""
    seconds: int
    """Seconds with at least one face."""
    people: int
    people_seconds: int
    """The seconds of every person added up."""
    means: Mapping[str, float]
    """Mean probability of each label over the seconds of all people; empty where no face was seen."""
    tags: tuple[str, ...]

    @property
    def local_start(self) -> datetime:
        """When it began, on the clock of its place."""
        return self.started_at.astimezone(timezone(timedelta(minutes=self.zone)))

    @property
    def duration_s(self) -> float:
        """Seconds from its beginning to its end."""
        return (self.ended_at - self.started_at).total_seconds()

    def to_dict(self) -> dict[str, Any]:
        """For JSON; times are ISO 8601 in UTC."""
        return {
            "id": self.id,
            "title": self.title,
            "source": self.source,
            "model": self.model,
            "labels": list(self.labels),
            "started_at": iso(self.started_at),
            "ended_at": iso(self.ended_at),
            "finished": self.finished,
            "zone": self.zone,
            "seconds": self.seconds,
            "people": self.people,
            "people_seconds": self.people_seconds,
            "means": rounded(self.means),
            "tags": list(self.tags),
        }


@dataclass(frozen=True)
class Reading:
    """One person in one second of a session."""

    second: int
    """Whole seconds since the session's beginning."""
    person: int
    frames: int
    """Frames that were averaged."""
    uncertain: float
    """Share of these frames in which more than one label remained possible, in [0, 1]."""
    probs: Mapping[str, float]
    """Mean probability of each of the session's labels."""

    @property
    def emotion(self) -> str:
        """The likeliest label."""
        return max(self.probs, key=lambda label: self.probs[label])

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "second": self.second,
            "person": self.person,
            "frames": self.frames,
            "uncertain": round(self.uncertain, 4),
            "probs": rounded(self.probs),
        }


@dataclass(frozen=True)
class Note:
    """A person's own words on a session."""

    id: str
    at_s: float | None
    """Seconds since the session's beginning; None where it is about the whole."""
    text: str
    written_at: datetime
    """UTC."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"id": self.id, "at_s": self.at_s, "text": self.text, "written_at": iso(self.written_at)}


@dataclass(frozen=True)
class Happening:
    """An event of a session: someone comes or goes, an expression begins, is strongest, ends."""

    at_s: float
    """Seconds since the session's beginning."""
    person: int
    kind: str
    """enter, leave, onset, apex or offset."""
    emotion: str | None
    value: float | None
    """The expression's smoothed probability at that time."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        value = None if self.value is None else round(self.value, 4)
        return {
            "at_s": self.at_s,
            "person": self.person,
            "kind": self.kind,
            "emotion": self.emotion,
            "value": value,
        }


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows of a longer list."""

    rows: list[T]
    total: int
    """Rows of the whole list."""

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[T]:
        return iter(self.rows)


@dataclass(frozen=True)
class Trend:
    """What was seen in one stretch of time, on the clock of each session's place."""

    start: str
    """ISO date of the day, of the week's Monday or of the month's first; ``0`` to ``23`` for hours of the day; a day's
    course has its minutes, as in ``2026-11-01T09:30``."""
    seconds: int
    """Seconds with at least one face."""
    people_seconds: int
    """The seconds of every person added up."""
    means: Mapping[str, float]
    """Mean probability of each label over the seconds of all people."""
    first: Mapping[str, float]
    """Share of these seconds in which the label was the likeliest."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "start": self.start,
            "seconds": self.seconds,
            "people_seconds": self.people_seconds,
            "means": rounded(self.means),
            "first": rounded(self.first),
        }


@dataclass(frozen=True)
class Contents:
    """How much a journal holds."""

    sessions: int
    seconds: int
    first: datetime | None
    """Beginning of the earliest session; None where there is none."""
    last: datetime | None
    """Beginning of the latest session."""
    where: str
    """sqlite or postgresql."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "sessions": self.sessions,
            "seconds": self.seconds,
            "first": None if self.first is None else iso(self.first),
            "last": None if self.last is None else iso(self.last),
            "where": self.where,
        }


def iso(at: datetime) -> str:
    """ISO 8601 in UTC, to the millisecond: ``2026-11-01T09:30:00.000Z``."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rounded(shares: Mapping[str, float]) -> dict[str, float]:
    """Shares to six digits."""
    return {label: round(share, 6) for label, share in shares.items()}
