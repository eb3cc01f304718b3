"""``emovere serve`` as a process of its own."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from tests.integration.conftest import command
from tests.serving import jpeg, serving

from emovere.web import protocol

pytestmark = pytest.mark.timeout(120)


class Served:
    """A server process and its address."""

    def __init__(self, process: subprocess.Popen[str], first: str) -> None:
        self.process = process
        self.first = first
        self.url = first.partition("#")[0].rstrip("/")

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal: the exit code, and what stood on stderr."""
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=30)
        return self.process.returncode, err


@contextlib.contextmanager
def serve(folder: Path, *arguments: str, **env: str) -> Iterator[Served]:
    journal = str(folder / "journal.db")
    words = command(["serve", "--port", "0", "--detector", "haar", "--journal", journal, *arguments])
    process = subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder), **env},
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], 100)
        first = process.stdout.readline().strip() if ready else ""
        if not first:
            os.killpg(process.pid, signal.SIGKILL)
            raise AssertionError(process.communicate()[1])
        yield Served(process, first)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_address_serves_and_ends_politely(tmp_path, number):
    with serve(tmp_path) as served:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", served.first)
        assert requests.get(served.url + "/healthz", timeout=60).json()["status"] == "ok"
        assert "<title>" in requests.get(served.url + "/", timeout=60).text
        assert requests.post(served.url + "/v1/analyze", data=jpeg(), timeout=60).status_code == 200
        code, err = served.stop(number)
    assert code == 0
    assert err == "emovere: serving; Ctrl-C ends it\n"
    assert not list(tmp_path.glob("emovere-serve-*"))


def test_the_processes_end_with_the_one_that_started_them(tmp_path):
    with serve(tmp_path, "--workers", "2") as served:
        requests.get(served.url + "/healthz", timeout=60)
        served.process.kill()
        with pytest.raises(requests.ConnectionError):
            _ask_for(60, served.url + "/healthz")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_ends_also_when_it_has_hardly_begun(tmp_path, workers):
    with serve(tmp_path, "--quiet", "--workers", workers) as served:
        code, err = served.stop()
    assert code in (0, 1)
    assert err in ("", "emovere: interrupted; nothing is half written\n")


def test_what_is_under_way_is_finished(tmp_path):
    with serve(tmp_path, "--quiet") as served:
        answers = []

        def ask() -> None:
            answers.append(requests.post(served.url + "/v1/analyze", data=jpeg(1500, 1500), timeout=30).status_code)

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        waiting = b""
        while b"emovere_photos_waiting 6.0" not in waiting and len(answers) < 3:
            waiting = requests.get(served.url + "/metrics", timeout=60).content
        code, err = served.stop()
        for thread in threads:
            thread.join()
    assert answers == [200] * 6
    assert (code, err) == (0, "")


def test_several_processes_answer_as_one(tmp_path):
    with serve(tmp_path, "--workers", "2") as served:
        for _ in range(20):
            assert requests.post(served.url + "/v1/analyze", data=jpeg(), timeout=60).status_code == 200
        text = requests.get(served.url + "/metrics", timeout=60).text
        assert "emovere_photos_total 20.0" in text
        assert 'emovere_requests_total{method="POST",route="/v1/analyze",status="200"} 20.0' in text
        folder = next(tmp_path.glob("emovere-serve-*"))
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        deadline = time.monotonic() + 60
        while len(_workers(folder)) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(_workers(folder)) == 2
        code, err = served.stop()
    assert code == 0
    assert "Traceback" not in err
    assert not list(tmp_path.glob("emovere-serve-*"))


def test_a_token_is_made_where_others_can_reach_it(tmp_path):
    with serve(tmp_path, "--host", "0.0.0.0") as served:
        address, _, token = served.first.partition("#token=")
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
        assert len(token) >= 32
        settings = served.url + "/v1/settings"
        assert requests.get(settings, timeout=60).status_code == 401
        assert requests.get(settings, headers={"Authorization": f"Bearer {token}"}, timeout=60).status_code == 200


def test_a_token_that_was_given_is_not_printed(tmp_path):
    with serve(tmp_path, EMOVERE_TOKEN="from-the-environment") as served:
        assert "token" not in served.first
        headers = {"Authorization": "Bearer from-the-environment"}
        assert requests.get(served.url + "/v1/settings", headers=headers, timeout=60).status_code == 200
        assert requests.get(served.url + "/v1/settings", timeout=60).status_code == 401
        assert "from-the-environment" not in served.stop()[1]


