"""Parts by name, built in and from other packages."""

from __future__ import annotations

from importlib import metadata

import pytest

from emovere import registry
from emovere.errors import ModelError, UnknownModel


def plug_in(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    point = metadata.EntryPoint(name, value, "emovere.detectors")
    monkeypatch.setattr(registry.metadata, "entry_points", lambda *, group: [point] if "detectors" in group else [])


def test_every_built_in_part_imports():
    for kind in registry.BUILT_IN:
        for name in registry.BUILT_IN[kind]:
            assert callable(registry.factory(kind, name))


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(
        UnknownModel, match=r"unknown detector 'yunett'; did you mean 'yunet'\? \(depth, haar, hog, own, yunet\)"
    ):
        registry.factory("detectors", "yunett")


def test_a_plug_in_takes_the_same_road(monkeypatch):
    plug_in(monkeypatch, "mine", "collections:OrderedDict")
    assert "mine" in registry.names("detectors")
    assert registry.factory("detectors", "mine")() == {}


def test_a_broken_plug_in_is_named(monkeypatch):
    plug_in(monkeypatch, "mine", "no_such_package:Thing")
    with pytest.raises(ModelError, match="detector 'mine': no_such_package:Thing cannot be imported"):
        registry.factory("detectors", "mine")
