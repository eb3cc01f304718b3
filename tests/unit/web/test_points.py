from __future__ import annotations

import json

import numpy as np
import pytest

from emovere.types import Event, Expressions, Faces, FrameResult
from emovere.web import points as module
from emovere.web.points import Points

LABELS = ("happy", "sad", "neutral")


def result(time_s: float, people: dict[int, tuple[float, ...]], *, sure: bool = True, events=()) -> FrameResult:
    count = len(people)
    boxes = np.array([[10 * n, 20, 10 * n + 5, 30 + time_s] for n in people], np.float32).reshape(count, 4)
    probs = np.array(list(people.values()), np.float32).reshape(count, 3)
    sets = np.zeros((count, 3), np.bool_)
    sets[:, 0] = True
    sets[:, 1] = not sure
    faces = Faces(boxes, np.ones(count, np.float32), track_ids=np.array(list(people), np.int64))
    return FrameResult(
        "video", round(30 * time_s), time_s, (480, 640), faces, Expressions(LABELS, probs, sets), {}, events
    )


def test_a_point_is_the_mean_over_its_step_with_its_latest_box():
    points = Points(LABELS)
    points.add(result(0.01, {1: (0.6, 0.4, 0.0)}, sure=False))
    points.add(result(0.05, {1: (0.2, 0.8, 0.0), 2: (0.0, 0.0, 1.0)}, sure=False))
    points.add(result(0.09, {1: (0.1, 0.9, 0.0)}))
    points.add(result(0.11, {1: (1.0, 0.0, 0.0)}))
    told = points.to_dict()
    assert [person["track_id"] for person in told["people"]] == [1, 2]
    first, second = told["people"][0]["points"]
    assert first == {
        "t": 0.05,
        "emotion": "sad",
        "uncertain": True,
        "probs": [0.3, 0.7, 0.0],
        "box": [10.0, 20.0, 15.0, 30.1],
    }
    assert second["emotion"] == "happy"
    assert second["uncertain"] is False
    assert (told["width"], told["height"], told["duration_s"]) == (640, 480, 0.11)
    assert told["labels"] == list(LABELS)


def test_hours_are_thinned_and_keep_their_mean():
    points = Points(LABELS)
    shares = np.random.default_rng(0).random(20_000)
    for k, share in enumerate(shares):
        points.add(result(k / 4, {1: (share, 1 - share, 0.0)}))
    (person,) = points.to_dict()["people"]
    times = [point["t"] for point in person["points"]]
    assert module.MOST_POINTS / 2 <= len(times) <= module.MOST_POINTS
    assert times == sorted(times)
    assert times[-1] - times[-2] == pytest.approx(times[1] - times[0], rel=0.5)
    assert np.mean([point["probs"][0] for point in person["points"]]) == pytest.approx(shares.mean(), abs=0.005)


def test_one_persons_steps_do_not_coarsen_anothers(monkeypatch):
    monkeypatch.setattr(module, "MOST_POINTS", 10)
    points = Points(LABELS)
    for k in range(100):
        people = {1: (1.0, 0.0, 0.0)} | ({2: (0.0, 1.0, 0.0)} if k >= 95 else {})
        points.add(result(k / 10 + 0.05, people))
    long, brief = points.to_dict()["people"]
    assert 5 <= len(long["points"]) <= 10
    assert len(brief["points"]) == 5


def test_those_who_left_after_a_glance_give_way_when_there_are_too_many(monkeypatch):
    monkeypatch.setattr(module, "MOST_PEOPLE", 20)
    points = Points(LABELS)
    for k in range(200):
        points.add(result(k / 10, {1: (1.0, 0.0, 0.0), 100 + k: (0.0, 1.0, 0.0)}))
    told = points.to_dict()
    assert len(told["people"]) <= 20
    assert told["people"][0]["track_id"] == 1
    assert told["people_left_out"] + len(told["people"]) == 201


def test_events_are_kept_up_to_a_number(monkeypatch):
    monkeypatch.setattr(module, "MOST_EVENTS", 3)
    points = Points(LABELS)
    for k in range(3):
        both = (Event("onset", "video", k / 2, 1, "happy", 0.75), Event("leave", "video", k / 2, 1))
        points.add(result(float(k), {}, events=both))
    told = points.to_dict()
    assert [event["kind"] for event in told["events"]] == ["onset", "leave", "onset"]
    assert told["events"][0] == {"kind": "onset", "time_s": 0.0, "track_id": 1, "emotion": "happy", "value": 0.75}
    assert told["events_left_out"] == 3


def test_a_video_without_a_face_is_a_timeline_without_people():
    points = Points(LABELS)
    points.add(result(0.0, {}))
    told = json.loads(json.dumps(points.to_dict()))
    assert told["people"] == []
    assert told["events"] == []
