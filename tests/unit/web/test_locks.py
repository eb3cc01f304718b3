from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from emovere.web.locks import FileLock, Places, alone

pytestmark = pytest.mark.timeout(30)

HOLDER = """
import sys
from pathlib import Path
from emovere.web.locks import FileLock
lock = FileLock.take(Path(sys.argv[1]))
print("held" if lock else "refused", flush=True)
sys.stdin.read()
"""


def test_one_holder_at_a_time(tmp_path):
    held = FileLock.take(tmp_path / "lock")
    assert FileLock.take(tmp_path / "lock") is None
    held.release()
    held.release()
    again = FileLock.take(tmp_path / "lock")
    assert again is not None
    again.release()


def test_a_lock_goes_with_its_process(tmp_path):
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        assert FileLock.take(tmp_path / "lock") is None
        process.kill()
        process.wait()
        lock = FileLock.take(tmp_path / "lock")
        assert lock is not None
        lock.release()


def test_a_missing_file_is_made_only_if_wanted(tmp_path):
    with pytest.raises(FileNotFoundError):
        FileLock.take(tmp_path / "lock", make=False)
    assert not (tmp_path / "lock").exists()


def test_places_are_shared_by_all_who_name_the_folder(tmp_path):
    here, there = Places(tmp_path, "live", 2), Places(tmp_path, "live", 2)
    first, second = here.take(), there.take()
    assert first is not None
    assert second is not None
    assert here.take() is None
    first.release()
    third = there.take()
    assert third is not None
    second.release()
    third.release()


def test_alone_waits_for_the_one_before(tmp_path):
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        with alone(tmp_path / "lock"):
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8


def test_alone_gives_up(tmp_path):
    held = FileLock.take(tmp_path / "lock")
    with pytest.raises(TimeoutError, match="held for more"), alone(tmp_path / "lock", 0.05):
        pytest.fail("came in")
    held.release()
