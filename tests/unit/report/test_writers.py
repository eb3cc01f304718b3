"""What programs read: each format against a reader that is not ours."""

from __future__ import annotations

import csv
import io
import json
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest

from emovere.errors import ConfigError, LabelMismatch, MissingExtra, OutputError
from emovere.labels import FER7, FERPLUS8
from emovere.report.base import WRITERS, Header, open_writer, write_report
from emovere.report.parquet import GROUP
from emovere.types import Expressions, Problem, Report, frame_to_dict, problem_to_dict

BROKEN = Problem("broken.jpg", "UnreadableImage", 'broken.jpg: "damaged", at byte 7')
COLUMNS = ["source", "index", "time_s", "track_id", "x1", "y1", "x2", "y2", "score", "emotion", "uncertain", *FER7]
NAMES = ["a.jpg", "写真/家族.png", 'with "quotes", commas\nand lines.jpg', "=1+1.jpg", "caf\udce9.jpg", "\x00\x1b.jpg"]


def unfinished(format_, header, file):
    with open_writer(format_, file, header):
        raise KeyboardInterrupt


@pytest.mark.parametrize("faces", [0, 1, 5])
@pytest.mark.parametrize("name", NAMES)
def test_json_is_the_report(tmp_path, seen, report_of, faces, name):
    report = report_of(seen(name, faces, landmarks=True), seen("b", 1, index=3, time_s=0.1, tracked=True), BROKEN)
    write_report(report, "json", tmp_path / "r.json")
    data = json.loads((tmp_path / "r.json").read_bytes().decode("utf-8"))
    assert data == report.to_dict()
    assert Report.from_dict(data).to_dict() == report.to_dict()


@pytest.mark.parametrize("items", [(), (BROKEN,), (BROKEN, BROKEN)])
def test_json_without_a_frame(tmp_path, report_of, items):
    write_report(report_of(*items), "json", tmp_path / "r.json")
    data = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert data == report_of(*items).to_dict()
    assert list(data) == ["schema", "emovere", "models", "config", "frames", "errors"]


def test_json_keeps_letters_readable(tmp_path, seen, report_of):
    write_report(report_of(seen("写真.png", 0)), "json", tmp_path / "r.json")
    assert '"写真.png"' in (tmp_path / "r.json").read_text(encoding="utf-8")


def test_json_has_no_word_for_nan(tmp_path, seen, report_of):
    with pytest.raises(OutputError, match="finite"):
        write_report(report_of(seen("a", 1, time_s=float("nan"))), "json", tmp_path / "r.json")
    assert list(tmp_path.iterdir()) == []


def test_json_writes_frames_as_they_come(seen, header):
    file = io.StringIO()
    writer = open_writer("json", file, header)
    writer.frame(seen("first.jpg", 1))
    assert "first.jpg" in file.getvalue()


@pytest.mark.parametrize("format_", ["json", "parquet"])
def test_a_result_cut_short_does_not_pass_for_a_whole_one(header, format_):
    file = io.BytesIO() if format_ == "parquet" else io.StringIO()
    with pytest.raises(KeyboardInterrupt):
        unfinished(format_, header, file)
    with pytest.raises(Exception, match=r"(?i)parquet|expecting"):
        pq.read_table(file) if format_ == "parquet" else json.loads(file.getvalue())


@pytest.mark.parametrize("name", NAMES)
def test_json_lines_are_frames_and_problems_in_order(tmp_path, seen, report_of, header, name):
    frames = [seen(name, 5), seen("b.jpg", 0)]
    with (tmp_path / "r.jsonl").open("w", encoding="utf-8", newline="") as file:
        writer = open_writer("jsonl", file, header)
        writer.frame(frames[0])
        # another reader sees the line before the next one is written
        assert json.loads((tmp_path / "r.jsonl").read_text(encoding="utf-8")) == frame_to_dict(frames[0])
        writer.problem(BROKEN)
        writer.frame(frames[1])
        writer.close()
    lines = (tmp_path / "r.jsonl").read_text(encoding="utf-8").splitlines()
    expected = [frame_to_dict(frames[0]), problem_to_dict(BROKEN), frame_to_dict(frames[1])]
    assert [json.loads(line) for line in lines] == expected
    assert set(json.loads(lines[1])) == {"source", "error", "message"}


