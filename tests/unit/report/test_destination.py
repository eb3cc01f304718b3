"""Where results go: files that appear whole or not at all, and a stdout that may be full, closed or gone."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from emovere.errors import OutputError
from emovere.report.base import destination, open_writer, write_report

PROGRAM = """
import sys
from emovere.errors import EmovereError
from emovere.report.base import write_report
from emovere.types import Problem, Report
problem = Problem("caf\\udce9 写真.jpg", "UnreadableImage", "x" * 200)
try:
    write_report(Report((), (problem,) * 2000), sys.argv[1], None)
except EmovereError as error:
    sys.exit(f"told: {error}")
except BrokenPipeError:
    sys.exit(7)
"""


def start(format_, **options):
    return subprocess.Popen([sys.executable, "-c", PROGRAM, format_], stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("format_", ["table", "json", "parquet"])
def test_a_full_disk_is_told_once(format_):
    with Path("/dev/full").open("wb") as full:
        process = start(format_, stdout=full)
        _, said = process.communicate(timeout=60)
    assert said == "told: stdout: cannot be written: No space left on device\n"
    assert process.returncode == 1


@pytest.mark.parametrize("format_", ["jsonl", "json"])
def test_a_reader_that_goes_away_is_the_callers_affair(format_):
    read, write = os.pipe()
    process = start(format_, stdout=write)
    os.close(write)
    os.close(read)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (7, "")


def test_json_to_a_pipe_is_utf_8_whatever_the_terminal_speaks():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    process = start("jsonl", stdout=subprocess.PIPE, env=environment)
    shown, _ = process.communicate(timeout=60)
    assert '"caf\\udce9 写真.jpg"' in shown
    assert process.returncode == 0


def test_a_table_on_a_terminal_of_few_letters_does_not_fail():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    process = start("table", stdout=subprocess.PIPE, env=environment)
    shown, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")
    assert shown.isascii()


def test_a_closed_stdout_is_told(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError, match="stdout: is closed; name a file"), destination(None, "json"):
        pass


def test_what_was_printed_before_stays_before(seen, report_of, capfd):
    print("before")
    write_report(report_of(seen("a.jpg", 0)), "table", None)
    print("after")
    assert capfd.readouterr().out == "before\na.jpg  no face found\nafter\n"


def test_a_stdout_of_text_alone_serves(seen, report_of):
    with contextlib.redirect_stdout(io.StringIO()) as caught:
        write_report(report_of(seen("a.jpg", 0)), "table", None)
        with pytest.raises(OutputError, match="takes text only"):
            write_report(report_of(), "parquet", None)
    assert caught.getvalue() == "a.jpg  no face found\n"


def test_a_stdout_without_a_descriptor_serves_bytes(report_of):
    memory = io.BytesIO()
    stdout = io.TextIOWrapper(memory, encoding="utf-8")
    with contextlib.redirect_stdout(stdout):
        write_report(report_of(), "parquet", None)
        write_report(report_of(), "csv", None)
    assert memory.getvalue().startswith(b"PAR1")
    assert b"source,index" in memory.getvalue()


def interrupted(path, format_, header, result):
    with destination(path, format_) as file, open_writer(format_, file, header) as writer:
        writer.frame(result)
        raise KeyboardInterrupt


@pytest.mark.parametrize("format_", ["table", "json", "jsonl", "csv", "parquet"])
def test_a_file_appears_whole_or_not_at_all(tmp_path, seen, header, format_):
    path = tmp_path / "new" / "result"
    with pytest.raises(KeyboardInterrupt):
        interrupted(path, format_, header, seen("a.jpg", 1))
    assert list(path.parent.iterdir()) == []
    with destination(path, format_) as file, open_writer(format_, file, header) as writer:
        writer.frame(seen("a.jpg", 1))
    assert [entry.name for entry in path.parent.iterdir()] == ["result"]
    assert path.stat().st_size > 0


def on_a_full_disk(path, header, result):
    def refuse(text):
        raise OSError(28, "No space left on device")

    with destination(path, "json") as file:
        file.write = refuse
        open_writer("json", file, header).frame(result)


def test_a_disk_that_fills_leaves_the_old_file(tmp_path, seen, header):
    path = tmp_path / "r.json"
    path.write_text("old")
    with pytest.raises(OutputError, match=r"r\.json: cannot be written: No space left"):
        on_a_full_disk(path, header, seen("a", 1))
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_in_the_way_is_told(tmp_path, report_of):
    (tmp_path / "r.csv").mkdir()
    with pytest.raises(OutputError, match=r"r\.csv: cannot be written"):
        write_report(report_of(), "csv", tmp_path / "r.csv")
