"""Findings as a table, as a patch, as sheets."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from PIL import Image

from emovere.datasets.clean.findings import COLUMNS, Finding, in_order, proposed, write_findings
from emovere.datasets.clean.sheets import write_sheets
from emovere.datasets.patch import read_patch, write_patch


@pytest.fixture
def findings(make_rows, scribbles):
    images = [*scribbles[:5], scribbles[0]]
    rows = make_rows(images, [0, 1, 2, 3, 4, 0], names=tuple(f"{name}, a.png" for name in "abcdef"))
    return in_order(
        rows,
        [
            Finding(3, "label", 0.9, "relabel", "sad", "sad with 90%"),
            Finding(1, "dark", 0.2),
            Finding(2, "dark", 0.4),
            Finding(5, "exact copy", 1.0, "drop", note="the same pixels as a, a.png", other=0),
            Finding(0, "exact copy", 1.0, "drop"),
        ],
    )


def test_order_and_counts(findings):
    assert [(one.reason, one.row) for one in findings.found] == [
        ("exact copy", 0),
        ("exact copy", 5),
        ("dark", 2),
        ("dark", 1),
        ("label", 3),
    ]
    assert findings.counts() == [("exact copy", 2, 2, 0), ("dark", 2, 0, 0), ("label", 1, 0, 1)]


def test_the_table_has_a_line_each(findings, tmp_path):
    write_findings(findings, tmp_path / "findings.csv")
    with (tmp_path / "findings.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert tuple(lines[0]) == COLUMNS
    assert [line["action"] for line in lines] == ["drop", "drop", "look", "look", "relabel"]
    assert lines[1]["name"] == "f, a.png"
    assert (lines[1]["copy_of"], lines[2]["copy_of"]) == ("0", "")
    assert (lines[4]["label"], lines[4]["new_label"], lines[4]["score"]) == ("happy", "sad", "0.9000")
    assert lines[4]["key"] == findings.rows.keys[3]


def test_the_patch_holds_what_is_proposed_once_a_key(findings, tmp_path):
    write_patch(proposed(findings, {"by": "emovere data clean", "set": "mine"}), tmp_path / "clean.jsonl")
    patch = read_patch(tmp_path / "clean.jsonl")
    assert [(one.action, one.reason, one.label) for one in patch.verdicts] == [
        ("drop", "exact copy", ""),
        ("relabel", "label", "sad"),
    ]
    assert patch.verdicts[0].by == "emovere data clean"
    assert patch.header["set"] == "mine"


def test_a_sheet_for_each_reason(findings, tmp_path):
    files = write_sheets(findings, tmp_path)
    assert [file.name for file in files] == ["exact-copy.jpg", "dark.jpg", "label.jpg"]
    with Image.open(files[0]) as sheet:
        grey = np.asarray(sheet.convert("L"), np.float32)
    face = np.asarray(
        Image.fromarray(findings.rows.faces.images[0]).resize((96, 96), Image.Resampling.BICUBIC), np.float32
    )
    assert np.abs(grey[24:120, 6:102] - face).mean() < 6


def test_no_finding_no_sheet(make_rows, scribbles, tmp_path):
    none = in_order(make_rows(scribbles[:2], [0, 1]), [])
    assert write_sheets(none, tmp_path) == []
    assert none.counts() == []
    assert proposed(none, {}).verdicts == ()
