"""Jobs, worked on by a function of the test's; what other processes see is looked at through a second ``Jobs``."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emovere.web import jobs as module
from emovere.web.jobs import Job, Jobs, QueueFull, UnknownJob

pytestmark = pytest.mark.timeout(30)

WORKER = """
import sys, time
from pathlib import Path
from emovere.web.jobs import Jobs

def work(job):
    job.update(frames=7, progress=0.5)
    (job.folder / "rows.jsonl").write_text("{}")
    print("working", flush=True)
    time.sleep(60)

jobs = Jobs(Path(sys.argv[1]), at_once=1, waiting=3, work=work)
first, second = jobs.begin(), jobs.begin()
for job in (first, second):
    job.input = job.folder / "upload"
    job.input.write_bytes(b"a face")
    print(jobs.submit(job).id, flush=True)
time.sleep(60)
"""


class Work:
    """Counts who works, and waits until it is let go or nobody wants it."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.working: list[str] = []
        self.most = 0

    def __call__(self, job: Job):
        self.working.append(job.state.id)
        self.most = max(self.most, len(self.working))
        while job.is_wanted() and not self.go.wait(0.01):
            pass
        self.working.remove(job.state.id)
        return ("done", None) if job.is_wanted() else ("cancelled", None)


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def make(tmp_path: Path, work: Work) -> Iterator[Callable[..., Jobs]]:
    with contextlib.ExitStack() as closing:

        def made(**more) -> Jobs:
            wanted = {"at_once": 1, "waiting": 3, "work": work, **more}
            return closing.enter_context(contextlib.closing(Jobs(tmp_path / "videos", **wanted)))

        yield made
        work.go.set()


def send(jobs: Jobs) -> str:
    job = jobs.begin()
    job.input = job.folder / "upload"
    job.input.write_bytes(b"a face")
    return jobs.submit(job).id


def wait_for(jobs: Jobs, id: str, *statuses: str) -> module.State:
    due = time.monotonic() + 10
    while (state := jobs.state(id)).status not in statuses:
        assert time.monotonic() < due, state
        time.sleep(0.01)
    return state


def test_a_job_runs_and_leaves_its_result_without_the_upload(make, work, tmp_path):
    jobs = make()
    id = send(jobs)
    wait_for(jobs, id, "running")
    assert jobs.state(id).to_dict()["kept_until"] is None
    work.go.set()
    told = wait_for(jobs, id, "done").to_dict()
    assert told["problem"] is None
    assert told["kept_until"] > "2026"
    assert sorted(path.name for path in (tmp_path / "videos" / id).iterdir()) == ["lock", "state.json"]


def test_any_process_answers_for_any_job(make, work):
    here, there = make(), make()
    id = send(here)
    wait_for(there, id, "running")
    work.go.set()
    assert wait_for(there, id, "done") == here.state(id)


def test_no_more_at_once_than_allowed_in_all_processes_together(make, work):
    here, there = make(waiting=5), make(waiting=5)
    ids = [send(jobs) for jobs in (here, there, here, there)]
    time.sleep(0.3)
    assert len(work.working) == 1
    assert sorted(here.state(id).status for id in ids) == ["queued", "queued", "queued", "running"]
    work.go.set()
    for id in ids:
        wait_for(here, id, "done")
    assert work.most == 1


def test_a_full_queue_refuses_and_takes_again(make, work):
    here, there = make(waiting=1), make(waiting=1)
    first = send(here)
    waiting = there.begin()
    with pytest.raises(QueueFull, match="2 videos are waiting"):
        here.begin()
    there.give_up(waiting)
    second = send(here)
    with pytest.raises(QueueFull):
        there.begin()
    work.go.set()
    wait_for(here, first, "done")
    wait_for(here, second, "done")
    there.give_up(there.begin())


def test_an_upload_that_comes_is_nobody_elses_business(make):
    jobs = make()
    job = jobs.begin()
    with pytest.raises(UnknownJob, match="deleted an hour after"):
        jobs.state(job.state.id)
    jobs.give_up(job)
    assert not job.folder.exists()


