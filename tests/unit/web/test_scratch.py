"""The server's own folder, and those of servers that were killed."""

from __future__ import annotations

import stat
import subprocess
import sys
import tempfile

import pytest

from emovere.web.scratch import LOCK, PREFIX, private_folder, remove_abandoned

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_it_is_private_and_goes(tmp_path):
    with private_folder() as folder:
        assert folder.parent == tmp_path
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "upload").write_bytes(b"x")
    assert not list(tmp_path.iterdir())


def test_the_folder_of_a_killed_server_goes_with_the_next(tmp_path):
    script = (
        "import os, tempfile\n"
        f"tempfile.tempdir = {str(tmp_path)!r}\n"
        "from emovere.web.scratch import private_folder\n"
        "with private_folder() as folder:\n"
        "    (folder / 'upload').write_bytes(b'x')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    (left,) = tmp_path.iterdir()
    assert (left / "upload").exists()
    with private_folder() as folder:
        assert list(tmp_path.iterdir()) == [folder]


def test_folders_of_the_living_and_of_others_stay(tmp_path):
    with private_folder() as one, private_folder() as two:
        (tmp_path / f"{PREFIX}young").mkdir()
        (tmp_path / "somebody-elses").mkdir()
        (tmp_path / "somebody-elses" / LOCK).touch()
        remove_abandoned(tmp_path)
        assert one.exists()
        assert two.exists()
        assert {path.name for path in tmp_path.iterdir()} > {f"{PREFIX}young", "somebody-elses"}
