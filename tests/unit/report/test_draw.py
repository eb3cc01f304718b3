"""The picture with what was seen in it."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from emovere.errors import OutputError, ShapeError
from emovere.labels import FER7, FERPLUS8
from emovere.report import canvas
from emovere.report.colours import COLOURS, colour_of, rgb
from emovere.report.draw import annotate, save_annotated
from emovere.report.label import Panel, Scale, Tag, labels_of
from emovere.report.placing import place
from emovere.report.symbols import symbol
from emovere.types import Expressions, Faces, FrameResult

GREY = 128


def picture(height, width):
    return np.full((height, width, 3), GREY, np.uint8)


def result(boxes, size, *, unsure=False, labels=FER7):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    probs = np.full((len(boxes), len(labels)), 0.05, np.float32)
    probs[:, 3] = 1 - 0.05 * (len(labels) - 1)
    sets = np.zeros(probs.shape, np.bool_)
    sets[:, 3] = True
    sets[:, 4] = unsure
    faces = Faces(boxes, np.full(len(boxes), 0.9, np.float32))
    return FrameResult("a.jpg", 0, None, size, faces, Expressions(labels, probs, sets))


def changed(image):
    return (image != GREY).any(axis=2)


def near(image, colour):
    return (np.abs(image.astype(int) - np.array(colour)) < 30).all(axis=2)


def test_a_face_gets_its_box_and_the_rest_stays():
    image = picture(480, 640)
    drawn = annotate(image, result([[200, 100, 320, 260]], (480, 640)))
    assert drawn.shape == image.shape
    assert drawn.dtype == np.uint8
    assert (image == GREY).all()
    yellow = near(drawn, rgb(COLOURS["happy"]))
    for row, column in ((100, 260), (259, 260), (180, 200), (180, 319)):
        assert yellow[row - 2 : row + 3, column - 2 : column + 3].any(), (row, column)
    mark = changed(drawn)
    assert not mark[110:250, 210:310].any(), "the face itself stays free"
    assert not mark[:80].any()
    assert mark[262:].any(), "the mix of expressions stands below"


def test_without_a_face_the_copy_is_all():
    image = picture(20, 30)
    drawn = annotate(image, result([], (20, 30)))
    assert (drawn == image).all()
    drawn[0] = 0
    assert (image == GREY).all()


def test_doubt_is_dashed():
    def share_of_top(unsure):
        drawn = annotate(picture(400, 400), result([[100, 100, 300, 300]], (400, 400), unsure=unsure))
        return near(drawn[98:103, 115:285], rgb(COLOURS["happy"])).any(axis=0).mean()

    assert share_of_top(False) == 1
    assert 0.4 < share_of_top(True) < 0.8


def test_as_many_bars_as_asked_for():
    def heights(top_k):
        drawn = annotate(picture(600, 600), result([[200, 50, 400, 300]], (600, 600)), top_k=top_k)
        return changed(drawn)[310:].any(axis=1).sum()

    assert heights(1) < heights(2) < heights(3) < heights(7)
    assert heights(7) == heights(70)


@pytest.mark.parametrize(
    ("size", "box"),
    [
        ((100, 100), (20, 20, 80, 80)),
        ((48, 48), (4, 4, 44, 44)),
        ((9, 7), (1, 1, 6, 8)),
        ((1, 1), (0, 0, 1, 1)),
        ((300, 3000), (1400, 10, 1600, 290)),
        ((3000, 4000), (0, 0, 4000, 3000)),
        ((600, 800), (-50, -50, 60, 90)),
        ((600, 800), (780, 560, 900, 700)),
        ((3000, 4000), (2000, 1500, 2012, 1512)),
    ],
)
def test_any_size_is_drawn_on(size, box):
    drawn = annotate(picture(*size), result([box], size, unsure=True))
    assert drawn.shape == (*size, 3)
    assert changed(drawn).any()


@pytest.mark.parametrize("box", [(900, 10, 990, 90), (50, 50, 50, 50), (60, 60, 20, 20), (np.nan, 0, 40, 40)])
def test_a_box_that_is_not_in_the_picture_is_left_out(box):
    image = picture(100, 100)
    assert (annotate(image, result([box], (100, 100))) == image).all()


def rows_of_faces(count, across, side, step):
    return np.array(
        [
            [20 + step * (i % across), 40 + step * (i // across)] * 2 + np.array([0, 0, side, side])
            for i in range(count)
        ],
        np.float32,
    )


def placed_labels(boxes, size):
    faces = list(result(boxes, size))
    taken = []
    for own, face in enumerate(faces):
        scale = Scale.of(size, (float(boxes[own][2] - boxes[own][0]), float(boxes[own][3] - boxes[own][1])))
        label = place(list(labels_of(face, scale, 3)), own, boxes, taken, size, 4)
        assert label is not None
        taken.append(label[1])
    return np.array(taken)


def overlap(a, b):
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    return float(np.prod(np.maximum(sides, 0)))


def test_in_a_group_no_label_hides_a_face_or_another_label():
    boxes = rows_of_faces(20, 7, 90, 250)
    labels = placed_labels(boxes, (1080, 1920))
    for i, label in enumerate(labels):
        assert all(overlap(label, box) == 0 for box in boxes), i
        assert all(overlap(label, other) == 0 for j, other in enumerate(labels) if j != i), i


@given(st.integers(0, 10_000))
@settings(max_examples=50, deadline=None)
def test_labels_lie_inside_the_picture(seed):
    rng = np.random.default_rng(seed)
    size = (int(rng.integers(200, 1500)), int(rng.integers(200, 1500)))
    corners = rng.uniform(0, 0.9, (6, 2)) * size[::-1]
    boxes = np.concatenate([corners, corners + rng.uniform(12, 300, (6, 2))], axis=1).astype(np.float32)
    for x1, y1, x2, y2 in placed_labels(boxes, size):
        assert 0 <= x1 < x2 <= size[1]
        assert 0 <= y1 < y2 <= size[0]


def test_a_panel_for_the_large_and_a_tag_for_the_small():
    (face,) = result([[0, 0, 1, 1]], (1080, 1920))
    assert isinstance(next(labels_of(face, Scale.of((1080, 1920), (300, 400)), 3)), Panel)
    assert isinstance(next(labels_of(face, Scale.of((1080, 1920), (60, 70)), 3)), Tag)


def test_the_richest_label_that_hides_nothing_is_taken():
    boxes = np.array([[100, 100, 200, 200]], np.float32)
    large, small = Tag("a long, long label", (0, 0, 0), 20), Tag("short", (0, 0, 0), 12)
    assert place([large, small], 0, boxes, [], (400, 400), 4)[0] is large
    assert place([large, small], 0, boxes, [], (400, 120), 4)[0] is small
    assert place([large], 0, boxes, [], (400, 60), 4) is None


@given(
    st.tuples(st.integers(1, 300), st.integers(1, 300)),
    st.lists(st.tuples(*[st.floats(-400, 700, width=32)] * 4), max_size=6),
    st.booleans(),
    st.integers(1, 8),
)
@settings(max_examples=60, deadline=None)
def test_no_box_is_too_odd(size, boxes, unsure, top_k):
    image = picture(*size)
    drawn = annotate(image, result(boxes, size, unsure=unsure, labels=FERPLUS8), top_k=top_k)
    assert drawn.shape == image.shape
    assert (image == GREY).all()


def test_a_result_of_another_picture_is_refused():
    with pytest.raises(ShapeError, match="expected 480 x 640 pixels as in the result; got"):
        annotate(picture(640, 480), result([], (480, 640)))
    with pytest.raises(ShapeError, match=r"expected \(N, N, 3\) uint8"):
        annotate(np.zeros((4, 4), np.uint8), result([], (4, 4)))


def test_drawing_touches_regions_only():
    image, seen = picture(3000, 4000), result([[1000, 1000, 1400, 1500]], (3000, 4000))
    annotate(image, seen)
    started = time.process_time()
    annotate(image, seen)
    drawing = time.process_time() - started
    started = time.process_time()
    np.clip(image.astype(np.float32) * 0.5, 0, 255).astype(np.uint8)
    assert drawing < 3 * (time.process_time() - started), "dearer than blending the whole picture"


@pytest.mark.parametrize(("suffix", "kind"), [(".jpg", "JPEG"), (".JPEG", "JPEG"), (".png", "PNG"), (".webp", "WEBP")])
def test_pictures_are_saved_by_suffix(tmp_path, suffix, kind):
    image, seen = picture(120, 160), result([[40, 20, 100, 90]], (120, 160))
    path = tmp_path / "out" / f"a{suffix}"
    save_annotated(image, seen, path)
    with Image.open(path) as read:
        assert (read.format, read.size) == (kind, (160, 120))
        assert np.abs(np.asarray(read).astype(int) - annotate(image, seen)).mean() < 3
    assert len(list(path.parent.iterdir())) == 1


def test_what_cannot_be_saved_is_told_and_leaves_nothing(tmp_path):
    with pytest.raises(OutputError, match=r"a\.gif: expected a name that ends in \.jpg"):
        save_annotated(picture(9, 9), result([], (9, 9)), tmp_path / "a.gif")
    with pytest.raises(OutputError, match=r"a\.webp: 17000 x 2 pixels"):
        save_annotated(picture(2, 17000), result([], (2, 17000)), tmp_path / "a.webp")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        save_annotated(picture(9, 9), result([], (9, 9)), tmp_path / "file" / "a.png")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_every_label_has_a_colour_of_its_own():
    assert set(COLOURS) == set(FERPLUS8)
    assert len(set(COLOURS.values())) == len(FERPLUS8)
    assert colour_of("bored") == colour_of("bored")
    assert colour_of("bored") in COLOURS.values()
    assert rgb("#d55e00") == (213, 94, 0)


def followed(boxes, size, numbers, **changes):
    seen = result(boxes, size, **changes)
    return dataclasses.replace(seen, faces=dataclasses.replace(seen.faces, track_ids=np.array(numbers, np.int64)))


def test_a_followed_face_has_its_number_and_hardly_more_room():
    (plain,), (numbered,) = (list(f([[0, 0, 1, 1]], (480, 640))) for f in (result, lambda b, s: followed(b, s, [12])))
    scale = Scale.of((480, 640), (150, 190))
    for without, with_ in zip(labels_of(plain, scale, 3), labels_of(numbered, scale, 3), strict=False):
        assert with_.number == "#12"
        assert with_.size[1] == without.size[1]
        assert 0 <= with_.size[0] - without.size[0] < 2.6 * with_.font
    boxes = [[200, 100, 320, 260]]
    ones, twos = (annotate(picture(480, 640), followed(boxes, (480, 640), [n])) for n in (1, 2))
    other = (ones != twos).any(axis=2)
    assert 0 < other.sum() < 200, "only the digit is another"


def test_a_face_with_very_little_room_still_has_its_number():
    (face,) = followed([[0, 0, 1, 1]], (480, 640), [3])
    *_, least = labels_of(face, Scale.of((480, 640), (14, 14)), 3)
    assert least.text == "#3"


def test_a_symbol_stands_at_the_corner_and_hides_no_other_face():
    size, face = (480, 640), [200, 140, 340, 320]
    plain = annotate(picture(*size), result([face], size))
    drawn = annotate(picture(*size), result([face], size), symbols=True)
    rows, columns = np.nonzero((plain != drawn).any(axis=2))
    assert rows.max() < 140 + 0.4 * 180
    assert columns.min() > 340 - 0.5 * 140
    assert 60 < columns.max() - columns.min() < 100
    beside = [345, 60, 485, 240]
    both = annotate(picture(*size), result([face, beside], size), symbols=True)
    assert (near(both[100:235, 350:480], rgb(COLOURS["happy"]))).mean() < 0.05, "the neighbour stays free"


def test_a_doubtful_symbol_says_so_and_the_edge_is_kept():
    size, face = (200, 200), [60, 0, 200, 160]
    sure, unsure = (
        annotate(picture(*size), result([face], size, unsure=unsure), symbols=True, top_k=1) for unsure in (0, 1)
    )
    corner = (slice(0, 60), slice(140, 200))
    assert near(sure[corner], (251, 239, 117)).any() or near(sure[corner], (243, 233, 107)).any()
    assert (sure[corner] < 40).all(axis=2).sum() < (unsure[corner] < 40).all(axis=2).sum()
    for odd in ((9, 7), (1, 1), (30, 400)):
        assert annotate(picture(*odd), result([[0, 0, 6, 8]], odd), symbols=True).shape == (*odd, 3)


def test_letters_and_symbols_are_drawn_once_for_a_whole_video():
    def drawn_anew():
        return canvas._mask_of.cache_info().misses, symbol.cache_info().misses

    image = picture(480, 640)
    moving = [followed([[220 + i, 120 + i, 400 + i, 350 + i]], (480, 640), [1], unsure=True) for i in range(30)]
    first = annotate(image, moving[0], symbols=True)
    before = drawn_anew()
    for seen in moving:
        annotate(image, seen, symbols=True)
    assert drawn_anew() == before
    assert (annotate(image, moving[0], symbols=True) == first).all()
