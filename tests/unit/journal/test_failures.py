"""What goes wrong with files and databases: one clear line each, and what was there before stays."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from tests.unit.journal.conftest import NOON, fill

from emovere.errors import JournalError
from emovere.journal import place
from emovere.journal import recorder as recorder_module
from emovere.journal.store import Journal
from emovere.labels import FER7
from emovere.testing.weeks import Plan, write_weeks

pytestmark = pytest.mark.timeout(60)


def refused(call, *arguments, **named) -> str:
    with pytest.raises(JournalError) as told:
        call(*arguments, **named)
    assert "\n" not in str(told.value)
    return str(told.value)


@pytest.mark.parametrize("content", [b"not a database at all, but a letter\n" * 40, b"\x89PNG\r\n\x1a\n" + bytes(5000)])
def test_a_file_that_is_no_database_is_left_alone(path, content):
    path.write_bytes(content)
    assert refused(Journal.open, path) == f"{path}: expected a journal; got a file that is no SQLite database"
    assert path.read_bytes() == content


def test_another_programs_database_is_left_alone(path):
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")
        other.commit()
    assert "expected a journal; got a database of another program, with bookmarks" in refused(Journal.open, path)
    with closing(sqlite3.connect(path)) as other:
        assert [row[0] for row in other.execute("SELECT name FROM sqlite_master")] == ["bookmarks"]


def test_an_empty_file_becomes_a_journal(path, keep):
    path.touch()
    with Journal.open(path) as journal:
        assert journal.session(keep(journal)).seconds == 3


def test_a_damaged_file_is_told(path):
    with Journal.open(path) as journal:
        write_weeks(journal, NOON.date(), 1, Plan(hours=(12,), seconds=3000))
        session = journal.find("last")
        journal.delete_note(journal.add_note(session, "x").id)  # everything into the file itself
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(os.urandom(path.stat().st_size - 4 * 4096))
    with Journal.open(path) as journal:
        said = refused(journal.readings, session)
    assert said == f"{path}: is damaged; bring it back from a copy, or move it away to begin a new one"


def test_folders_and_places_that_cannot_be(tmp_path, monkeypatch):
    assert "expected a file; got a folder" in refused(Journal.open, tmp_path)
    (tmp_path / "file").write_text("")
    assert "cannot be made" in refused(Journal.open, tmp_path / "file" / "journal.db")
    assert "there is no journal yet" in refused(Journal.open, tmp_path / "none.db", make=False)
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    "url", ["mysql://me:secret@host/x", "sqlite://", "sqlite:///:memory:", "://", "postgresql://me:secret@host:port/x"]
)
def test_urls_that_are_no_journal(url):
    said = refused(Journal.open, url)
    assert said.startswith("journal: expected a file")
    assert "secret" not in said


def test_a_server_that_is_not_there_is_told_without_the_password(monkeypatch):
    said = refused(Journal.open, "postgres://me:secret@127.0.0.1:9/journal")
    assert said.startswith("postgresql://me:***@127.0.0.1:9/journal: ")
    assert "refused" in said
    assert said.count("secret") == 0


def test_the_usual_place_and_that_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv("EMOVERE_JOURNAL", raising=False)
    with Journal.open() as journal:
        assert journal.where == str(Path(os.environ["EMOVERE_HOME"]) / "journal.db")
    monkeypatch.setenv("EMOVERE_JOURNAL", f"sqlite:///{tmp_path}/käse & co?.db")
    with Journal.open() as journal:
        assert journal.where.startswith(f"{tmp_path}/käse & co")
        assert Path(journal.where).is_file()


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_nobody_else_may_read_the_file(path, keep):
    with Journal.open(path) as journal:
        keep(journal)
        kinds = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert kinds == {"journal.db": 0o600, "journal.db-wal": 0o600, "journal.db-shm": 0o600}


def test_a_lock_that_stays_is_told(path, keep, monkeypatch):
    monkeypatch.setattr(place, "PATIENCE_S", 0.1)
    with Journal.open(path) as journal, closing(sqlite3.connect(path, isolation_level=None)) as other:
        session = keep(journal)
        other.execute("BEGIN IMMEDIATE")
        assert "is locked by another program; try again" in refused(journal.edit, session, title="x")
        assert journal.session(session).seconds == 3  # reading goes on
        other.execute("ROLLBACK")
        assert journal.edit(session, title="x").title == "x"


def test_a_lock_on_postgresql_is_told(postgresql, keep, monkeypatch):
    import psycopg

    monkeypatch.setattr(place, "PATIENCE_S", 0.1)
    with Journal.open(postgresql) as journal:
        session = keep(journal)
        with psycopg.connect(postgresql) as other:
            other.execute("LOCK TABLE emovere_sessions IN ACCESS EXCLUSIVE MODE")
            assert "is locked by another program; try again" in refused(journal.edit, session, title="x")
        assert journal.edit(session, title="x").title == "x"


def test_tables_that_another_program_removed(postgresql, keep):
    from emovere.testing.postgres import empty

    with Journal.open(postgresql) as journal:
        keep(journal)
        empty(postgresql)
        assert "its tables are not there any more" in refused(journal.sessions)


READ_ONLY = """
import os, sys
from datetime import UTC, datetime
from emovere.errors import JournalError
from emovere.journal.store import Journal
from emovere.labels import FER7
from emovere.testing.weeks import Plan, write_weeks
import sqlalchemy.dialects.sqlite.pysqlite

