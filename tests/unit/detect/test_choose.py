"""What ``auto`` means: YuNet where its file is here or can be had, else our own and one line that says so."""

from __future__ import annotations

import socket

import pytest

from emovere import weights
from emovere.config import DetectOptions
from emovere.detect import choose
from emovere.detect.haar import Haar
from emovere.detect.own import Own
from emovere.detect.yunet import YuNet
from emovere.errors import ConfigError, Offline, UnknownModel


@pytest.fixture(autouse=True)
def says_it_anew():
    choose._say.cache_clear()
    yield
    choose._say.cache_clear()


def test_auto_is_yunet_where_its_file_is_here(yunet_weights, capfd):
    assert isinstance(choose.create("auto", DetectOptions()), YuNet)
    assert capfd.readouterr() == ("", "")


def test_auto_offline_is_our_own_without_a_socket_and_says_so_once(monkeypatch, capfd):
    def refuse(*_, **__):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    assert isinstance(choose.create("auto", DetectOptions()), Own)
    assert isinstance(choose.create("auto", DetectOptions()), Own)
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    for part in ("detector own", "emovere models download yunet", "EMOVERE_OFFLINE", str(weights.home() / "models")):
        assert part in err


def test_auto_with_a_failing_download_is_our_own(monkeypatch, capfd):
    monkeypatch.delenv("EMOVERE_OFFLINE")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("EMOVERE_MODELS_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
        assert isinstance(choose.create("auto", DetectOptions()), Own)
    fetching, said = capfd.readouterr().err.splitlines()
    assert "fetching yunet" in fetching
    assert "detector own" in said
    assert "cannot be fetched" in said


def test_auto_with_another_file_in_yunets_place_is_our_own_and_names_it(capfd):
    path = weights.place("yunet")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"something else")
    assert isinstance(choose.create("auto", DetectOptions()), Own)
    err = capfd.readouterr().err
    assert str(path) in err
    assert "expected sha256" in err
    assert err.count("\n") == 1


def test_yunet_by_name_is_never_replaced():
    with pytest.raises(Offline, match="yunet is not here"):
        choose.create("yunet", DetectOptions())


@pytest.mark.parametrize(("name", "kind"), [("own", Own), ("haar", Haar)])
def test_a_detector_by_its_name_says_nothing(capfd, name, kind):
    assert isinstance(choose.create(name, DetectOptions()), kind)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("damaged", [False, True])
def test_auto_in_a_package_without_its_own_is_haar_and_says_so(monkeypatch, tmp_path, capfd, damaged):
    (tmp_path / "models").mkdir()
    (tmp_path / "manifest.toml").write_bytes((weights.assets() / "manifest.toml").read_bytes())
    if damaged:
        (tmp_path / "models" / "own.onnx").write_bytes(b"something else")
    monkeypatch.setattr(weights, "assets", lambda: tmp_path)
    assert isinstance(choose.create("auto", DetectOptions()), Haar)
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    for part in ("haar", "own.onnx", "reinstall emovere"):
        assert part in err


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownModel, match="did you mean 'yunet'"):
        choose.create("yunett", DetectOptions())


@pytest.mark.parametrize("name", ["auto", "haar", "own", "yunet"])
def test_options_are_checked_by_every_detector(yunet_weights, name):
    with pytest.raises(ConfigError, match=r"detect\.size"):
        choose.create(name, DetectOptions(size=8))
