"""Where the replicas go, and what is told before Ray is even started."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from importlib import util

import pytest

from emovere.cli.main import app
from emovere.errors import ConfigError, MissingExtra
from emovere.scale.serve_plan import Replicas
from emovere.scale.serve_run import Node, _Told, groups

HERE, THERE, HEAD = Node("a", "10.0.0.1", 4.0), Node("b", "10.0.0.2", 16.0), Node("c", "10.0.0.3", 0.0)


def test_one_node_needs_one_group():
    told: list[str] = []
    assert set(groups(Replicas(), [HERE], told.append)) == {"here"}
    assert groups(Replicas(), [HERE], told.append)["here"].most == 4
    assert told == []


def test_several_nodes_keep_some_replicas_here_and_never_have_more_than_fit():
    told: list[str] = []
    found = groups(Replicas(least=3), [HERE, THERE], told.append)
    assert (found["here"].least, found["here"].most) == (1, 2)
    assert (found["anywhere"].least, found["anywhere"].most) == (3, 18)
    assert told == []


def test_too_many_are_told_once():
    told: list[str] = []
    found = groups(Replicas(most=99), [HERE, THERE], told.append)
    assert found["here"].most + found["anywhere"].most == 20
    assert told == ["99 replicas asked for; the cluster has 4 + 16 cores, room for 20: at most 20"]


@pytest.mark.parametrize(("asked", "nodes"), [(Replicas(), [HEAD, THERE]), (Replicas(most=1), [HERE, THERE])])
def test_several_nodes_without_room_here_are_refused(asked, nodes):
    with pytest.raises(ConfigError, match="needs a replica here"):
        groups(asked, nodes, lambda _: None)


def test_signals_are_words_but_end_what_waits_for_the_cluster():
    told = _Told()
    told.tell(signal.SIGTERM, None)
    told.tell(signal.SIGHUP, None)
    assert [told.words.get_nowait() for _ in range(2)] == ["end", "renew"]
    with told.at_once():
        told.tell(signal.SIGHUP, None)
        with pytest.raises(KeyboardInterrupt):
            told.tell(signal.SIGINT, None)
    told.tell(signal.SIGINT, None)
    assert [told.words.get_nowait() for _ in range(2)] == ["renew", "end"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--engine", "rai"), "--engine: unknown engine 'rai'; did you mean 'ray'? (processes, ray)"),
        (("--address", "auto"), "--address: expected together with --engine ray; got --engine processes"),
        (("--set", "replicas.least=2"), "--set replicas...: expected together with --engine ray"),
        (("--engine", "ray", "--workers", "2"), "--workers: expected without --engine ray; say --set replicas.least"),
        (("--engine", "ray", "--address", "127.0.0.1:1"), "--address 127.0.0.1:1: no Ray cluster answers there"),
        (("--engine", "ray", "--address", "ray://127.0.0.1:1"), "--address: expected auto, or HOST:PORT"),
        (("--engine", "ray", "--address", "here"), "--address: expected auto, or HOST:PORT"),
        (("--engine", "ray", "--set", "replicas.leest=2"), "unknown option 'leest'; did you mean 'least'?"),
        (("--engine", "ray", "--detector", "haar", "--set", "replicas.cores=0"), "replicas.cores: expected more than"),
    ],
)
def test_what_cannot_be_is_one_line(words, line):
    with pytest.raises(ConfigError) as told:
        app(["serve", "--port", "0", *words], standalone_mode=False)
    assert line in str(told.value)
    assert "\n" not in str(told.value)


def test_a_port_in_use_is_told_before_ray_is_started():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ConfigError, match="choose another --port"):
        app(["serve", "--engine", "ray", "--port", str(taken.getsockname()[1])], standalone_mode=False)


def test_without_ray_the_line_that_installs_it_is_told(monkeypatch):
    real = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name, *more: None if name == "ray" else real(name, *more))
    with pytest.raises(MissingExtra, match=r"^ray is missing: pip install 'emovere\[scale\]'$"):
        app(["serve", "--engine", "ray"], standalone_mode=False)


def test_serving_without_ray_imports_nothing_of_it():
    script = "import sys, emovere.web.running, emovere.cli.serve\nsys.exit('ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], timeout=60, check=False).returncode == 0
