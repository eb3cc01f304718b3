"""``emovere journal`` and ``emovere watch --journal`` as processes."""

from __future__ import annotations

import json
import os
import pty
import signal
import sqlite3
import subprocess
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from PIL import Image
from tests.integration.conftest import command

from emovere.journal.store import Journal
from emovere.testing.weeks import Plan, write_weeks

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def weeks(tmp_path: Path, monkeypatch) -> Path:
    """Twelve days of two sessions each, in the journal that EMOVERE_JOURNAL names."""
    path = tmp_path / "weeks.db"
    with Journal.open(path) as journal:
        write_weeks(journal, date(2026, 11, 1), 12, Plan(hours=(8.2, 20.3), seconds=90, skip=0.0))
        last = journal.find("last")
        journal.edit(last, "tea", ["home"])
        journal.add_note(last, "the doorbell", 30)
    monkeypatch.setenv("EMOVERE_JOURNAL", str(path))
    return path


def test_a_video_becomes_a_session(emovere, shared, yunet_weights, tmp_path):
    clip = shared("videos/signing_sorry.mkv")
    done = emovere("watch", clip, "--journal", "--title", "sorry")
    usual = Path(os.environ["EMOVERE_HOME"]) / "journal.db"
    assert f"emovere: kept in {usual}; emovere journal show " in done.stderr
    frames = [json.loads(line) for line in done.stdout.splitlines()]
    shown = json.loads(emovere("journal", "show", "last", "--json").stdout)
    assert (shown["title"], shown["source"], shown["model"], shown["finished"]) == ("sorry", str(clip), "light", True)
    assert sum(reading["frames"] for reading in shown["readings"]) == sum(len(frame["faces"]) for frame in frames)
    first = [face for frame in frames if frame["time_s"] < 1 for face in frame["faces"]]
    mean = sum(face["probs"]["happy"] for face in first) / len(first)
    assert shown["readings"][0]["probs"]["happy"] == pytest.approx(mean, abs=1e-4)
    text = emovere("journal", "show", shown["id"][:8]).stdout
    assert f"session  {shown['id']}" in text
    assert "title    sorry" in text


def test_without_the_option_nothing_is_kept(emovere, shared, yunet_weights):
    emovere("watch", shared("videos/one_smiling.gif"))
    assert not (Path(os.environ["EMOVERE_HOME"]) / "journal.db").exists()
    done = emovere("watch", "0", "--title", "x", expect=1)
    assert done.stderr == "emovere: --title: names a session of the journal; add --journal\n"


def test_ctrl_c_ends_a_session_and_kill_9_loses_none_of_its_seconds(shared, yunet_weights, tmp_path):
    clip = str(shared("videos/signing_again.mkv"))
    for number, name in ((signal.SIGINT, "ended.db"), (signal.SIGKILL, "killed.db")):
        words = command(["watch", clip, "--journal-url", tmp_path / name])
        with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            for line in process.stdout:
                at = json.loads(line)["time_s"]
                if at > 2.2:
                    break
            process.send_signal(number)
            process.communicate(timeout=30)
        with Journal.open(tmp_path / name) as journal:
            session = journal.sessions().rows[0]
            assert session.finished == (number == signal.SIGINT)
            seconds = {reading.second for reading in journal.readings(session.id)}
            assert {0, 1} <= seconds
            assert session.seconds == len(seconds)


def test_a_journal_that_is_locked_for_good_does_not_stop_watching(shared, yunet_weights, tmp_path):
    clip, path = str(shared("videos/signing_again.mkv")), tmp_path / "locked.db"
    words = command(["watch", clip, "--journal-url", path])
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.readline()  # the session has begun
        with closing(sqlite3.connect(path, isolation_level=None, timeout=20)) as other:
            other.execute("BEGIN IMMEDIATE")
            out, err = process.communicate(timeout=90)
    assert process.returncode == 1
    assert len(out.splitlines()) > 50
    lines = [line for line in err.splitlines() if "locked" in line]
    assert len(lines) == len(set(lines))
    assert "seconds of this session are not in the journal" in lines[-1]
    assert "Traceback" not in err


def test_list(emovere, weeks):
    done = emovere("journal", "list", "--limit", "3")
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    assert lines[0].split() == ["ID", "BEGAN", "LENGTH", "PEOPLE", "FACES", "MOSTLY", "TITLE", "TAGS"]
    assert "2026-11-12 20:18    1:30       1   1:30" in lines[1]
    assert lines[1].rstrip().endswith("tea    home")
    assert "3 of 24 sessions; --limit shows more" in done.stderr
    listed = json.loads(emovere("journal", "list", "--json", "--tag", "home").stdout)
    assert listed["total"] == 1
    assert listed["sessions"][0]["title"] == "tea"
    one = json.loads(emovere("journal", "list", "--json", "--since", "2026-11-03", "--until", "2026-11-03").stdout)
    assert one["total"] == 2


