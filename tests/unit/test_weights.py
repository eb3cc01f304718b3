"""Model files: found, checked, fetched from a local server that answers well or badly, refused."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from emovere import weights
from emovere.errors import ConfigError, HashMismatch, Offline, UnknownModel, WeightsError

BODY = bytes(range(256)) * 400
SHA = hashlib.sha256(BODY).hexdigest()
MANIFEST = f"""
[far]
role = "detector"
file = "far.onnx"
size = {len(BODY)}
sha256 = "{SHA}"
url = "http://127.0.0.1:9/far.onnx"
[near]
role = "classifier"
file = "near.onnx"
size = {len(BODY)}
sha256 = "{SHA}"
labels = ["fer7"]
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package that knows two models: ``near`` is embedded, ``far`` is not."""
    folder = tmp_path / "assets"
    (folder / "models").mkdir(parents=True)
    (folder / "manifest.toml").write_text(MANIFEST, encoding="utf-8")
    (folder / "models" / "near.onnx").write_bytes(BODY)
    monkeypatch.setattr(weights, "assets", lambda: folder)
    weights.manifest.cache_clear()
    yield folder
    weights.manifest.cache_clear()


class Server(http.server.ThreadingHTTPServer):
    """Serves the path's last part by the behaviour that its first part names."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.released = threading.Event()

    def handle_error(self, request, client_address):
        """Clients that hang up are what is tested."""


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        getattr(self, self.path.split("/")[1])()

    def send(self, body, length=None):
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def right(self):
        self.send(BODY, len(BODY))

    def wrong(self):
        self.send(BODY[::-1], len(BODY))

    def cut(self):
        self.send(BODY[:1000], len(BODY))

    def short(self):
        self.send(b"<html>log in first</html>")

    def endless(self):
        self.send(BODY)
        with contextlib.suppress(OSError):
            while not self.server.released.is_set():
                self.wfile.write(BODY)

    def missing(self):
        self.send_error(404)

    def stalling(self):
        self.send(BODY[:1000], len(BODY))
        self.server.released.wait(20)

    def silent(self):
        self.server.released.wait(20)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(package, monkeypatch):
    monkeypatch.delenv("EMOVERE_OFFLINE")
    monkeypatch.setattr(weights, "TIMEOUT_S", 0.3)
    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.released.set()
    running.shutdown()
    thread.join()
    running.server_close()


def behave(server, monkeypatch, how):
    monkeypatch.setenv("EMOVERE_MODELS_URL", f"http://127.0.0.1:{server.server_port}/{how}/")


def left_behind():
    return [path.name for path in weights.home().rglob("*") if path.is_file()]


def test_a_download_is_kept_and_asked_for_once(server, monkeypatch, capsys):
    behave(server, monkeypatch, "right")
    assert weights.locate("far") is None
    path = weights.fetch("far")
    assert path == weights.home() / "models" / "far.onnx"
    assert path.read_bytes() == BODY
    assert weights.fetch("far") == weights.locate("far") == path
    assert server.asked == ["/right/far.onnx"]
    assert left_behind() == ["far.onnx"]
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "fetching far (102 kB)" in err


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_download_can_be_read_by_others(server, monkeypatch):
    behave(server, monkeypatch, "right")
    assert stat.S_IMODE(weights.fetch("far").stat().st_mode) == 0o644


@pytest.mark.parametrize(
    ("how", "error", "says"),
    [
        ("wrong", HashMismatch, hashlib.sha256(BODY[::-1]).hexdigest()),
        ("cut", WeightsError, "1000 bytes read"),
        ("short", WeightsError, "expected 102,400 bytes, got 25"),
        ("endless", WeightsError, "expected 102,400 bytes, got more"),
        ("missing", WeightsError, "404"),
        ("stalling", WeightsError, "timed out"),
        ("silent", WeightsError, "timed out"),
    ],
)
def test_a_bad_answer_is_one_line_and_leaves_nothing(server, monkeypatch, how, error, says):
    behave(server, monkeypatch, how)
    started = time.monotonic()
    with pytest.raises(WeightsError) as raised:
        weights.fetch("far")
    assert time.monotonic() - started < 10
    message = str(raised.value)
    assert type(raised.value) is error
    assert says in message
    assert f"/{how}/far.onnx" in message
    assert f"put far.onnx (sha256 {SHA}) into {weights.home() / 'models'} by hand" in message
    assert "\n" not in message
    assert left_behind() == []


