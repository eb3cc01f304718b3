"""Sources in their order, whoever is done first."""

from __future__ import annotations

import math

import numpy as np
import pytest

from emovere.config import TrackOptions
from emovere.pipeline import Seen
from emovere.recorded import Checkpoint
from emovere.scale.messages import Cut, Piece, Row
from emovere.scale.order import PIECE, Loaded, Order, Stretch, moves
from emovere.types import Expressions, Faces, FrameResult, Problem


def row(source: str, index: int = 0, time_s: float | None = None) -> Row:
    empty = Expressions(("happy",), np.zeros((0, 1), np.float32))
    return Row(FrameResult(source, index, time_s, (20, 30), Faces.empty(), empty))


@pytest.fixture
def order() -> Order:
    return Order(TrackOptions())


def released(order: Order) -> list[str]:
    return [item.source if isinstance(item, Problem) else item.result.source for item in order.release()]


def test_what_is_done_early_waits_for_what_stands_before_it(order):
    for source in ("a.jpg", Problem("b", "InputError", "b: no"), "c.jpg"):
        order.add(source)
    a, c = order.take(10)
    order.receive(c, row("c.jpg"), 100)
    c.finished = True
    assert released(order) == []
    assert order.held == 100
    order.receive(a, row("a.jpg"), 50)
    assert released(order) == ["a.jpg"], "told at once, though it may not be its last page"
    a.finished = True
    assert released(order) == ["b", "c.jpg"]
    assert (order.held, len(order), order.head) == (0, 0, None)


def test_photos_go_together_and_recordings_alone(order):
    for source in ("a.jpg", "b.jpg", "c.mp4", "d.jpg", Loaded("e.mp4", b"a photo with an odd name"), "f.jpg"):
        order.add(source)
    jobs = []
    while job := order.take(3):
        jobs.append([slot.source for slot in job])
    assert jobs == [["a.jpg", "b.jpg"], ["c.mp4"], ["d.jpg", "e.mp4", "f.jpg"]]


def test_a_suspect_goes_first_and_alone(order):
    for source in ("a.jpg", "b.jpg", "c.jpg"):
        order.add(source)
    a, b = order.take(2)
    b.deaths = 1
    order.put_back(b)
    assert order.take(5, head_only=True) == [], "the head is being done"
    assert order.take(5) == [b]
    assert [slot.source for slot in order.take(5)] == ["c.jpg"]
    assert a.source == "a.jpg"


def test_bytes_that_wait_count_as_held(order):
    order.add(Loaded("a.jpg", b"12345"))
    (slot,) = order.take(1)
    assert order.held == 5
    slot.finished = True
    assert released(order) == []
    assert order.held == 0


def test_a_cut_recording_is_told_as_one_and_can_be_taken_up_between_pieces(order):
    order.add("v.mp4")
    order.add("z.jpg")
    (slot,) = order.take(1)
    order.cut(slot, (Piece(0, 2, 0.0, 5.0), Piece(1, 2, 5.0, math.inf)))
    first, second = order.take(1) + order.take(1)
    order.receive(second, row("v.mp4", 50, 5.0), 1)
    second.finished = True
    order.receive(first, row("v.mp4", 0, 0.0), 1)
    order.receive(first, row("v.mp4", 1, 0.1), 1)
    items = list(order.release())
    assert [item.result.index for item in items] == [0], "the last frame is held back until the piece is done"
    first.finished = True
    items = list(order.release())
    assert [item.result.index for item in items] == [1, 50]
    assert items[0].checkpoint.state[PIECE] == 1
    assert items[1].checkpoint is None
    again = Order(TrackOptions())
    again.add("v.mp4", Checkpoint("v.mp4", items[0].checkpoint.state, [], items[0].result))
    (slot,) = again.take(1)
    again.cut(slot, (Piece(0, 2, 0.0, 5.0), Piece(1, 2, 5.0, math.inf)))
    (left,) = again.take(5)
    assert left.piece.number == 1


def test_cuts_may_be_told_and_stretches_come_raw():
    order = Order(TrackOptions(), cuts=False)
    order.add("v.mp4")
    order.add(Stretch("w.mp4", Piece(1, 3, 5.0, 10.0)))
    (whole,) = order.take(1)
    pieces = (Piece(0, 2, 0.0, 5.0), Piece(1, 2, 5.0, math.inf))
    order.cut(whole, pieces)
    whole.finished = True
    (part,) = order.take(1)
    order.receive(part, row("w.mp4", 7, 6.0), 1)
    part.finished = True
    cut, raw = order.release()
    assert cut == Cut(0, pieces)
    assert isinstance(raw, Row)


def test_pictures_that_nobody_asked_for_are_black_and_cost_nothing(order):
    order.add("a.jpg")
    (slot,) = order.take(1)
    order.receive(slot, row("a.jpg"), 1)
    (seen,) = order.release()
    assert isinstance(seen, Seen)
    assert seen.frame.image.shape == (20, 30, 3)
    assert seen.frame.image.strides == (0, 0, 0)


@pytest.mark.parametrize(("name", "moving"), [("a.JPG", 0), ("a.mp4", 1), ("a.gif", 1), ("f_%04d.png", 1), ("a", 1)])
def test_names_tell_what_may_move(name, moving):
    assert moves(name) is bool(moving)
