"""What every test shares: a sealed HOME, no network but loopback, and where the real photos lie."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def sealed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty HOME and EMOVERE_HOME, no downloads, and no connection that leaves this machine."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("EMOVERE_HOME", str(home / "emovere"))
    monkeypatch.setenv("EMOVERE_OFFLINE", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    connect = socket.socket.connect

    def only_loopback(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if self.family != socket.AF_UNIX and host not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", only_loopback)


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Path of a file of the shared material, such as ``photos/one_smiling.jpg``; skips where it is missing."""
    folder = Path(os.environ.get("EMOVERE_SHARED", ROOT.parent / "shared"))

    def find(name: str) -> Path:
        path = folder / name
        if not path.exists():
            pytest.skip(f"{name} is not in EMOVERE_SHARED ({folder})")
        return path

    return find


@pytest.fixture
def yunet_weights(shared: Callable[[str], Path]) -> Path:
    """YuNet's weights, laid where a download would put them."""
    source = shared("models/face_detection_yunet_2023mar.onnx")
    target = Path(os.environ["EMOVERE_HOME"]) / "models" / source.name
    target.parent.mkdir(parents=True)
    target.symlink_to(source.resolve())
    return target


@pytest.fixture
def rng() -> np.random.Generator:
    """The same numbers in every run."""
    return np.random.default_rng(0)
