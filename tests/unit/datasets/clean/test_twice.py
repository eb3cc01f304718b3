"""Findings about copies."""

from __future__ import annotations

from emovere.datasets.clean.findings import in_order, proposed
from emovere.datasets.clean.options import CopyOptions
from emovere.datasets.clean.twice import exact_copies, near_copies
from emovere.datasets.laid import lay_over


def test_of_exact_copies_the_held_out_one_stays(make_rows, scribbles):
    a, b = scribbles[:2]
    rows = make_rows([a, b, a, a], [0, 1, 0, 0], ["Training", "Training", "PublicTest", "Training"])
    found = exact_copies(rows)
    assert [(one.row, one.reason, one.action, one.other) for one in found] == [
        (0, "copy across splits", "drop", 2),
        (3, "copy across splits", "drop", 2),
    ]
    laid, applied = lay_over(rows, [proposed(in_order(rows, found), {})])
    assert applied.dropped == 2
    assert laid.faces.splits.tolist() == ["Training", "PublicTest"]


def test_of_contradicting_copies_none_stays(make_rows, scribbles):
    a, b = scribbles[:2]
    rows = make_rows([a, b, a], [0, 1, 4], names=("a.png", "b.png", "c.png"))
    found = exact_copies(rows)
    assert [(one.row, one.reason) for one in found] == [
        (0, "conflicting copy"),
        (2, "conflicting copy"),
        (2, "exact copy"),
    ]
    assert found[0].note == "2 faces with the same pixels, labelled angry and sad"
    assert found[2].note == "the same pixels as a.png"
    laid, _ = lay_over(rows, [proposed(in_order(rows, found), {})])
    assert laid.faces.names == ("b.png",)


def test_a_near_copy_of_a_held_out_face_is_dropped_and_another_only_listed(make_rows, scribbles):
    a, b = scribbles[:2]
    nearly_a, nearly_b = a.copy(), b[:, ::-1].copy()
    nearly_a[40:, 30:] //= 2
    nearly_b[:6, :6] //= 2
    rows = make_rows([nearly_a, b, a, nearly_b], [0, 1, 0, 1], ["Training", "Training", "PublicTest", "Training"])
    found = near_copies(rows, CopyOptions())
    assert [(one.row, one.reason, one.action, one.other) for one in found] == [
        (3, "near copy", "", 1),
        (0, "near copy", "drop", 2),
    ] or [(one.row, one.action, one.other) for one in found] == [(0, "drop", 2), (3, "", 1)]
    notes = {one.row: one.note for one in found}
    assert "row 3, which is in PublicTest" in notes[0]
    assert notes[3] == "nearly the mirror image of row 2"
    assert all(0.87 <= one.score <= 1 for one in found)


def test_near_copies_with_other_labels_are_told(make_rows, scribbles):
    a = scribbles[0]
    second, third = a.copy(), a.copy()
    second[44:, 44:] //= 2
    third[:4, :4] //= 2
    rows = make_rows([a, second, third, scribbles[1]], [0, 0, 3, 3])
    told = {one.row: one for one in near_copies(rows, CopyOptions()) if one.reason == "conflicting copy"}
    assert set(told) == {0, 1, 2}
    assert told[2].score > told[0].score
    assert not any(one.action for one in told.values())
    assert told[0].note == "3 near copies, labelled angry and happy"


def test_different_faces_are_no_copies(make_rows, scribbles):
    rows = make_rows(scribbles, [0] * 30)
    assert exact_copies(rows) == []
    assert near_copies(rows, CopyOptions()) == []
