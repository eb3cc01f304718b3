"""The command line as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest


@pytest.fixture
def emovere(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``emovere ARGUMENTS`` in an empty folder; the environment is the sealed one of tests/conftest.py."""

    def run(
        *arguments: str | Path, stdin: bytes | None = None, expect: int = 0, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command(arguments),
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            timeout=120,
            check=False,
            env={**os.environ, **(env or {})},
        )
        out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        assert "Traceback" not in err, err
        assert done.returncode == expect, err
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    return run


def command(arguments: Sequence[str | Path]) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "emovere", *map(str, arguments)]
