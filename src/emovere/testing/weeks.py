"""Weeks of synthetic readings, for tests, measurements and the docs' pictures: nobody's face was looked at for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt

from emovere.journal.dates import milliseconds
from emovere.journal.seconds import Second
from emovere.journal.store import Journal
from emovere.journal.writing import write_seconds
from emovere.labels import FER7

Float64 = npt.NDArray[np.float64]

USUAL = {"angry": -2.2, "disgust": -3.4, "fear": -2.8, "happy": -0.9, "sad": -1.6, "surprise": -2.4, "neutral": 0.8}
"""Logits of a face on an ordinary day."""

WANDER_S = 240.0
"""Time constant with which a face comes back to the usual."""

AT_ONCE = 20_000
"""Seconds of one transaction."""


@dataclass(frozen=True)
class Plan:
    """What a day of synthetic sessions looks like."""

    hours: tuple[float, ...] = (8.2, 12.5, 17.6, 20.3)
    """When sessions begin, on the place's clock."""
    seconds: int = 2400
    """Of each session, give or take a third."""
    people: int = 1
    zone: int = 60
    skip: float = 0.15
    """Share of sessions that do not take place."""


def write_weeks(journal: Journal, first: date, days: int, plan: Plan | None = None, *, seed: int = 0) -> int:
    """Fill a journal with days of sessions, calmer in the morning and happier in the evening; returns the readings."""
    plan = plan or Plan()
    rng = np.random.default_rng(seed)
    count = 0
    for day in range(days):
        mood = rng.normal(0, 0.35, len(FER7))
        for hour in plan.hours:
            length = round(plan.seconds * rng.uniform(0.67, 1.33)) if plan.skip else plan.seconds
            if rng.uniform() < plan.skip:
                continue
            local = datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(days=day, hours=hour)
            begun = local - timedelta(minutes=plan.zone)
            count += _session(journal, begun, length, mood + _hourly(hour), plan, rng)
    return count


def _session(
    journal: Journal, begun: datetime, length: int, mood: Float64, plan: Plan, rng: np.random.Generator
) -> int:
    recorder = journal.begin("camera", FER7, "light", zone=plan.zone, at=begun)
    people = [_person(length, mood, rng) for _ in range(plan.people)]
    seconds = list(_seconds(people, length))
    for start in range(0, length, AT_ONCE):
        with journal.writing() as connection:
            write_seconds(connection, recorder.running, seconds[start : start + AT_ONCE])
    recorder.end(at=begun + timedelta(seconds=length))
    assert milliseconds(begun) == recorder.running.started_ms
    return sum(len(second.people) for second in seconds)


def _person(length: int, mood: Float64, rng: np.random.Generator) -> Float64:
    """(length, 7) probabilities that wander about the usual."""
    usual = np.array([USUAL[label] for label in FER7]) + mood
    keep = np.exp(-1 / WANDER_S)
    steps = rng.normal(0, 0.9 * np.sqrt(1 - keep**2), (length, len(FER7)))
    wandering = np.empty_like(steps)
    here = rng.normal(0, 0.9, len(FER7))
    for second, step in enumerate(steps):
        here = keep * here + step
        wandering[second] = here
    logits = usual + wandering + rng.normal(0, 0.25, steps.shape)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs: Float64 = odds / odds.sum(axis=1, keepdims=True)
    return probs


def _seconds(people: list[Float64], length: int) -> Iterator[Second]:
    rows = [person.tolist() for person in people]
    for second in range(length):
        seen = tuple((number, 10, 0.2, tuple(probs[second])) for number, probs in enumerate(rows, 1))
        yield Second(second, seen)


def _hourly(hour: float) -> Float64:
    """What the time of day adds: sadder before ten, happier from the late afternoon on."""
    added = dict.fromkeys(FER7, 0.0)
    added["sad"] = max(0.0, 10 - hour) / 4
    added["happy"] = max(0.0, hour - 15) / 4
    return np.array([added[label] for label in FER7])
