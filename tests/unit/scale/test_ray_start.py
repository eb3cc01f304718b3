"""Ray, where it does not start or is not there: one line."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace

import pytest

from emovere.errors import ConfigError, EngineError, MissingExtra
from emovere.scale import ray_start


def fails(monkeypatch: pytest.MonkeyPatch, error: Exception) -> list[dict]:
    asked: list[dict] = []

    def init(**options: object) -> None:
        asked.append(options)
        raise error

    monkeypatch.setattr(ray_start, "optional", lambda module, extra: SimpleNamespace(init=init))
    for name in ray_start._QUIET:
        monkeypatch.setenv(name, "as it was")
    return asked


def test_a_machine_that_is_too_busy_is_told_so(monkeypatch):
    asked = fails(monkeypatch, Exception("The current node timed out.\nMore."))
    with pytest.raises(EngineError, match=r"could not be started here: The current node timed out\.; where") as caught:
        ray_start.start(None, cpus=3)
    assert "\n" not in str(caught.value)
    assert asked[0]["num_cpus"] == 3
    assert asked[0]["include_dashboard"] is False
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0", "before Ray is asked for anything"


def test_a_cluster_that_does_not_answer_is_named(monkeypatch):
    fails(monkeypatch, ConnectionError("nobody"))
    with pytest.raises(ConfigError, match=r"--address auto: no Ray cluster answers there \(nobody\); start one"):
        ray_start.start("auto")


def test_a_missing_ray_names_its_install_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"pip install 'emovere\[scale\]'"):
        ray_start.load()
