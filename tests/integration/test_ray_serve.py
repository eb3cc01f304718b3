"""``emovere serve --engine ray`` as a process of its own: one cluster for all that it has to show."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.processes import processes_of
from tests.serving import jpeg, serving
from tests.unit.web.test_videos import video
from websockets.sync.client import connect

pytest.importorskip("ray.serve", reason="needs the extra scale", exc_type=ImportError)

pytestmark = [
    pytest.mark.timeout(360),
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds the processes by Linux's /proc"),
]

SETTINGS = ("replicas.ongoing=2", "replicas.up_s=0", "replicas.down_s=600", "limits.rate=0", "limits.videos=1")


class Cluster:
    """A server process, and those that belong to it: they all have its temporary folder in their environment."""

    def __init__(self, process: subprocess.Popen[str], url: str, folder: Path) -> None:
        self.process, self.url, self.folder = process, url.rstrip("/"), folder

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        return requests.request(method, self.url + path, timeout=60, **more)

    def processes(self, name: str = "") -> dict[int, str]:
        return processes_of(self.folder, name)

    def memory_mb(self, pid: int) -> float:
        return int(re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[0]) / 1024


def wait_until(done: Callable[[], Any], within_s: float = 110) -> None:
    due = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < due
        time.sleep(0.1)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Short, because Ray's sockets lie in it."""
    made = Path(tempfile.mkdtemp(prefix="em", dir="/tmp"))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def cluster(folder: Path) -> Iterator[Cluster]:
    """The server; Ray itself gives up where a loaded machine lets its processes wait, so that it may try twice."""
    with _started(folder) as first, contextlib.ExitStack() as closing:
        served = first if first.url else closing.enter_context(_started(folder))
        assert served.url, (folder / "stderr").read_text()
        yield served


@contextlib.contextmanager
def _started(folder: Path) -> Iterator[Cluster]:
    words = ["serve", "--engine", "ray", "--port", "0", "--detector", "haar", "--journal", str(folder / "journal.db")]
    settings = itertools.chain(*(("--set", one) for one in SETTINGS))
    home = folder / "home"
    env = {**os.environ, "TMPDIR": str(folder), "HOME": str(home), "EMOVERE_HOME": str(home), "EMOVERE_OFFLINE": "1"}
    with (folder / "stderr").open("w") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "emovere", *words, *settings],
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
            env=env,
            start_new_session=True,
        )
    try:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], 100)
        yield Cluster(process, process.stdout.readline().strip() if ready else "", folder)
    finally:
        for pid in processes_of(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.communicate(timeout=20)


def test_it_answers_as_a_server_without_ray(cluster, tmp_path):
    with serving(tmp_path) as plain:
        for method, path, more in (
            ("POST", "/v1/analyze", {"data": jpeg(1600, 1200)}),
            ("POST", "/v1/analyze", {"data": b"no photo"}),
            ("GET", "/v1/nothing", {}),
            ("GET", "/openapi.json", {}),
            ("GET", "/healthz", {}),
            ("GET", "/", {}),
        ):
            ours, theirs = cluster.ask(method, path, **more), plain.ask(method, path, **more)
            assert ours.status_code == theirs.status_code
            assert _without_times(ours.text) == _without_times(theirs.text)
            assert ours.headers["Content-Security-Policy"] == theirs.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("headers", "title"),
    [
        ({"Host": "evil.example"}, "Wrong host"),
        ({"Origin": "http://evil.example"}, "Wrong origin"),
        ({"Sec-Fetch-Site": "cross-site"}, "Wrong origin"),
    ],
)
def test_other_sites_are_kept_out(cluster, headers, title):
    answer = cluster.ask("POST", "/v1/analyze", data=jpeg(), headers=headers)
    assert (answer.status_code, answer.json()["title"]) == (403, title)


def test_an_upload_that_is_too_large_is_refused_and_not_held(cluster):
    (front,) = cluster.processes("ray::Front")
    (replica, *_) = cluster.processes("ray::ServeReplica")
    before = cluster.memory_mb(front), cluster.memory_mb(replica)
    sent = 0

    def parts() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(400):
            sent += 1_000_000
            yield bytes(1_000_000)

    with contextlib.suppress(requests.ConnectionError):
        answer = cluster.ask("POST", "/v1/analyze", data=parts())
        assert (answer.status_code, answer.json()["title"]) == (413, "Too large")
    assert sent >= 25_000_000
    after = cluster.memory_mb(front), cluster.memory_mb(replica)
    assert after[0] - before[0] < 60
    assert after[1] - before[1] < 120


