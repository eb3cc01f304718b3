"""Six weeks of a made-up journal: mornings and evenings of one face, happier after the fourth week."""

from __future__ import annotations

import math
import random
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np

from emovere.journal.store import Journal
from emovere.labels import FER7
from emovere.types import Event, Expressions, Faces, FrameResult

WEEKS = 6
BETTER = 28
"""Days after which the face is happier."""

TITLES = ("Morning coffee", "Video call", "Reading", "After a walk", "Cooking", "")
TAGS = ("home", "quiet", "friends")


def write_diary(path: Path, last: date, weeks: int = WEEKS, readings: int = 4) -> None:
    """Write a journal that ends with a day. readings: seconds of the shortest session; the longest has twice that."""
    chance = random.Random(7)
    with Journal.open(path) as journal:
        for day in range(7 * weeks):
            mood = chance.gauss(0, 0.5)
            for hour in (8, 13, 20):
                if chance.random() < 0.45:
                    continue
                on = last - timedelta(days=7 * weeks - 1 - day)
                begin = datetime.combine(on, time(hour, chance.randrange(60)), UTC)
                title = chance.choice(TITLES)
                tags = chance.sample(TAGS, chance.randrange(2)) if hour > 8 else ()
                people = 2 if title == "Cooking" else 1
                with journal.begin("camera", FER7, "light", title, 0, at=begin, tags=tags) as recorder:
                    seconds = readings + chance.randrange(readings)
                    for second in range(seconds):
                        result = _frame(chance, second, day, hour, mood, people)
                        recorder.add(result, begin + timedelta(seconds=second))
                    recorder.end(begin + timedelta(seconds=seconds))


def _frame(chance: random.Random, second: int, day: int, hour: int, mood: float, people: int) -> FrameResult:
    happy = (0.9 if day >= BETTER else -0.2) + (0.5 if hour > 12 else -0.3) + mood + math.sin(second / 9 + day)
    surprise, sad = -1.4 + math.sin(day), 0.2 - 0.5 * happy
    row = [-1.6 + 0.4 * math.cos(3 * day), -2.4, -1.9, happy, sad, surprise, 1.2]
    logits = np.array([row], np.float32).repeat(people, 0)
    logits += np.array([[chance.gauss(0, 0.35) for _ in FER7] for _ in range(people)], np.float32)
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    boxes = np.array([[40 + 200 * n, 50, 140 + 200 * n, 170] for n in range(people)], np.float32)
    faces = Faces(boxes, np.ones(people, np.float32), None, np.arange(1, people + 1))
    events = tuple(Event("enter", "camera", 0.0, n + 1) for n in range(people)) if second == 0 else ()
    return FrameResult("camera", second, float(second), (480, 640), faces, Expressions(FER7, probs, None), events)
