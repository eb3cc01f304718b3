import pytest

from emovere.datasets.share.whole import whole_folder
from emovere.errors import OutputError


def test_a_folder_appears_when_it_is_whole(tmp_path):
    with whole_folder(tmp_path / "deep" / "out") as folder:
        (folder / "a.txt").write_text("a")
        assert not (tmp_path / "deep" / "out").exists()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]
    assert (tmp_path / "deep" / "out" / "a.txt").read_text() == "a"


def write_and_fail(path, error):
    with whole_folder(path) as folder:
        (folder / "a.txt").write_text("a")
        raise error


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (RuntimeError("x"), RuntimeError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (OSError(28, "No space left"), OutputError),
    ],
)
def test_nothing_is_left_where_it_fails(tmp_path, error, seen):
    with pytest.raises(seen):
        write_and_fail(tmp_path / "out", error)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_touched(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="is there already; name another folder"):
        write_and_fail(tmp_path / "out", RuntimeError())
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    with whole_folder(tmp_path / "empty") as folder:
        (folder / "a.txt").write_text("a")
    assert (tmp_path / "empty" / "a.txt").exists()