def test_a_live_view_keeps_a_session_that_everybody_sees(cluster):
    url = cluster.url.replace("http", "ws") + "/v1/live"
    with connect(url, subprotocols=["emovere.v1"], proxy=None) as view:
        assert json.loads(view.recv(30))["type"] == "ready"
        view.send(json.dumps({"type": "session.start", "title": "On Ray", "zone": 60}))
        started = json.loads(view.recv(30))
        assert started["state"] == "started", started
        for _ in range(3):
            view.send(jpeg())
            assert json.loads(view.recv(30))["type"] == "result"
        view.send(json.dumps({"type": "session.stop"}))
        assert json.loads(view.recv(30))["state"] == "ended"
    told = cluster.ask("GET", "/v1/sessions").json()
    assert [one["title"] for one in told["sessions"]] == ["On Ray"]


def test_replicas_come_with_the_load_and_are_replaced_without_a_failed_request(cluster):
    before = set(cluster.processes("ray::ServeReplica"))
    assert len(before) == 1
    with hammering(cluster) as answers:
        wait_until(lambda: len(cluster.processes("ray::ServeReplica")) == 2)
        grown = set(cluster.processes("ray::ServeReplica"))
        assert before < grown
        cluster.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "the replicas are new" in (cluster.folder / "stderr").read_text())
        wait_until(lambda: not grown & set(cluster.processes("ray::ServeReplica")))
        count = len(answers)
        wait_until(lambda: len(answers) > count + 20)
    assert Counter(answers) == {200: len(answers)}


def test_any_replica_answers_for_any_video(cluster):
    wait_until(lambda: len(cluster.processes("ray::ServeReplica")) == 2)
    id = cluster.ask("POST", "/v1/videos", data=video(1)).json()["id"]
    wait_until(lambda: cluster.ask("GET", f"/v1/videos/{id}").json()["status"] == "done")
    assert {cluster.ask("GET", f"/v1/videos/{id}").status_code for _ in range(12)} == {200}
    assert {len(cluster.ask("GET", f"/v1/videos/{id}/result").json()["frames"]) for _ in range(6)} == {10}
    events = cluster.ask("GET", f"/v1/videos/{id}/events")
    assert "event: done" in events.text
    assert cluster.ask("DELETE", f"/v1/videos/{id}").status_code == 204
    assert {cluster.ask("GET", f"/v1/videos/{id}").status_code for _ in range(8)} == {404}


def test_what_all_replicas_count_is_told_together(cluster):
    def photos() -> float:
        return float(re.findall(r"^emovere_photos_total (\S+)", cluster.ask("GET", "/metrics").text, re.M)[0])

    before = photos()
    for _ in range(15):
        cluster.ask("POST", "/v1/analyze", data=jpeg())
    assert {photos() for _ in range(6)} == {before + 15}


def test_a_replica_that_is_killed_costs_no_photo(cluster):
    (one, *_) = cluster.processes("ray::ServeReplica")
    with hammering(cluster) as answers:
        wait_until(lambda: len(answers) > 10)
        os.kill(one, signal.SIGKILL)
        wait_until(lambda: one not in cluster.processes("ray::ServeReplica"))
        count = len(answers)
        wait_until(lambda: len(answers) > count + 20)
    assert Counter(answers) == {200: len(answers)}


def test_no_usage_statistics_leave(cluster):
    # what Ray starts has its environment from these two, which write no title over theirs
    for name in ("raylet/raylet ", "gcs/gcs_server "):
        (pid,) = cluster.processes(name)
        assert b"RAY_USAGE_STATS_ENABLED=0" in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    assert not list(cluster.folder.glob("ray/session_*/usage_stats.json"))
    assert not (cluster.folder / ".ses").exists(), "ONNX Runtime has begun to gather its own"


def test_it_ends_politely_and_leaves_nothing(cluster):
    with hammering(cluster, may_fail=True) as answers:
        wait_until(lambda: len(answers) > 5)
        cluster.process.send_signal(signal.SIGTERM)
        assert cluster.process.wait(40) == 0
    assert (cluster.folder / "stderr").read_text().splitlines() == [
        "emovere: serving; Ctrl-C ends it",
        "emovere: the replicas are new",
    ]
    wait_until(lambda: not cluster.processes(), 20)
    assert not list(cluster.folder.glob("emovere-serve-*"))
    codes = Counter(answers)
    assert set(codes) <= {200, "refused"}, "what was under way was finished"


@contextlib.contextmanager
def hammering(cluster: Cluster, *, may_fail: bool = False) -> Iterator[list[Any]]:
    """Six clients that send one photo after the other; the status of each. may_fail: whether the server may end."""
    answers: list[Any] = []
    ended = threading.Event()

    def client() -> None:
        while not ended.is_set():
            try:
                answers.append(cluster.ask("POST", "/v1/analyze", data=jpeg(320, 240)).status_code)
            except requests.ConnectionError as error:
                refused = "refused" in str(error) or "reset" in str(error) or "without response" in str(error)
                answers.append("refused" if may_fail and refused else repr(error))
                return

    clients = [threading.Thread(target=client) for _ in range(6)]
    for one in clients:
        one.start()
    try:
        yield answers
    finally:
        ended.set()
        for one in clients:
            one.join(90)


def _without_times(text: str) -> Any:
    return re.sub(r'"timings_ms": \{[^}]*\}', "", text)