def test_options_and_limits_reach_the_server(tmp_path):
    words = ("--set", "limits.bytes=1000", "--set", "limits.pixels=3000", "--labels", "happy,sad", "--kiosk")
    with serve(tmp_path, *words) as served:
        settings = requests.get(served.url + "/v1/settings", timeout=60).json()
        assert settings["limits"]["bytes"] == 1000
        assert settings["limits"]["pixels"] == 3000
        assert settings["labels"] == ["happy", "sad"]
        assert settings["kiosk"] is True
        used = requests.get(served.url + "/v1/models", timeout=60).json()["in_use"]
        assert used["detector"]["name"] == "haar"


def test_a_browser_is_opened_where_that_is_wanted(tmp_path):
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)
    with serve(tmp_path, "--open", BROWSER=str(browser)) as served:
        deadline = time.monotonic() + 60
        while not (tmp_path / "opened").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert (tmp_path / "opened").read_text().strip() == served.first


def test_a_port_in_use_is_one_clear_line(emovere):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = emovere("serve", "--port", str(port), "--detector", "haar", expect=1)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert f"127.0.0.1:{port} cannot be served: address already in use; choose another --port" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--set", "limits.bits=3"), "unknown option 'bits'; did you mean 'bytes'?"),
        (("--detector", "yunet", "--workers", "2"), "yunet is not here and EMOVERE_OFFLINE is set"),
    ],
)
def test_what_cannot_be_served_is_one_clear_line(emovere, arguments, word):
    done = emovere("serve", "--port", "0", *arguments, expect=1)
    assert word in done.stderr
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)


def test_a_missing_library_is_named_with_its_line(tmp_path):
    script = (
        "import importlib.util as u, sys\n"
        "real = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name in ('fastapi', 'uvicorn') else real(name, *more)\n"
        "sys.argv = ['emovere', 'serve']\n"
        "from emovere.cli.main import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr == "emovere: fastapi, uvicorn is missing: pip install 'emovere[serve]'\n"


def test_analysing_imports_nothing_of_the_server(tmp_path):
    script = (
        "import sys, numpy as np, emovere, emovere.cli.main\n"
        "emovere.analyze(np.zeros((64, 64, 3), np.uint8), detector='haar')\n"
        "new = {'fastapi', 'starlette', 'uvicorn', 'pydantic', 'prometheus_client', 'sqlalchemy', 'emovere.web'}\n"
        "sys.exit(f'imported {new & set(sys.modules)}' if new & set(sys.modules) else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_heads_that_never_end_are_hung_up_on(tmp_path, monkeypatch):
    monkeypatch.setattr(protocol, "HEAD_S", 0.6)
    monkeypatch.setattr(protocol, "DISCARD_S", 0.6)
    with serving(tmp_path) as server:
        waiting = [socket.create_connection((server.host, server.port), timeout=45) for _ in range(4)]
        waiting[1].sendall(b"GET /healthz HTTP/1.1\r\n")
        waiting[2].sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /heal")
        waiting[3].sendall(b"POST /v1/nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\nabc")
        answers = [_until_closed(sock) for sock in waiting]
        assert [answer[9:12] for answer in answers] == [b"", b"", b"200", b"404"]
        assert server.ask("GET", "/healthz").status_code == 200


def test_a_connection_may_rest_between_two_requests(tmp_path, monkeypatch):
    monkeypatch.setattr(protocol, "HEAD_S", 0.6)
    with serving(tmp_path) as server, requests.Session() as session:
        for _ in range(3):
            assert session.get(f"{server.url}/healthz", timeout=45).status_code == 200
            time.sleep(0.9)
        (pool,) = (session.get_adapter(server.url).poolmanager.pools[key] for key in _keys(session, server.url))
        assert (pool.num_connections, pool.num_requests) == (1, 3)


def _keys(session: requests.Session, url: str) -> list[object]:
    return list(session.get_adapter(url).poolmanager.pools.keys())


def _ask_for(seconds: float, url: str) -> None:
    """Ask again and again."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        requests.get(url, timeout=60)
        time.sleep(0.1)


def _workers(folder: Path) -> set[str]:
    """The processes that have written numbers."""
    return {path.stem.rpartition("_")[2] for path in (folder / "metrics").glob("*.db")}


def _until_closed(sock: socket.socket) -> bytes:
    data = b""
    with contextlib.suppress(ConnectionResetError), sock:
        while more := sock.recv(65536):
            data += more
    return data