def look(place):
    with Journal.open(place, make=False) as journal:
        print(journal.sessions().total, len(journal.readings(journal.find("last"))))
        for change in (lambda: journal.begin("camera", FER7), journal.delete_all):
            try:
                change()
                print("written")
            except JournalError as error:
                print(error)

look(sys.argv[1])  # so that everything has been imported before this process can read nothing more
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
look(sys.argv[2])
"""


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
@pytest.mark.parametrize("frozen", ["file", "folder"])
def test_what_is_read_only_can_be_read_and_says_so(tmp_path_factory, keep, frozen):
    folder = Path(tempfile.mkdtemp())  # pytest's own are closed to other users
    try:
        for name in ("warm.db", "cold/journal.db"):
            with Journal.open(folder / name) as journal:
                keep(journal)
        cold = folder / "cold/journal.db"
        cold.chmod(0o444)
        cold.parent.chmod(0o555 if frozen == "folder" else 0o777)
        folder.chmod(0o755)
        before = cold.read_bytes()
        words = [sys.executable, "-c", READ_ONLY, str(folder / "warm.db"), str(cold)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=50, check=False)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert lines[:3] == ["1 3", "written", "written"]
        assert lines[3] == "1 3"
        assert lines[4] == lines[5]
        assert lines[4] == (
            f"{cold}: cannot be written: the file or its folder is read-only; what it holds can be read"
        )
        assert cold.read_bytes() == before
    finally:
        (folder / "cold").chmod(0o755)
        shutil.rmtree(folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 512 kB."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_told_once_and_nothing_is_lost(small_disk, frame, monkeypatch):
    monkeypatch.setattr(recorder_module, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(recorder_module, "LONGEST_PAUSE_S", 0.02)
    told: list[str] = []
    path = small_disk / "journal.db"
    with Journal.open(path) as journal:
        recorder = journal.begin("camera", FER7, at=NOON, tell=told.append)
        fill(recorder, frame(1), NOON, 5)
        ballast = small_disk / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            for _ in range(1000):
                file.write(bytes(1024))
        second = 5
        while not told and second < 3000:
            recorder.add(frame(1, 2, 3), NOON + timedelta(seconds=second))
            second += 1
            if recorder.problem is not None:
                time.sleep(0.02)
        assert len(told) == 1
        assert told[0].startswith(f"{path}: ")
        assert "the disk" in told[0]
        assert "full" in told[0]
        assert "what was written before is kept" in told[0]
        with Journal.open(path) as other:
            assert len(other.readings(recorder.session_id)) >= 4
        ballast.unlink()
        recorder.end()
        seconds = {reading.second for reading in journal.readings(recorder.session_id)}
        assert seconds == set(range(second))
        assert "nothing was lost" in told[-1]


LIMITED = """
import resource, sys
from emovere.errors import JournalError
from emovere.journal.store import Journal
from emovere.labels import FER7
from emovere.testing.weeks import Plan, write_weeks
with Journal.open(sys.argv[1]) as journal:
    session = journal.begin("camera", FER7).session_id
    size = 300_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    kept = 0
    try:
        while True:
            journal.add_note(session, "x" * 9000)
            kept += 1
    except JournalError as error:
        print(error)
    print(kept, len(journal.notes(session)))
"""


@pytest.mark.skipif(os.name != "posix", reason="limits are POSIX's")
def test_a_file_that_may_not_grow_is_told(path):
    words = [sys.executable, "-c", LIMITED, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr
    said, counts = done.stdout.splitlines()
    assert said == f"{path}: the disk fails, or is full; what was written before is kept"
    kept, found = counts.split()
    assert kept == found
    assert int(kept) >= 5


def test_many_begin_the_same_journal_at_once(url):
    problems: list[BaseException] = []
    begin = threading.Barrier(6)

    def work() -> None:
        try:
            begin.wait()
            with Journal.open(url) as journal:
                journal.begin("camera", FER7).end()
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with Journal.open(url) as journal:
        assert journal.sessions().total == 6
