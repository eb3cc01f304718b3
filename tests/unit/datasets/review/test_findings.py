"""Findings as a table and as a patch, and what is neither."""

from __future__ import annotations

import csv

import pytest

from emovere.datasets.clean.findings import COLUMNS, Finding, in_order, write_findings
from emovere.datasets.review.findings import Hint, findings_of, read_findings
from emovere.errors import DatasetError


def test_the_table_of_clean_is_read_with_what_is_only_listed(rows, folder, begin):
    found = (
        Finding(3, "label", 0.9, "relabel", "sad", "8 of 10 say sad"),
        Finding(4, "outlier", 0.6),
        Finding(0, "exact copy", 1.0, "drop", other=19),
    )
    write_findings(in_order(rows, found), folder / "findings.csv")
    read = dict(findings_of(folder))
    assert read == {
        str(rows.keys[3]): Hint("label", 0.9, "sad", "8 of 10 say sad"),
        str(rows.keys[4]): Hint("outlier", 0.6),
    }
    queue = begin().queue()
    assert (queue.by, queue.order.tolist()[:3]) == ("findings", [3, 4, 0])
    assert findings_of(folder / "faces.parquet") == []


GOOD = {"key": "a" * 64, "reason": "dark", "score": "0.5", "action": "look", "new_label": "", "note": ""}


@pytest.mark.parametrize(
    "wrong", [{"key": "a"}, {"key": "A" * 64}, {"reason": "ugly"}, {"score": "2"}, {"score": "nan"}, {"score": "high"}]
)
def test_rows_that_are_none_are_told_with_their_line(tmp_path, wrong):
    with (tmp_path / "findings.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows([GOOD, {**GOOD, **wrong}])
    with pytest.raises(DatasetError, match="line 3: expected a key"):
        read_findings(tmp_path / "findings.csv")


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "lacks key"), (b"a,b\n1,2\n", "lacks key"), (b"{\n", "JSON object"), (b"\xff\xfe\x00", "cannot be read")],
)
def test_other_files_are_told(tmp_path, data, words):
    (tmp_path / "other").write_bytes(data)
    with pytest.raises(DatasetError, match=words):
        read_findings(tmp_path / "other")
    with pytest.raises(DatasetError, match="cannot be read"):
        read_findings(tmp_path / "nowhere")
