"""Onset, apex and offset."""

from __future__ import annotations

import json

import numpy as np

from emovere.track.episodes import Episodes

LABELS = ("happy", "sad", "neutral")
ONE = np.array([1], np.int64)


def told(curve, rate: float = 10, episodes: Episodes | None = None):
    episodes = episodes or Episodes(LABELS)
    events = []
    for k, happy in enumerate(curve):
        probs = np.array([[happy, 0.1 * (1 - happy), 0.9 * (1 - happy)]], np.float32)
        events += episodes.update("clip", k / rate, ONE, probs)
    return events, episodes


def test_a_smile_has_an_onset_an_apex_and_an_offset():
    events, episodes = told([0.1, 0.3, 0.55, 0.7, 0.9, 0.6, 0.4, 0.3, 0.1])
    assert [(e.kind, e.time_s, e.emotion) for e in events] == [
        ("onset", 0.2, "happy"), ("apex", 0.4, "happy"), ("offset", 0.7, "happy"),
    ]  # fmt: skip
    assert [round(e.value, 2) for e in events] == [0.55, 0.9, 0.3]
    assert {(e.source, e.track_id) for e in events} == {("clip", 1)}
    assert episodes.finish() == []


def test_wavering_between_the_two_limits_tells_nothing_new():
    events, _ = told([0.1, 0.55, 0.6, 0.55, 0.45, 0.55, 0.4, 0.52, 0.37, 0.6])
    assert [e.kind for e in events] == ["onset"]


def test_a_flash_is_not_told_and_neutral_is_no_episode():
    events, _ = told([0.0, 0.6, 0.1, 0.0, 0.0, 0.0])
    assert events == []


def test_one_expression_gives_way_to_another_at_once():
    episodes = Episodes(LABELS)
    events = []
    for k in range(12):
        row = [0.8, 0.1, 0.1] if k < 6 else [0.1, 0.8, 0.1]
        events += episodes.update("clip", k / 10, ONE, np.array([row], np.float32))
    assert [(e.kind, e.emotion, e.time_s) for e in events] == [
        ("onset", "happy", 0.0), ("apex", "happy", 0.0), ("offset", "happy", 0.6), ("onset", "sad", 0.6),
    ]  # fmt: skip


def test_what_is_under_way_ends_with_the_face_and_only_culminates_with_the_source():
    _, episodes = told([0.6, 0.7, 0.8, 0.7])
    ended = episodes.end(1, 0.3)
    assert [(e.kind, e.time_s, e.value) for e in ended] == [("apex", 0.2, 0.8), ("offset", 0.3, None)]
    _, episodes = told([0.6, 0.7, 0.8, 0.7])
    assert [(e.kind, e.time_s) for e in episodes.finish()] == [("apex", 0.2)]


def test_what_is_under_way_goes_through_json():
    _, before = told([0.6, 0.7, 0.8])
    after = Episodes(LABELS)
    after.restore(json.loads(json.dumps(before.state())))
    assert after.finish() == before.finish()
