import numpy as np
import pytest

from emovere.datasets.share.export import FORMATS, export
from emovere.errors import ConfigError, DatasetError, OutputError


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_has_its_card_and_register(tmp_path, rows, form):
    names = export(rows, tmp_path / "out", form, name="mine")
    assert {"README.md", "licences.csv", "authors.csv", "attributions.csv"} < set(names)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert card.startswith('---\npretty_name: "mine"\n')
    assert ("configs:" in card) == (form == "parquet")


def test_what_cannot_be_written_leaves_nothing(tmp_path, rows):
    with pytest.raises(ConfigError, match=r"unknown format 'parket'; did you mean 'parquet'\?"):
        export(rows, tmp_path / "out", "parket", name="mine")
    with pytest.raises(DatasetError, match="mine: holds no face"):
        export(rows[np.zeros(0, np.int64)], tmp_path / "out", "csv", name="mine")
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="is there already"):
        export(rows, tmp_path / "out", "csv", name="mine")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        export(rows, tmp_path / "file" / "out", "csv", name="mine")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "out"]


def test_half_a_card_is_never_seen(tmp_path, rows, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("emovere.datasets.share.export.write_register", full)
    with pytest.raises(OutputError, match="out: cannot be written: No space left on device"):
        export(rows, tmp_path / "out", "folders", name="mine")
    assert list(tmp_path.iterdir()) == []
