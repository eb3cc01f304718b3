"""``emovere data collect`` as a process: it is killed, interrupted, runs out of room, and goes on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.integration.conftest import command
from tests.pictures_server import BING_KEY, PicturesServer, jpeg

pytestmark = pytest.mark.timeout(120)
ONLINE = {"EMOVERE_OFFLINE": ""}


def settings(server, **more):
    given = {
        **{"collect.private": "true", "collect.rate": 0, "collect.pause": 0.01, "collect.timeout": 2},
        **{"openverse.endpoint": f"{server.url}/openverse/", "openverse.pause": 0},
        **{"wikimedia.endpoint": f"{server.url}/wikimedia"},
        **{"bing.endpoint": f"{server.url}/bing", "collect.contact": "ann@example.org"},
        **more,
    }
    return [word for name, value in given.items() for word in ("--set", f"{name}={value}")]


@pytest.fixture
def words(tmp_path):
    path = tmp_path / "words.toml"
    path.write_text('[emotions]\nhappy = ["glad", "merry"]\nsad = ["tearful", "gloomy"]\n')
    return path


@contextlib.contextmanager
def started(arguments, folder, **more):
    """The process while it works; whatever is left of it afterwards is ended."""
    process = subprocess.Popen(
        command(arguments),
        cwd=folder,
        env={**os.environ, **ONLINE},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def wait_for(condition, within_s=60):
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until, "it did not come so far"
        time.sleep(0.02)


def lines(folder):
    """The whole lines of collected.jsonl; checks that each has its picture."""
    found = []
    for line in (folder / "collected.jsonl").read_text().splitlines(keepends=True):
        if line.endswith("\n"):
            found.append(json.loads(line))
            data = (folder / found[-1]["file"]).read_bytes()
            assert hashlib.sha256(data).hexdigest() == found[-1]["sha256"]
    return found


def test_words_to_pictures(emovere, words, tmp_path):
    with PicturesServer() as server:
        done = emovere("data", "collect", words, "-o", "out", *settings(server), env=ONLINE)
        assert "emotion  found  kept  refused  waiting\nhappy       22    22        0        0\n" in done.stdout
        assert "44 pictures, 0.1 MB; 44 of them new" in done.stdout
        assert done.stderr == "emovere: next: emovere data clean out -o SET\n"
        assert len(lines(tmp_path / "out")) == 44
        again = emovere(
            *("data", "collect", words, "-o", "few", "--licences", "cc0", "--emotions", "sad", "--each", "2", "-q"),
            *("--provider", "openverse", *settings(server)),
            env=ONLINE,
        )
        assert again.stderr == ""
        assert "the budget of 2 pictures of each emotion is reached" in again.stdout
        assert {(line["licence"], line["emotion"]) for line in lines(tmp_path / "few")} == {("cc0", "sad")}


def test_a_killed_run_goes_on_and_fetches_nothing_twice(emovere, words, tmp_path):
    out = tmp_path / "out"
    with PicturesServer(slow_s=0.15) as server:
        arguments = ["data", "collect", words, "-o", "out", *settings(server)]
        for enough in (3, 12, 25):
            with started(arguments, tmp_path) as process:
                wait_for(lambda enough=enough: (out / "collected.jsonl").exists() and len(lines(out)) >= enough)
                process.send_signal(signal.SIGKILL)
            assert process.returncode == -signal.SIGKILL
            assert enough <= len(lines(out)) < 44
        done = emovere(*arguments, env=ONLINE)
        assert "44 pictures" in done.stdout
        assert len(lines(out)) == 44
        asked = server.pictures_asked()
        assert len(set(asked)) == 44
        assert len(asked) <= 44 + 3  # one at most was under way when it was killed: there is one host
        searches = [a.path for a in server.asked if a.path.startswith(("/openverse", "/wikimedia"))]
        assert len(searches) <= 16 + 3
        assert not list(out.rglob("*.part"))


def test_ctrl_c_says_how_to_go_on(words, tmp_path):
    out = tmp_path / "out"
    with PicturesServer(slow_s=0.1) as server:
        with started(["data", "collect", words, "-o", "out", *settings(server)], tmp_path) as process:
            wait_for(lambda: (out / "collected.jsonl").exists() and len(lines(out)) >= 2)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
        assert process.returncode == 1
        count = len(lines(out))
        assert err == f"emovere: interrupted; {count} pictures are whole in out; the same command goes on\n"


def test_a_disk_without_room_is_one_line(emovere, words, tmp_path):
    room = tmp_path / "small"
    room.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(room)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only the superuser can make a small disk")
    try:
        with PicturesServer() as server:
            arguments = ["data", "collect", words, "-o", room / "out", *settings(server)]
            done = emovere(*arguments, env=ONLINE, expect=1)
            count = len(lines(room / "out"))
            assert 3 < count < 44
            assert "No space left on device" in done.stderr
            assert (
                f"{count} pictures are whole in {room / 'out'}; make room, and the same command goes on" in done.stderr
            )
            assert done.stderr.count("\n") == 1
            subprocess.run(["mount", "-o", "remount,size=10m", str(room)], check=True)
            assert "44 pictures" in emovere(*arguments, env=ONLINE).stdout
    finally:
        subprocess.run(["umount", str(room)], check=False)


def test_a_limit_on_files_is_one_line(words, tmp_path):
    def little():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    with PicturesServer() as server:
        arguments = ["data", "collect", words, "-o", "out", *settings(server)]
        with started(arguments, tmp_path, preexec_fn=little) as process:
            _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.count("\n") == 1
    assert "cannot be written: File too large; 0 pictures are whole in out" in err
    assert not list((tmp_path / "out").rglob("*.jpg"))


def test_only_one_at_a_time(emovere, words, tmp_path):
    with PicturesServer(slow_s=0.2) as server:
        arguments = ["data", "collect", words, "-o", "out", *settings(server)]
        with started(arguments, tmp_path):
            wait_for(server.pictures_asked)
            done = emovere(*arguments, env=ONLINE, expect=1)
            assert "another `emovere data collect` is at work there" in done.stderr


def test_the_key_of_an_api_is_nowhere_to_be_seen(emovere, words, tmp_path):
    with PicturesServer() as server:
        asking = ("data", "collect", words, "--provider", "bing", *settings(server), "-o")
        for key, expect in ((BING_KEY, 0), ("a-wrong-key-that-nobody-may-see", 1)):
            done = emovere(*asking, f"out{expect}", env={**ONLINE, "EMOVERE_BING_KEY": key}, expect=expect)
            assert "nobody-may-see" not in done.stdout + done.stderr
        assert "bing stopped answering: http://127.0.0.1" in done.stderr
        assert "status 401; check the key and the endpoint" in done.stderr
        assert len(lines(tmp_path / "out0")) == 24
        for path in tmp_path.rglob("*.jsonl"):
            assert "nobody-may-see" not in path.read_text()
        none = emovere(*asking, "none", env=ONLINE, expect=1)
        assert "EMOVERE_BING_KEY" in none.stderr


def test_private_addresses_need_the_switch(emovere, tmp_path):
    with PicturesServer() as server:
        (tmp_path / "list.txt").write_text(
            f"{server.url}/pictures/1.jpg\nhttp://2130706433:{server.port}/pictures/1.jpg\n"
        )
        done = emovere("data", "collect", "list.txt", "-o", "out", env=ONLINE)
        assert "private address" in done.stdout
        assert "is 127.0.0.1, an address of this machine or its network" in done.stdout
        assert server.asked == []


def test_a_folder_needs_nothing_of_the_network(emovere, tmp_path):
    for emotion in ("happy", "sad"):
        (tmp_path / "mine" / emotion).mkdir(parents=True)
        for number in range(3):
            (tmp_path / "mine" / emotion / f"{number}.jpg").write_bytes(jpeg(number + 10 * (emotion == "sad")))
    script = (
        "import sys\nsys.modules['httpx'] = sys.modules['stamina'] = None\n"
        "from emovere.cli.main import main\nsys.argv = ['emovere', 'data', 'collect', 'mine', '-o', 'out']\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "6 pictures" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["english"], "EMOVERE_OFFLINE is set"),
        (["englsh"], "unknown word list 'englsh'; did you mean 'english'?"),
        (["english", "--emotions", "hapy"], "unknown emotion 'hapy'; did you mean 'happy'?"),
        (["english", "--licences", "cc1"], "unknown licence 'cc1'; did you mean 'cc0'?"),
        (["english", "--provider", "google"], "unknown provider 'google'; (bing, openverse, wikimedia)"),
        (["english", "--set", "collect.rat=1"], "unknown option 'collect.rat'; did you mean 'collect.rate'?"),
        (["none.csv"], "none.csv: expected a list of addresses in UTF-8, as text or CSV; No such file or directory"),
    ],
)
def test_what_will_not_do_is_one_line(emovere, tmp_path, arguments, message):
    done = emovere("data", "collect", *arguments, "-o", "out", "-q", expect=1)
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not Path(tmp_path / "out").exists()