@pytest.mark.parametrize("faces", [0, 1, 5])
@pytest.mark.parametrize("name", NAMES[:4])
def test_csv_has_a_row_a_face(tmp_path, seen, report_of, faces, name):
    result = seen(name, faces, index=2, time_s=1.5, tracked=True)
    write_report(report_of(result, BROKEN), "csv", tmp_path / "r.csv")
    with (tmp_path / "r.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        assert reader.fieldnames == COLUMNS
        rows = list(reader)
    assert len(rows) == faces
    for row, face in zip(rows, result, strict=True):
        assert (row["source"], row["index"], row["time_s"]) == (name, "2", "1.5")
        assert (row["emotion"], row["track_id"]) == (face.emotion, str(face.track_id))
        assert row["uncertain"] == ("true" if face.uncertain else "false")
        np.testing.assert_allclose([float(row[k]) for k in ("x1", "y1", "x2", "y2")], face.box, atol=0.005)
        np.testing.assert_allclose([float(row[k]) for k in FER7], list(face.probs.values()), atol=1e-6)


def test_csv_in_full(tmp_path, seen, report_of):
    write_report(report_of(seen("=a,b.jpg", 1)), "csv", tmp_path / "r.csv")
    assert (tmp_path / "r.csv").read_bytes().decode().split("\n")[1:] == [
        '"=a,b.jpg",0,,,10.25,20.00,70.25,100.00,0.9900,happy,false,'
        "0.010000,0.000000,0.000000,0.930000,0.000000,0.010000,0.050000",
        "",
    ]


def test_csv_spells_out_a_name_that_is_no_text(tmp_path, seen, report_of):
    write_report(report_of(seen("caf\udce9.jpg", 1)), "csv", tmp_path / "r.csv")
    with (tmp_path / "r.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["source"] == r"caf\udce9.jpg"


@pytest.mark.parametrize("faces", [0, 1, 5])
def test_parquet_has_typed_columns(tmp_path, seen, report_of, faces):
    result = seen("写真 caf\udce9.jpg", faces)
    write_report(report_of(result, BROKEN), "parquet", tmp_path / "r.parquet")
    table = pq.read_table(tmp_path / "r.parquet")
    assert table.column_names == COLUMNS
    kinds = dict(zip(table.column_names, (str(kind) for kind in table.schema.types), strict=True))
    expected = {"source": "string", "index": "int64", "time_s": "double", "track_id": "int64", "emotion": "string"}
    assert kinds == {name: expected.get(name, "float") for name in COLUMNS} | {"uncertain": "bool"}
    rows = table.to_pylist()
    assert len(rows) == faces
    for row, face in zip(rows, result, strict=True):
        assert (row["source"], row["time_s"], row["track_id"]) == ("写真 caf\\udce9.jpg", None, None)
        assert (row["emotion"], row["uncertain"]) == (face.emotion, face.uncertain)
        np.testing.assert_allclose([row[k] for k in FER7], list(face.probs.values()), atol=1e-6)
        np.testing.assert_allclose([row[k] for k in ("x1", "y1", "x2", "y2")], face.box, atol=0.005)


def test_parquet_carries_the_header(tmp_path, report_of):
    write_report(report_of(), "parquet", tmp_path / "r.parquet")
    about = json.loads(pq.read_schema(tmp_path / "r.parquet").metadata[b"emovere"])
    whole = report_of().to_dict()
    assert about == {key: whole[key] for key in ("schema", "emovere", "models", "config")}


def test_parquet_writes_groups_as_they_fill(seen, header):
    file = io.BytesIO()
    frames = GROUP // 5 + 1
    with open_writer("parquet", file, header) as writer:
        for number in range(frames):
            writer.frame(seen("a", 5, index=number))
        assert file.tell() > 10_000
        writer.frame(seen("b", 1))
    assert not file.closed
    meta = pq.ParquetFile(file).metadata
    assert [meta.row_group(i).num_rows for i in range(meta.num_row_groups)] == [5 * frames, 1]


def test_without_pyarrow_the_install_line_is_named(header, monkeypatch):
    for module in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=r"pip install 'emovere\[data\]'"):
        open_writer("parquet", io.BytesIO(), header)


@pytest.mark.parametrize("format_", ["csv", "parquet"])
def test_labels_other_than_the_columns_are_refused(tmp_path, seen, header, format_):
    file = io.BytesIO() if format_ == "parquet" else io.StringIO()
    result = seen("a.jpg", 1)
    other = Header(FERPLUS8, header.models, header.config, header.emovere)
    with pytest.raises(LabelMismatch, match=r"a\.jpg: expected the labels .*contempt; got"):
        open_writer(format_, file, other).frame(result)


def test_every_format_leaves_the_callers_file_open(seen, header):
    for format_ in WRITERS:
        file = io.BytesIO() if format_ == "parquet" else io.StringIO()
        with open_writer(format_, file, header) as writer:
            writer.frame(seen("a", 2))
        assert file.getvalue()


def test_an_unknown_format_is_named(header):
    with pytest.raises(ConfigError, match="unknown format 'jsno'; did you mean 'json'"):
        open_writer("jsno", io.StringIO(), header)


def test_fewer_labels_than_the_model_tells_apart(tmp_path, seen, header):
    result = seen("a", 2)
    few = result.expressions.select(("sad", "happy"))
    kept = type(result)("a", 0, None, result.size, result.faces, Expressions(few.labels, few.probs, few.sets))
    write_report(Report((kept,)), "csv", tmp_path / "r.csv")
    assert (tmp_path / "r.csv").read_text().splitlines()[0].endswith("uncertain,sad,happy")
