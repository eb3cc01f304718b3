"""Several processes of one server: any of them answers for any video, and one that dies leaves nothing running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.serving import Running
from tests.unit.web.test_videos import video

pytestmark = [
    pytest.mark.timeout(150),
    pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds the processes by Linux's /proc"),
]

SERVER = """
import sys
from emovere.config import Options, override
from emovere.web.running import serve
from emovere.web.settings import Limits, ServeSettings

if __name__ == "__main__":
    options = override(Options(), ["detect.name=haar"])
    settings = ServeSettings(
        port=0, workers=2, journal=sys.argv[1], options=options, limits=Limits(videos=1, videos_waiting=1, rate=0)
    )
    serve(settings, lambda address: print(address, flush=True))
"""


class Patient(Running):
    """Waits for processes that have yet to start."""

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        return requests.request(method, self.url + path, timeout=60, **more)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Running, int]]:
    (tmp_path / "server.py").write_text(SERVER, encoding="utf-8")
    command = [sys.executable, str(tmp_path / "server.py"), str(tmp_path / "journal.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            host, _, port = process.stdout.readline().strip().removeprefix("http://").rstrip("/").partition(":")
            yield Patient(None, host, int(port)), process.pid
        finally:
            process.terminate()
            assert process.wait(20) == 0


def wait_until(done: Callable[[], bool]) -> None:
    due = time.monotonic() + 60
    while not done():
        assert time.monotonic() < due
        time.sleep(0.1)


def workers(pid: int) -> list[int]:
    """The processes that uvicorn has started to serve."""
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [child for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_any_process_answers_and_one_that_dies_is_told(server):
    running, pid = server
    brief, long = video(1), video(600, width=240, height=160)
    id = running.ask("POST", "/v1/videos", data=brief).json()["id"]
    wait_until(lambda: running.ask("GET", f"/v1/videos/{id}").json()["status"] == "done")
    assert {running.ask("GET", f"/v1/videos/{id}").status_code for _ in range(20)} == {200}
    assert {len(running.ask("GET", f"/v1/videos/{id}/result").json()["frames"]) for _ in range(6)} == {10}

    ids = [running.ask("POST", "/v1/videos", data=long).json()["id"] for _ in range(2)]
    assert {running.ask("POST", "/v1/videos", data=brief).status_code for _ in range(6)} == {503}
    states = [running.ask("GET", f"/v1/videos/{one}").json()["status"] for one in ids]
    assert sorted(states) == ["queued", "running"]
    assert running.ask("DELETE", f"/v1/videos/{ids[1]}").status_code == 204
    assert {running.ask("GET", f"/v1/videos/{ids[1]}").status_code for _ in range(6)} == {404}

    before = workers(pid)
    assert len(before) == 2
    for worker in before:
        os.kill(worker, signal.SIGKILL)
    wait_until(lambda: len(set(workers(pid)) - set(before)) == 2)
    told = running.ask("GET", f"/v1/videos/{ids[0]}").json()
    assert told["status"] == "failed"
    assert "died; send it again" in told["problem"]["detail"]
    assert running.ask("POST", "/v1/videos", data=brief).status_code == 202
