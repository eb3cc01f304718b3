"""Networks that say in their own file what they are, entered in a manifest."""

from __future__ import annotations

import tomllib

import onnx
import pytest

from emovere import weights
from emovere.errors import EngineError, ModelError
from emovere.export.manifest import register_file

SAID = {"name": "own", "version": "3", "parameters": "136093", "sources": "photographs, labelled by YuNet"}


@pytest.fixture
def network(tmp_path):
    """Writes a network with some metadata."""

    def write(said):
        model = onnx.load(str(weights.place("nano")))
        del model.metadata_props[:]
        onnx.helper.set_model_props(model, said)
        path = tmp_path / "run" / "made.onnx"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(model.SerializeToString())
        return path

    return write


def test_the_entry_is_what_the_file_says_and_the_file_lies_beside(network, tmp_path):
    manifest = tmp_path / "assets" / "manifest.toml"
    path = network(SAID)
    assert register_file(path, manifest) == "own"
    copy = manifest.parent / "models" / "own.onnx"
    assert copy.read_bytes() == path.read_bytes()
    entry = tomllib.loads(manifest.read_text())["own"]
    assert entry["size"] == copy.stat().st_size
    assert entry["sha256"] == weights.sha256_of(path)
    assert (entry["role"], entry["version"], entry["parameters"]) == ("detector", "3", 136093)
    assert entry["description"] == SAID["sources"]
    assert entry["licence"] == "Apache-2.0"


def test_a_file_that_lies_there_already_is_entered_again_once(network, tmp_path):
    manifest = tmp_path / "manifest.toml"
    manifest.write_text('# kept\n\n[other]\nrole = "classifier"\n')
    register_file(network(SAID), manifest)
    there = tmp_path / "models" / "own.onnx"
    before = there.read_bytes()
    register_file(there, manifest)
    assert there.read_bytes() == before
    assert list(tomllib.loads(manifest.read_text())) == ["other", "own"]
    assert manifest.read_text().startswith("# kept")


def test_a_role_of_its_own_is_kept(network, tmp_path):
    register_file(network({**SAID, "name": "check", "role": "verifier"}), tmp_path / "manifest.toml")
    assert tomllib.loads((tmp_path / "manifest.toml").read_text())["check"]["role"] == "verifier"


@pytest.mark.parametrize("lacking", list(SAID))
def test_what_is_missing_is_named(network, tmp_path, lacking):
    said = {key: value for key, value in SAID.items() if key != lacking}
    with pytest.raises(ModelError, match=f"{lacking} is missing"):
        register_file(network(said), tmp_path / "manifest.toml")
    assert not (tmp_path / "manifest.toml").exists()


def test_nonsense_is_refused_in_one_line(network, tmp_path):
    with pytest.raises(ModelError, match="parameters: expected a number"):
        register_file(network({**SAID, "parameters": "many"}), tmp_path / "manifest.toml")
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"nothing")
    with pytest.raises(EngineError, match="cannot load it"):
        register_file(bad, tmp_path / "manifest.toml")
