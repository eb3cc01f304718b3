"""``emovere doctor`` tells the truth about detectors: what is here, what is missing, which one answers."""

from __future__ import annotations

import shutil

import pytest
from typer.testing import CliRunner

from emovere import weights
from emovere.cli.main import app


@pytest.fixture
def lines():
    def run():
        done = CliRunner().invoke(app, ["doctor"], env={"COLUMNS": "200"})
        return done.exit_code, [line.strip() for line in done.stdout.splitlines()]

    return run


def line_of(lines, name):
    (line,) = [line for line in lines if f"  {name} " in line]
    return line


def test_without_a_network_auto_is_our_own(lines):
    _, said = lines()
    assert line_of(said, "detector own").startswith("ok")
    assert line_of(said, "detector yunet").startswith("missing")
    assert "emovere models download yunet" in line_of(said, "detector yunet")
    assert line_of(said, "detector auto").endswith("is own, as EMOVERE_OFFLINE is set")


def test_with_a_network_auto_is_yunet_once_it_is_fetched(lines, monkeypatch):
    monkeypatch.delenv("EMOVERE_OFFLINE")
    _, said = lines()
    assert line_of(said, "detector auto").endswith("is yunet, fetched when it is needed; else own")


@pytest.mark.usefixtures("yunet_weights")
def test_with_its_file_auto_is_yunet(lines):
    _, said = lines()
    assert line_of(said, "detector yunet").startswith("ok")
    assert line_of(said, "detector auto").endswith("is yunet")


def test_a_package_that_lacks_a_file_of_its_own_is_not_well(lines, monkeypatch, tmp_path):
    folder = tmp_path / "assets"
    shutil.copytree(weights.assets(), folder)
    (folder / "models" / "own.onnx").unlink()
    monkeypatch.setattr(weights, "assets", lambda: folder)
    code, said = lines()
    assert code == 1
    assert "reinstall emovere" in line_of(said, "detector own")