def test_notes_and_edits(emovere, weeks):
    emovere("journal", "note", "last", "a second one", "--at", "1:10")
    emovere("journal", "edit", "last", "--title", "supper", "--tags", "home, late")
    shown = emovere("journal", "show", "last").stdout
    assert "title    supper" in shown
    assert "tags     home, late" in shown
    assert [line.strip() for line in shown.splitlines()[-2:]] == ["0:30  the doorbell", "1:10  a second one"]
    assert "expected --title or --tags" in emovere("journal", "edit", "last", expect=1).stderr


def test_trends_and_their_picture(emovere, weeks, tmp_path):
    done = emovere("journal", "trends", "--since", "2026-11-02", "--until", "2026-11-04", "--plot", "t.png")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["DAY", "FACES", "ANGRY", "DISGUST", "FEAR", "HAPPY", "SAD", "SURPRISE", "NEUTRAL"]
    assert [line.split()[:2] for line in lines[1:]] == [[f"2026-11-0{day}", "3:00"] for day in (2, 3, 4)]
    with Image.open(tmp_path / "t.png") as picture:
        assert picture.format == "PNG"
    rows = json.loads(emovere("journal", "trends", "--by", "hour-of-day", "--json").stdout)
    assert [row["start"] for row in rows["rows"]] == ["8", "20"]
    assert sum(rows["rows"][0]["means"].values()) == pytest.approx(1, abs=1e-4)
    assert "no face was seen in that time" in emovere("journal", "trends", "--since", "2027-01-01").stderr
    emovere("journal", "show", "last", "--plot", "s.png")
    assert (tmp_path / "s.png").stat().st_size < 60_000


def test_compare(emovere, weeks):
    spans = ("--before", "..2026-11-06", "--after", "2026-11-07..")
    done = emovere("journal", "compare", *spans)
    assert "before  ... to 2026-11-06: 12 sessions on 6 days, 18:00 with a face" in done.stdout
    assert "Intervals come from resampling days." in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    found = json.loads(emovere("journal", "compare", *spans, "--json").stdout)
    assert found["resampled"] == "days"
    assert all(change["low"] <= change["difference"] <= change["high"] for change in found["changes"])
    few = emovere("journal", "compare", "--before", "2026-11-01..2026-11-01", "--after", "2026-11-02..2026-11-02")
    assert "no difference is claimed" in few.stdout


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.jsonl"])
def test_export(emovere, weeks, tmp_path, name):
    done = emovere("journal", "export", name, "--since", "2026-11-12")
    assert done.stderr == f"emovere: 180 readings in {name}\n"
    assert (tmp_path / name).stat().st_size > 5000
    assert "unknown format" in emovere("journal", "export", "a.xlsx", expect=1).stderr


def test_delete_asks_where_somebody_can_answer(weeks, tmp_path):
    for answer, left in (("n", 24), ("y", 23)):
        keys, terminal = pty.openpty()
        words = command(["journal", "delete", "last"])
        pipes = {"stdin": terminal, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(words, cwd=tmp_path, **pipes) as process:
            os.write(keys, f"{answer}\n".encode())
            _, err = process.communicate(timeout=60)
        os.close(keys)
        os.close(terminal)
        assert b"Delete 1 session for good" in err
        assert process.returncode == (0 if answer == "y" else 1)
        with Journal.open(weeks) as journal:
            assert journal.sessions().total == left


def test_delete_without_a_terminal(emovere, weeks):
    assert "--yes deletes without asking" in emovere("journal", "delete", "last", expect=1).stderr
    for wrong in ((), ("--since", "2026-11-01"), ("last", "--all"), ("--all", "--since", "2026-11-01")):
        assert "delete: expected" in emovere("journal", "delete", *wrong, "--yes", expect=1).stderr
    gone = "--since", "2026-11-01", "--until", "2026-11-02"
    assert emovere("journal", "delete", *gone, "--yes").stderr == "emovere: 4 sessions deleted\n"
    assert "nothing was deleted" in emovere("journal", "delete", *gone, "--yes").stderr
    assert emovere("journal", "delete", "last", "--yes").stderr == "emovere: 1 session deleted\n"
    assert emovere("journal", "delete", "--all", "--yes").stderr == "emovere: 19 sessions deleted\n"
    assert b"doorbell" not in weeks.read_bytes()
    assert "no session there" in emovere("journal", "list").stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("list",), "there is no journal yet; emovere watch 0 --journal begins one"),
        (("list", "--journal-url", "."), "expected a file; got a folder"),
        (("list", "--journal-url", "mysql://h/x"), "expected a file, sqlite:///FILE or postgresql://USER@HOST/NAME"),
        (("trends", "--plot", "a.jpg"), "--plot: expected a name that ends in .png"),
        (("compare", "--before", "x", "--after", "y"), "--before: expected two days such as"),
    ],
)
def test_what_cannot_be_done_is_one_line(emovere, words, says):
    done = emovere("journal", *words, expect=1)
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_it_starts_quickly_and_alone():
    """The other commands do not pay for the journal."""
    code = "import sys, emovere.cli.main; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([*command(())[:1], "-c", code], check=False, timeout=60).returncode == 0
