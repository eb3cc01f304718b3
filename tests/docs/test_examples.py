"""The examples for Ray are what Ray, KubeRay and Docker read; the one that needs nothing else is run."""

from __future__ import annotations

import copy
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.processes import processes_of
from typer.testing import CliRunner

from emovere.cli.main import app
from emovere.scale.serve_app import settings_of

jsonschema = pytest.importorskip("jsonschema")
yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "ray"
MANIFESTS = sorted((EXAMPLES / "kubernetes").glob("*.yaml"))
SCHEMA = json.loads((Path(__file__).parent / "data" / "kuberay.json").read_text(encoding="utf-8"))


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_manifests_have_the_fields_that_kuberay_documents(path):
    jsonschema.Draft202012Validator(SCHEMA).validate(read(path))


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_manifests_are_what_the_operator_itself_takes(path):
    folder = os.environ.get("EMOVERE_KUBERAY_CRDS")
    if folder is None:
        pytest.skip("EMOVERE_KUBERAY_CRDS names no folder with KubeRay's ray.io_*.yaml")
    manifest = read(path)
    crd = read(Path(folder) / f"ray.io_{manifest['kind'].lower()}s.yaml")
    (version,) = (one for one in crd["spec"]["versions"] if one["name"] == "v1")
    jsonschema.Draft202012Validator(version["schema"]["openAPIV3Schema"]).validate(manifest)


def _misspelt(manifest: dict[str, Any]) -> None:
    cluster = manifest["spec"].get("rayClusterSpec") or manifest["spec"].get("rayClusterConfig") or manifest["spec"]
    cluster["workerGroupSpecs"][0]["maxReplica"] = 4


def _mistyped(manifest: dict[str, Any]) -> None:
    cluster = manifest["spec"].get("rayClusterSpec") or manifest["spec"].get("rayClusterConfig") or manifest["spec"]
    cluster["headGroupSpec"]["rayStartParams"]["num-cpus"] = 0


@pytest.mark.parametrize("spoil", [_misspelt, _mistyped, lambda manifest: manifest.update(kind="RayClusters")])
@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_the_check_of_manifests_can_fail(path, spoil):
    manifest = copy.deepcopy(read(path))
    spoil(manifest)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(manifest)


def test_mounted_volumes_are_declared():
    for path in MANIFESTS:
        for pod in _pods(read(path)):
            declared = {one["name"] for one in pod["spec"].get("volumes", ())}
            mounted = {m["name"] for c in pod["spec"]["containers"] for m in c.get("volumeMounts", ())}
            assert mounted <= declared, path.name


def test_no_node_of_any_example_sends_usage_statistics():
    for path in MANIFESTS:
        for pod in _pods(read(path)):
            for container in pod["spec"]["containers"]:
                assert {"name": "RAY_USAGE_STATS_ENABLED", "value": "0"} in container["env"], path.name
    assert "RAY_USAGE_STATS_ENABLED=0" in " ".join(read(EXAMPLES / "aws.yaml")["docker"]["run_options"])
    assert {("ENV", "RAY_USAGE_STATS_ENABLED=0"), ("ENV", "ORT_DISABLE_TELEMETRY=1")} <= set(_instructions())


def test_the_cluster_file_fits_rays_own_schema():
    found = importlib.util.find_spec("ray")
    if found is None or found.origin is None:
        pytest.skip("needs the extra scale")
    schema = json.loads((Path(found.origin).parent / "autoscaler" / "ray-schema.json").read_text(encoding="utf-8"))
    cluster = read(EXAMPLES / "aws.yaml")
    validator = jsonschema.Draft7Validator(schema)
    validator.validate(cluster)
    assert cluster["head_node_type"] in cluster["available_node_types"]
    for spoilt in ({**cluster, "idle_timeout": 5}, {**cluster, "max_workers": "16"}):
        assert not validator.is_valid(spoilt)


def test_the_service_is_what_ray_serve_reads():
    schema = pytest.importorskip("ray.serve.schema")
    config = yaml.safe_load(read(EXAMPLES / "kubernetes" / "service.yaml")["spec"]["serveConfigV2"])
    (application,) = schema.ServeDeploySchema.model_validate(config).applications
    module, _, name = application.import_path.partition(":")
    assert callable(getattr(importlib.import_module(module), name))
    assert settings_of(application.args, "a-token").limits.rate == 0


