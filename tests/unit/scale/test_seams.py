"""Pieces of a recording, put together."""

from __future__ import annotations

import json

import numpy as np

from emovere.scale.messages import Before, Damage, Row
from emovere.scale.seams import Seams
from emovere.types import Event, Expressions, Faces, FrameResult, Problem

LEFT, RIGHT, FAR = (0, 0, 40, 40), (100, 0, 140, 40), (300, 300, 340, 340)


def result(index: int, people: dict[int, tuple[int, int, int, int]], *events: Event) -> FrameResult:
    faces = Faces(
        np.array(list(people.values()), np.float32).reshape(-1, 4),
        np.ones(len(people), np.float32),
        None,
        np.array(list(people), np.int64),
    )
    expressions = Expressions(("happy",), np.ones((len(people), 1), np.float32))
    return FrameResult("v.mp4", index, index / 10, (400, 400), faces, expressions, {}, events)


def numbers(items: list) -> list[list[int]]:
    return [item.result.faces.track_ids.tolist() for item in items if isinstance(item, Row)]


def take(seams: Seams, *items) -> list:
    return [one for item in items for one in seams.take(item)]


def test_a_face_keeps_its_number_and_a_new_one_gets_the_next():
    seams = Seams("v.mp4", 3.0)
    first = take(seams, *(Row(result(k, {1: LEFT, 2: RIGHT})) for k in range(5)))
    seams.begin()
    # the next piece counts the other way round, and has a third person
    before = [Before(result(k, {1: RIGHT, 2: LEFT})) for k in range(2, 5)]
    second = take(seams, *before, *(Row(result(k, {1: RIGHT, 2: LEFT, 3: FAR})) for k in range(5, 8)))
    assert numbers(first) == [[1, 2]] * 5
    assert numbers(second) == [[2, 1, 3]] * 3
    assert [item.result.index for item in second] == [5, 6, 7], "what came before is not told again"


def test_two_who_change_places_quickly_are_told_by_most_frames():
    seams = Seams("v.mp4", 3.0)
    take(seams, *(Row(result(k, {1: LEFT, 2: RIGHT})) for k in range(5)))
    seams.begin()
    before = [Before(result(k, {7: LEFT, 8: RIGHT})) for k in range(1, 4)] + [Before(result(4, {7: RIGHT, 8: LEFT}))]
    assert numbers(take(seams, *before, Row(result(5, {7: LEFT, 8: RIGHT})))) == [[1, 2]]


def test_events_carry_the_new_numbers_and_nobody_leaves_who_was_never_told_of():
    seams = Seams("v.mp4", 3.0)
    take(seams, Row(result(0, {1: LEFT})))
    seams.begin()
    gone = [Event("leave", "v.mp4", 0.0, 1), Event("leave", "v.mp4", 0.0, 9), Event("enter", "v.mp4", 0.1, 4)]
    (row,) = take(seams, Before(result(0, {1: LEFT, 9: FAR})), Row(result(1, {4: RIGHT}, *gone)))
    assert [(e.kind, e.track_id) for e in row.result.events] == [("leave", 1), ("enter", 2)]


def test_damage_is_summed_and_the_same_end_is_told_once():
    seams = Seams("v.mp4", 3.0)
    end = Problem("v.mp4", "UnreadableVideo", "v.mp4: breaks off at 3 s")
    assert take(seams, Damage(2), end) == [end]
    seams.begin()
    assert take(seams, Damage(1), end) == []
    assert seams.damage().message.startswith("v.mp4: 3 damaged packets")
    assert Seams("v.mp4", 3.0).damage() is None


def test_it_goes_on_from_its_state():
    seams = Seams("v.mp4", 3.0)
    take(seams, Damage(2), *(Row(result(k, {1: LEFT, 2: RIGHT})) for k in range(5)))
    again = Seams("v.mp4", 3.0, json.loads(json.dumps(seams.state())))
    piece = [Before(result(4, {5: RIGHT})), Row(result(5, {5: RIGHT, 6: FAR}))]
    assert numbers(take(again, *piece)) == [[2, 3]]
    assert again.damage() is not None


def test_only_the_overlap_is_remembered():
    seams = Seams("v.mp4", 1.0)
    take(seams, *(Row(result(k, {1: LEFT})) for k in range(100)))
    assert len(seams.state()["tail"]) < 25
