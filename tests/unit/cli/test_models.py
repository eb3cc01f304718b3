"""``emovere models``: list, show, download, verify."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from emovere import weights
from emovere.cli.models import app
from emovere.errors import Offline, UnknownModel


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def test_list_says_what_is_here_and_what_is_not(run):
    done = run("list")
    assert done.exit_code == 0
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert set(rows) == {"NAME", *weights.manifest()}
    for part in ("detector", "2023mar", "MIT", "233 kB", "not downloaded"):
        assert part in rows["yunet"]
    assert "haar" in done.stderr


def test_list_shows_where_a_file_lies(run, yunet_weights):
    (row,) = [line for line in run("list").stdout.splitlines() if line.startswith("yunet")]
    assert row.endswith(str(yunet_weights))


def test_show_as_json_has_every_field_and_the_path(run, yunet_weights):
    shown = json.loads(run("show", "yunet", "--json").stdout)
    assert shown["path"] == str(yunet_weights)
    assert shown["sha256"] == weights.entry("yunet").sha256
    assert {"name", "role", "file", "size", "url", "version", "licence", "labels", "input", "card"} <= set(shown)


def test_show_of_a_missing_file_says_how_to_get_it(run):
    assert json.loads(run("show", "yunet", "--json").stdout)["path"] is None
    shown = run("show", "yunet").stdout
    assert "emovere models download yunet" in shown
    assert weights.entry("yunet").sha256 in shown


def test_download_of_what_is_here_prints_its_place(run, yunet_weights):
    done = run("download", "yunet")
    assert (done.exit_code, done.stdout.strip()) == (0, str(yunet_weights))


def test_download_offline_is_an_error(run):
    assert isinstance(run("download", "yunet").exception, Offline)


def test_unknown_names_are_errors(run):
    for command in ("show", "download", "verify"):
        assert isinstance(run(command, "yunett").exception, UnknownModel)


def test_download_wants_a_name_or_all(run):
    assert run("download").exit_code == 2


def test_verify_of_good_files(run, yunet_weights):
    done = run("verify", "yunet")
    assert done.exit_code == 0
    assert done.stdout.split() == ["ok", "yunet", str(yunet_weights)]
    assert "yunet" in run("verify").stdout


def test_verify_goes_on_after_a_wrong_file_and_exits_with_1(run, yunet_weights, monkeypatch):
    good = yunet_weights.resolve().read_bytes()
    yunet_weights.unlink()
    yunet_weights.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    embedded = [entry.name for entry in weights.manifest().values() if not entry.url]
    done = run("verify")
    assert done.exit_code == 1
    assert [line.split()[1] for line in done.stdout.splitlines()] == embedded
    assert "expected sha256" in done.stderr
    assert done.stderr.count("\n") == 1


def test_verify_of_a_named_missing_file_exits_with_1(run):
    done = run("verify", "yunet")
    assert done.exit_code == 1
    assert "emovere models download yunet" in done.stderr
