"""A reader never meets half a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from emovere.errors import OutputError
from emovere.files import atomic_write


def test_the_file_is_there_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with atomic_write(path) as file:
        file.write("ä\n")
        assert not path.exists()
    assert path.read_bytes() == "ä\n".encode()
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_a_failure_keeps_the_old_file_and_leaves_nothing(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail() -> None:
        with atomic_write(path) as file:
            file.write("half")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_full_disk_is_one_clear_line(tmp_path):
    path = tmp_path / "a.bin"
    with pytest.raises(OutputError, match=r"a\.bin: cannot be written: No space left"), atomic_write(path, "wb"):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_a_folder_should_be(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(OutputError, match="cannot be written"), atomic_write(tmp_path / "a" / "b"):
        pass


def test_long_names_are_written(tmp_path: Path):
    path = tmp_path / ("n" * 240 + ".txt")
    with atomic_write(path) as file:
        file.write("x")
    assert path.read_text() == "x"