def test_every_command_of_the_examples_exists():
    lines = {
        read(EXAMPLES / "kubernetes" / "job.yaml")["spec"]["entrypoint"],
        *(value for name, value in _instructions() if name == "RUN" and value.startswith("emovere ")),
        *(
            match
            for path in EXAMPLES.rglob("*.yaml")
            for match in re.findall(r"(?<= )emovere analyze .*", path.read_text())
        ),
    }
    assert len(lines) >= 4
    assert any(line.endswith("&& echo --resume)") for line in lines)
    for line in lines:
        words = [word.rstrip("')") for word in line.split()]
        nested = words[1:3] if words[1] == "models" else words[1:2]
        shown = CliRunner().invoke(app, [*nested, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
        assert shown.exit_code == 0, line
        for option in (word for word in words if word.startswith("--")):
            assert option in shown.output, f"{option} in {line}"


KNOWN = {"FROM", "RUN", "CMD", "COPY", "ENV", "USER", "WORKDIR", "ARG", "LABEL", "EXPOSE", "ENTRYPOINT"}


def test_the_dockerfile_builds_from_what_is_here():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    instructions = _instructions()
    assert instructions[0][0] == "FROM"
    assert {name for name, _ in instructions} <= KNOWN
    base = re.fullmatch(r"python:3\.(\d+)-slim", instructions[0][1])
    assert base is not None
    assert int(base[1]) >= int(project["requires-python"].rpartition(".")[2])
    copied = [word for name, value in instructions if name == "COPY" for word in value.split()[:-1]]
    assert copied
    for word in copied:
        assert (ROOT / word).exists(), word
    (extras,) = re.findall(r"/build\[([a-z0-9,]+)\]", " ".join(value for _, value in instructions))
    assert set(extras.split(",")) <= set(project["optional-dependencies"])
    users = [value for name, value in instructions if name == "USER"]
    assert users
    assert users[-1] not in ("root", "0")


@pytest.fixture
def short() -> Iterator[Path]:
    """Ray's sockets lie in it, whose paths must be short."""
    made = Path(tempfile.mkdtemp(prefix="em", dir="/tmp"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def photos(tmp_path: Path) -> Callable[[int], Path]:
    def make(count: int) -> Path:
        folder = tmp_path / "photos"
        folder.mkdir()
        for number in range(count):
            ramp = np.linspace(0, 200 + number, 64 * 48 * 3).astype(np.uint8).reshape(48, 64, 3)
            Image.fromarray(ramp).save(folder / f"{number}.png")
        return folder

    return make


@pytest.mark.timeout(240)
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds the processes by Linux's /proc")
def test_two_nodes_analyse_and_serve_and_leave_nothing(tmp_path, short, photos):
    pytest.importorskip("ray.serve")
    words = [photos(12), "--output", tmp_path / "faces", "--detector", "haar"]
    process = subprocess.Popen(
        [sys.executable, EXAMPLES / "two_nodes.py", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(short)},
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=200)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    lines = out.splitlines()
    assert lines[0].startswith("two nodes: ")
    assert any(re.fullmatch(r"[1-9]\d* Parquet files in .*/faces", line) for line in lines)
    assert any(line.startswith("http://127.0.0.1:") for line in lines)
    assert any(line.startswith("source,") for line in lines), "the photo was answered as CSV"
    assert not processes_of(short)


def _pods(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    spec = manifest["spec"]
    cluster = spec.get("rayClusterSpec") or spec.get("rayClusterConfig") or spec
    return [cluster["headGroupSpec"]["template"], *(group["template"] for group in cluster["workerGroupSpecs"])]


def _instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, in order, with their lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (EXAMPLES / "Dockerfile").read_text(encoding="utf-8"), flags=re.M)
    lines = [line for line in re.sub(r"\\\n", " ", text).splitlines() if line.strip()]
    return [(name, " ".join(value.split())) for name, _, value in (line.partition(" ") for line in lines)]
