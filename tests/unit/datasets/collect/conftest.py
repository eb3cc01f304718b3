"""A server of pictures, and options under which nobody waits long."""

from __future__ import annotations

import dataclasses
import logging

import pytest
from tests.pictures_server import PicturesServer

from emovere.datasets.collect.options import Budget, CollectOptions, FetchOptions, OpenverseOptions, WikimediaOptions

QUICK = FetchOptions(
    private=True,
    rate=0,
    pause=0.01,
    timeout=0.8,
    longest=2.5,
    attempts=3,
    longest_pause=5,
    patience=50,
    max_bytes=10**6,
)
A_WHILE = Budget(minutes=5)


@pytest.fixture(autouse=True)
def online(monkeypatch):
    """Only loopback can be reached from a test; see tests/conftest.py."""
    monkeypatch.setenv("EMOVERE_OFFLINE", "0")
    monkeypatch.setattr(logging.getLogger("stamina"), "disabled", True)


@pytest.fixture
def server():
    with PicturesServer() as running:
        yield running


@pytest.fixture
def options(server):
    """CollectOptions for the server, changed as asked: options(budget=Budget(each=3), rate=5)."""

    def make(budget=A_WHILE, **fetch):
        return CollectOptions(
            collect=dataclasses.replace(QUICK, **fetch),
            budget=budget,
            openverse=OpenverseOptions(f"{server.url}/openverse/", pause=0),
            wikimedia=WikimediaOptions(f"{server.url}/wikimedia"),
        )

    return make


@pytest.fixture
def few_words(tmp_path):
    """A list of two emotions with two words each and no people: four queries."""
    path = tmp_path / "few.toml"
    path.write_text('[emotions]\nhappy = ["glad", "merry"]\nsad = ["tearful", "gloomy"]\n')
    return path