def test_no_server_and_a_nonsense_address_are_one_line(package, monkeypatch):
    monkeypatch.delenv("EMOVERE_OFFLINE")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("EMOVERE_MODELS_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(WeightsError, match=r"far\.onnx: cannot be fetched: [^:]*refused; put far"):
            weights.fetch("far")
    monkeypatch.setenv("EMOVERE_MODELS_URL", "nonsense")
    with pytest.raises(WeightsError, match=r"nonsense/far\.onnx: cannot be fetched: .*Invalid URL"):
        weights.fetch("far")


def test_without_a_mirror_the_manifests_address_is_asked(server, package):
    text = MANIFEST.replace("127.0.0.1:9", f"127.0.0.1:{server.server_port}/right")
    (package / "manifest.toml").write_text(text, encoding="utf-8")
    weights.manifest.cache_clear()
    assert weights.fetch("far").read_bytes() == BODY


def test_a_failed_download_can_be_repeated(server, monkeypatch):
    behave(server, monkeypatch, "cut")
    with pytest.raises(WeightsError):
        weights.fetch("far")
    behave(server, monkeypatch, "right")
    assert weights.fetch("far").read_bytes() == BODY


def test_two_processes_at_once_do_no_harm(server, package, monkeypatch):
    behave(server, monkeypatch, "right")
    script = (
        "import sys\nfrom pathlib import Path\nfrom emovere import weights\n"
        f"weights.assets = lambda: Path({str(package)!r})\n"
        "print(weights.fetch('far'))\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate(timeout=60) for process in running]
    for process, (out, err) in zip(running, said, strict=True):
        assert process.returncode == 0, err
        assert out.strip() == str(weights.home() / "models" / "far.onnx")
        assert err.count("\n") <= 1, "more is said than the one line about fetching"
    assert left_behind() == ["far.onnx"]
    weights.verify("far")


def test_offline_opens_no_socket_and_says_what_to_do(package, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(Offline) as raised:
        weights.fetch("far")
    message = str(raised.value)
    assert "EMOVERE_OFFLINE" in message
    assert f"put far.onnx (sha256 {SHA}) into {weights.home() / 'models'}" in message
    assert left_behind() == []


@pytest.mark.parametrize(
    ("value", "forbids"), [("1", True), ("yes", True), ("0", False), ("false", False), ("", False)]
)
def test_what_counts_as_offline(monkeypatch, value, forbids):
    monkeypatch.setenv("EMOVERE_OFFLINE", value)
    assert weights.offline() is forbids


def test_a_file_put_by_hand_is_found_offline(package):
    path = weights.place("far")
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY)
    assert weights.locate("far") == weights.fetch("far") == path


@pytest.mark.parametrize("use", [weights.locate, weights.fetch, weights.verify])
def test_another_file_in_its_place_is_refused_and_kept(package, use):
    path = weights.place("far")
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY[:-1] + b"\x00")
    got = hashlib.sha256(BODY[:-1] + b"\x00").hexdigest()
    with pytest.raises(HashMismatch) as raised:
        use("far")
    for part in (str(path), f"expected sha256 {SHA}", f"got {got}", "emovere models download far"):
        assert part in str(raised.value)
    assert path.is_file()


def test_an_embedded_file_needs_no_download(package):
    assert weights.locate("near") == weights.fetch("near") == package / "models" / "near.onnx"


def test_a_damaged_package_says_to_reinstall(package):
    path = package / "models" / "near.onnx"
    path.write_bytes(b"damaged")
    with pytest.raises(HashMismatch, match="reinstall emovere"):
        weights.locate("near")
    path.unlink()
    assert weights.locate("near") is None
    for use in (weights.fetch, weights.verify):
        with pytest.raises(WeightsError, match="reinstall emovere"):
            use("near")


def test_a_home_that_cannot_be_written_is_one_line(server, monkeypatch, tmp_path):
    behave(server, monkeypatch, "right")
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("EMOVERE_HOME", str(tmp_path / "file"))
    with pytest.raises(WeightsError, match="cannot be fetched") as raised:
        weights.fetch("far")
    assert "\n" not in str(raised.value)
    assert server.asked == []


def test_verify_of_a_missing_file(package):
    with pytest.raises(WeightsError, match=r"far\.onnx: cannot be read: .*emovere models download far"):
        weights.verify("far")


def test_unknown_names_are_answered_with_the_nearest(package):
    for use in (weights.entry, weights.place, weights.locate, weights.fetch, weights.verify):
        with pytest.raises(UnknownModel, match=r"unknown model 'fir'; did you mean 'far'\? \(far, near\)"):
            use("fir")


@pytest.mark.parametrize(
    "text",
    ["[far", "far = 3", "[far]\nrole = 'detector'", "[far]\nrole = 'detector'\ncolour = 'red'", "[far]\nsize = 'x'"],
)
def test_a_damaged_manifest_is_refused(package, text):
    (package / "manifest.toml").write_text(text)
    weights.manifest.cache_clear()
    with pytest.raises(ConfigError):
        weights.manifest()


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"XDG_DATA_HOME": "/data"}, Path("/data/emovere")),
        ("linux", {"XDG_DATA_HOME": ""}, Path("/people/ada/.local/share/emovere")),
        ("darwin", {}, Path("/people/ada/Library/Application Support/emovere")),
        ("win32", {"LOCALAPPDATA": "/local"}, Path("/local/emovere")),
        ("linux", {"EMOVERE_HOME": "~/models"}, Path("/people/ada/models")),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="HOME is not where Windows looks")
def test_where_files_are_kept(monkeypatch, platform, environment, expected):
    monkeypatch.delenv("EMOVERE_HOME")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", "/people/ada")
    monkeypatch.setattr(sys, "platform", platform)
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    assert weights.home() == expected


def test_the_shipped_manifest_names_each_model_fully():
    assert {"yunet"} <= set(weights.manifest())
    for entry in weights.manifest().values():
        assert entry.role in ("detector", "classifier", "verifier")
        assert len(bytes.fromhex(entry.sha256)) == 32
        assert entry.licence
        assert entry.version
        assert entry.url.startswith("https://") or entry.url == ""
        assert Path(entry.file).name == entry.file
        if not entry.url:
            assert weights.locate(entry.name).stat().st_size == entry.size


def test_the_shipped_yunet_entry_is_the_real_file(yunet_weights):
    assert weights.locate("yunet") == yunet_weights
    assert yunet_weights.stat().st_size == weights.entry("yunet").size
