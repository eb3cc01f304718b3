"""Options by TOML and by --set."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field

import pytest

from emovere.config import Options, from_dict, has_table, keys_of, override, read_toml, to_dict, to_toml
from emovere.errors import ConfigError


@dataclass(frozen=True)
class Inner:
    widths: tuple[int, ...] = (1, 2)
    on: bool = False
    note: str | None = None


@dataclass(frozen=True)
class Outer:
    name: str = "x"
    rate: float = 0.5
    inner: Inner = field(default_factory=Inner)


def test_set_reaches_every_kind_of_option():
    changed = override(
        Outer(), ["name=y", "rate=2", "inner.widths=3, 4,5", "inner.on=true", "inner.note=with = and . inside"]
    )
    assert changed == Outer("y", 2.0, Inner((3, 4, 5), True, "with = and . inside"))
    assert override(changed, ["inner.note=none"]).inner.note is None


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("detect.sise=3", "unknown option 'detect.sise'; did you mean 'detect.size'"),
        ("detect=3", "is a section; name one of its keys: detect.name, detect.size, detect.score"),
        ("detect.size=big", "detect.size: expected int; got 'big'"),
        ("detect.size", "expected key=value"),
        ("frames.more=1", "unknown option"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(setting, says):
    with pytest.raises(ConfigError, match=says):
        override(Options(), [setting])


def test_toml_there_and_back(tmp_path):
    options = Outer('quote " and \\ slash', 1e-4, Inner((7,), True, "é"))
    path = tmp_path / "options.toml"
    path.write_text(to_toml(options), encoding="utf-8")
    assert tomllib.loads(path.read_text(encoding="utf-8"))["inner"]["on"] is True
    assert read_toml(Outer, path) == options


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"nam": "y"}, "unknown option 'nam'; did you mean 'name'"),
        ({"rate": "fast"}, "rate: expected float; got 'fast'"),
        ({"inner": 3}, "inner: expected a table"),
        ({"inner": {"widths": 3}}, "inner.widths: expected a list"),
        ({"inner": {"on": 1}}, "inner.on: expected bool; got 1"),
        ({"inner": {"widths": [True]}}, "expected int; got True"),
    ],
)
def test_wrong_toml_is_one_clear_line(data, says):
    with pytest.raises(ConfigError, match=says):
        from_dict(Outer, data)


def test_a_file_that_is_no_toml(tmp_path):
    path = tmp_path / "options.toml"
    path.write_bytes(b"\xff\xfe = [")
    with pytest.raises(ConfigError, match="expected a TOML file"):
        read_toml(Outer, path)


def test_keys_and_values_agree():
    assert keys_of(Outer) == ["name", "rate", "inner.widths", "inner.on", "inner.note"]
    assert to_dict(Outer())["inner"]["widths"] == [1, 2]


def test_a_table_is_seen_wherever_it_stands(tmp_path):
    path = tmp_path / "x.toml"
    assert not has_table(path, "maker")
    for text, there in (("[maker]\na = 1\n", True), ("b = 1\r\n[maker]\r\n", True), ("maker = 1\n", False)):
        path.write_bytes(text.encode())
        assert has_table(path, "maker") is there
