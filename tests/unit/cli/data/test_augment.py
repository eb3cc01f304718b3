"""``emovere data augment``: FER2013 or a set in, a set with more faces out; nothing half done."""

from __future__ import annotations

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from emovere.cli.data.augment import augment
from emovere.datasets.faceset import FaceSet
from emovere.datasets.folder import is_set_folder, read_folder, write_folder
from emovere.datasets.load import load_rows
from emovere.datasets.rows import FaceRows
from emovere.errors import ConfigError, DatasetError, OutputError
from emovere.files import atomic_write


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    made.command()(augment)
    return made


@pytest.fixture
def folder(tmp_path, rng):
    images = rng.integers(0, 256, (30, 48, 48), dtype=np.uint8)
    labels = np.repeat([0, 1, 1], (20, 5, 5)).astype(np.int64)
    splits = np.repeat(["Training", "PublicTest"], (25, 5))
    write_folder(FaceRows(FaceSet(images, labels, splits, ("calm", "cross"))), tmp_path / "set")
    return tmp_path / "set"


def run(app, *words):
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_a_set_gets_more_faces_of_its_rare_class(app, folder, tmp_path):
    done = run(app, folder, "-o", tmp_path / "new", "--balance", "--with", "rotated, zoomed")
    assert done.exit_code == 0
    first, last = done.stdout.splitlines()
    assert first.startswith("cross: ")
    assert "rotated" in first
    assert last == f"{tmp_path / 'new'}: 45 faces, 15 of them new"
    assert "emovere: cross: 5 faces, 15 more to make" in done.stderr
    rows = load_rows(tmp_path / "new")
    assert rows[rows.faces.splits == "Training"].faces.counts == (20, 20)
    assert read_folder(folder).keys.tolist() == rows.keys[:30].tolist()


def test_to_a_number_and_what_could_not_be_made_is_said(app, folder, tmp_path):
    done = run(app, folder, "-o", tmp_path / "new", "--to", "12", "--with", "flipped")
    assert "cross: 5 flipped" in done.stdout
    assert "cross: 2 faces fewer than wanted" in done.stderr
    assert run(app, folder, "-o", tmp_path / "other", "--to", "8", "--quiet").stderr == ""


@pytest.mark.parametrize("words", [[], ["--to", "5", "--balance"]])
def test_one_of_both_goals_is_named(app, folder, tmp_path, words):
    done = run(app, folder, "-o", tmp_path / "new", *words)
    assert done.exit_code == 2
    assert "--to N" in done.stderr
    assert not (tmp_path / "new").exists()


def test_a_set_is_not_overwritten_and_mistakes_leave_nothing(app, folder, tmp_path):
    with pytest.raises(DatasetError, match="holds a set already"):
        run(app, folder, "-o", folder, "--balance")
    with pytest.raises(ConfigError, match="PublicTest is tested on"):
        run(app, folder, "-o", tmp_path / "new", "--balance", "--split", "PublicTest")
    with pytest.raises(ConfigError, match="generated faces need a generator"):
        run(app, folder, "-o", tmp_path / "new", "--balance", "--with", "generated")
    assert not (tmp_path / "new").exists()


def test_a_write_that_is_cut_short_leaves_no_set_and_can_be_done_anew(app, folder, tmp_path, monkeypatch):
    def full(path, mode="w"):
        if path.name == "set.json":
            raise OutputError(f"{path}: cannot be written: No space left on device")
        return atomic_write(path, mode)

    with monkeypatch.context() as patch:
        patch.setattr("emovere.datasets.folder.atomic_write", full)
        with pytest.raises(OutputError, match="No space left"):
            run(app, folder, "-o", tmp_path / "new", "--balance")
    assert not is_set_folder(tmp_path / "new")
    with pytest.raises(DatasetError, match="was not finished"):
        load_rows(tmp_path / "new")
    assert run(app, folder, "-o", tmp_path / "new", "--balance").exit_code == 0
    assert is_set_folder(tmp_path / "new")
