"""Readings for other programs."""

from __future__ import annotations

import csv
import json
from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from tests.unit.journal.conftest import NOON, fill

from emovere.errors import ConfigError, MissingExtra, OutputError
from emovere.journal import export
from emovere.labels import FER7, FERPLUS8
from emovere.types import Event

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def filled(journal, keep, frame):
    """Three days: one of fer7, one of ferplus8, one with notes and events."""
    keep(journal, NOON, 2, people=(1, 2), happy=0.25)
    keep(journal, NOON + timedelta(days=1), 1, labels=FERPLUS8, contempt=0.5)
    begun = NOON + timedelta(days=2)
    with journal.begin("camera", FER7, "light", "written", 60, at=begun, tags=["tea"]) as recorder:
        fill(recorder, frame(7, sad=0.75, time_s=0.0, events=(Event("enter", "camera", 0.0, 7),)), begun, 1)
        recorder.note('a "note", with a comma\nand a line')
    return journal


def test_parquet(filled, tmp_path):
    path = tmp_path / "a.parquet"
    assert filled.export(path) == 6
    table = pq.read_table(path)
    assert table.column_names == list(export.COLUMNS)
    rows = table.to_pylist()
    assert [(row["second"], row["person"]) for row in rows] == [(0, 1), (0, 2), (1, 1), (1, 2), (0, 1), (0, 7)]
    assert rows[2]["at"] == NOON + timedelta(seconds=1)
    assert rows[2]["at"].utcoffset() == timedelta(0)
    assert rows[0]["happy"] == pytest.approx(0.25)
    assert rows[0]["contempt"] is None
    assert rows[4]["contempt"] == pytest.approx(0.5)
    assert rows[5]["zone"] == 60
    about = json.loads(table.schema.metadata[b"emovere"])
    assert [session["id"] for session in about["sessions"]] == list(dict.fromkeys(row["session"] for row in rows))
    assert about["sessions"][2]["notes"][0]["text"] == 'a "note", with a comma\nand a line'
    assert about["sessions"][2]["tags"] == ["tea"]


def test_csv(filled, tmp_path):
    path = tmp_path / "a.csv"
    assert filled.export(path, "csv") == 6
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[2]["at"] == "2026-11-04T12:00:01.000Z"
    assert (rows[0]["happy"], rows[0]["contempt"], rows[4]["contempt"]) == ("0.25", "", "0.5")
    assert rows[5]["person"] == "7"


def test_json_lines_hold_everything(filled, tmp_path):
    path = tmp_path / "a.jsonl"
    assert filled.export(path, "jsonl") == 6
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    kinds = [line["row"] for line in lines]
    assert kinds == [*["journal", "session", "reading", "reading", "reading", "reading", "session", "reading"],
                     *["session", "note", "event", "reading"]]  # fmt: skip
    assert lines[0]["schema"] == export.SCHEMA
    assert lines[-3]["text"].startswith('a "note"')
    assert (lines[-2]["person"], lines[-2]["kind"]) == (7, "enter")
    assert lines[-1]["probs"]["sad"] == 0.75
    assert "contempt" not in lines[-1]["probs"]


def test_days(filled, tmp_path):
    assert filled.export(tmp_path / "a.csv", "csv", "2026-11-05", "2026-11-05") == 1
    for name in ("parquet", "csv", "jsonl"):
        path = tmp_path / f"none.{name}"
        assert filled.export(path, name, "2027-01-01") == 0
    assert pq.read_table(tmp_path / "none.parquet").num_rows == 0
    assert (tmp_path / "none.csv").read_text().count("\n") == 1


def test_groups_are_filled_across_sessions(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "GROUP", 2)
    assert filled.export(tmp_path / "a.parquet") == 6
    file = pq.ParquetFile(tmp_path / "a.parquet")
    assert [file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)] == [2, 2, 2]
    assert filled.export(tmp_path / "a.csv", "csv") == 6


def test_what_cannot_be_written_leaves_nothing(filled, tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match=r"unknown format 'xlsx'; \(csv, jsonl, parquet\)"):
        filled.export(tmp_path / "a.xlsx", "xlsx")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        filled.export(tmp_path / "file" / "a.csv", "csv")

    def missing(module, extra):
        raise MissingExtra(f"{module} is missing: pip install 'emovere[{extra}]'")

    monkeypatch.setattr(export, "optional", missing)
    with pytest.raises(MissingExtra, match=r"pip install 'emovere\[data\]'"):
        filled.export(tmp_path / "a.parquet")
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(("a.", ".a"))] == []
