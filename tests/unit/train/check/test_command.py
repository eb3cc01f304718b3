"""``emovere train check`` and ``emovere export`` of its run, as far as they only pass things on."""

from __future__ import annotations

import tomllib

import pytest
from typer.testing import CliRunner

from emovere.cli.main import app
from emovere.train.check import export as exporter
from emovere.train.check import fit as fitting


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200", "NO_COLOR": "1"})


@pytest.mark.parametrize(
    ("extra", "says"),
    [((), "check needs photographs"), (("--scenes", "s.parquet", "--resume"), "at one go; start anew")],
)
def test_what_is_missing_is_said(tmp_path, extra, says):
    done = run("train", "check", "--data", tmp_path / "faces.parquet", *extra)
    assert done.exit_code == 2
    assert says in done.output


def test_settings_reach_the_run(tmp_path, monkeypatch):
    called = {}

    def fit(recipe, faces, scenes, folder):
        called.update(recipe=recipe, scenes=scenes, folder=folder)
        return {"mistakes_dropped": 0.75}

    monkeypatch.setattr(fitting, "fit_check", fit)
    monkeypatch.setattr("emovere.datasets.load.load_faces", lambda path, ferplus=None: None)
    settings = ["--set", "schedule.epochs=3", "--output", tmp_path / "run", "--scenes", "s.parquet"]
    done = run("train", "check", "--data", "faces.parquet", *settings)
    assert done.exit_code == 0, done.output
    assert called["recipe"].schedule.epochs == 3
    assert (str(called["scenes"]), called["folder"]) == ("s.parquet", tmp_path / "run")
    assert "75.0% of detectors' mistakes dropped for 0.5% of the faces" in done.output
    assert f"emovere export {tmp_path / 'run'}" in done.output


def test_a_run_is_told_by_its_recipe_and_exported(tmp_path, monkeypatch):
    (tmp_path / "recipe.toml").write_text('name = "check"\n\n[vary]\ndark = 0.1\n')
    asked = []
    entered = tmp_path / "assets" / "manifest.toml"

    def export(folder, path, version):
        asked.append((folder, path, version))
        path.write_bytes(b"x" * 1500)
        return path

    monkeypatch.setattr(exporter, "export_check", export)
    monkeypatch.setattr("emovere.export.manifest.register_file", lambda path, manifest: manifest.name)
    done = run("export", tmp_path, "--data", "f.parquet", "--model-version", "2", "--manifest", entered)
    assert done.exit_code == 0, done.output
    assert asked == [(tmp_path, tmp_path / "check.onnx", "2")]
    assert "entered in" in done.output


def test_the_shipped_recipe_says_every_default():
    from emovere.config import to_dict
    from emovere.train.check.recipe import CheckRecipe
    from emovere.weights import assets

    shipped = tomllib.loads((assets() / "recipes" / "verifier" / "check.toml").read_text(encoding="utf-8"))
    assert shipped == to_dict(CheckRecipe())