@pytest.mark.parametrize("which", ["running", "queued"])
def test_cancelling_stops_it_from_any_process_and_leaves_nothing(make, work, tmp_path, which):
    here, there = make(), make()
    ids = {"running": send(here)}
    wait_for(here, ids["running"], "running")
    ids["queued"] = send(here)
    began = time.monotonic()
    there.cancel(ids[which])
    assert time.monotonic() - began < 3
    assert not (tmp_path / "videos" / ids[which]).exists()
    with pytest.raises(UnknownJob):
        here.state(ids[which])
    if which == "running":
        wait_for(here, ids["queued"], "running")
    work.go.set()
    wait_for(here, ids["queued" if which == "running" else "running"], "done")
    assert not (tmp_path / "videos" / ids[which]).exists()


def test_a_job_whose_process_is_killed_is_told_as_failed(make, tmp_path):
    command = [sys.executable, "-c", WORKER, str(tmp_path / "videos")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        said = {process.stdout.readline().strip() for _ in range(3)}
        ids = sorted(said - {"working"})
        jobs = make()
        states = {jobs.state(id).status for id in ids}
        process.kill()
        process.wait()
    assert states == {"running", "queued"}
    for id in ids:
        state = jobs.state(id)
        assert state.status == "failed"
        assert state.problem["detail"] == "the process that analysed it died; send it again"
        assert sorted(path.name for path in (tmp_path / "videos" / id).iterdir()) == ["lock", "state.json"]
    assert sorted(jobs.state(id).frames for id in ids) == [0, 7]
    id = send(jobs)  # the places of the dead are free
    wait_for(jobs, id, "running")


def test_an_upload_whose_process_died_is_removed(make, tmp_path):
    jobs = make()
    folder = tmp_path / "videos" / ("0" * 32)
    folder.mkdir()
    (folder / "lock").touch()
    (folder / "upload").write_bytes(b"half a face")
    (folder / "state.json").write_text(json.dumps({"id": folder.name}))
    jobs.sweep()
    assert not folder.exists()


def test_an_error_of_the_program_is_told_and_logged(make, caplog):
    def fail(job: Job):
        raise ZeroDivisionError("a bug")

    jobs = make(work=fail)
    state = wait_for(jobs, send(jobs), "failed")
    assert "please report it" in state.problem["detail"]
    assert "a bug" in caplog.text


def test_a_last_state_that_cannot_be_written_counts_as_dead(make):
    def fill_the_disk(job: Job):
        (job.folder / "state.new").mkdir()
        return "done", None

    jobs = make(work=fill_the_disk)
    state = wait_for(jobs, send(jobs), "failed")
    assert "send it again" in state.problem["detail"]


def test_results_go_after_their_time(make, work, tmp_path, monkeypatch):
    work.go.set()
    jobs = make()
    id = send(jobs)
    wait_for(jobs, id, "done")
    jobs.sweep()
    assert jobs.state(id).status == "done"
    monkeypatch.setattr(module, "KEPT_S", -1.0)
    jobs.sweep()
    with pytest.raises(UnknownJob):
        jobs.state(id)
    assert not (tmp_path / "videos" / id).exists()


def test_of_too_many_results_the_oldest_go_first(make, work, monkeypatch):
    monkeypatch.setattr(module, "MOST_KEPT", 2)
    work.go.set()
    jobs = make()
    ids = []
    for _ in range(3):
        ids.append(send(jobs))
        wait_for(jobs, ids[-1], "done")
    jobs.sweep()
    with pytest.raises(UnknownJob):
        jobs.state(ids[0])
    assert [jobs.state(id).status for id in ids[1:]] == ["done", "done"]


def test_a_server_that_stops_tells_so(make, work):
    stopping, other = make(), make()
    ids = [send(stopping), send(stopping)]
    wait_for(stopping, ids[0], "running")
    stopping.close()
    for id in ids:
        state = other.state(id)
        assert state.status == "failed"
        assert "the server stopped" in state.problem["detail"]
    assert work.working == []
