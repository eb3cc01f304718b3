"""The rules of the house, as tests: who may import whom, what starting costs, what the public names are."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import emovere

SOURCE = Path(emovere.__file__).parent

LAYERS = {
    0: {"errors", "extras", "types", "labels", "geometry", "files", "version"},
    1: {"config", "registry", "weights"},
    2: {"engines", "sources"},
    3: {"detect", "align", "classify", "track"},
    4: {"checked", "pipeline", "following", "recorded", "watching", "report", "cues", "journal"},
    5: {"datasets", "train", "evaluate", "export", "testing"},
    6: {"cli", "web", "scale", "__main__"},
}
LAYER_OF = {name: layer for layer, members in LAYERS.items() for name in members}
STRANGERS = (
    {"detect", "align", "classify", "track"},
    {"engines", "sources"},
    *(
        {room, other}
        for room in ("checked", "pipeline", "following", "recorded", "watching")
        for other in ("report", "cues", "journal")
    ),
    {"report", "cues"},
    {"report", "journal"},
    {"cues", "journal"},
)
"""Neighbours of one layer that do not know each other."""

MODULES = sorted(path for path in SOURCE.rglob("*.py") if path.parent != SOURCE or path.stem != "__init__")


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or ""} if node.module != "emovere" else {f"emovere.{a.name}" for a in node.names}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_down_only(path):
    here = room(path)
    if here == "assets":
        return
    assert here in LAYER_OF, f"{here} stands in no layer"
    for name in imports(path):
        if not name.startswith("emovere."):
            continue
        there = name.split(".")[1]
        assert LAYER_OF[there] <= LAYER_OF[here], f"{here} imports {there}, which stands above it"
        if there != here:
            assert not any({here, there} <= strangers for strangers in STRANGERS), f"{here} imports {there}"
        if here in ("report", "cues", "journal"):
            assert LAYER_OF[there] <= 1 or there == here, f"{here} imports {there}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_training_knows_torch(path):
    tops = {name.split(".")[0] for name in imports(path)}
    if room(path) not in ("train", "export"):
        assert not tops & {"torch", "lightning", "kornia", "onnx"}


def test_every_room_is_small():
    long = {p.name: n for p in MODULES if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400}
    assert not long


def test_analysing_never_imports_torch(yunet_weights):
    script = (
        "import sys, numpy as np, emovere\n"
        "emovere.analyze(np.zeros((64, 64, 3), np.uint8))\n"
        "heavy = {'torch', 'lightning', 'matplotlib', 'pyarrow', 'pooch', 'scipy', 'pandas', 'sqlalchemy', 'ray'}\n"
        "heavy &= set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_onnx_runtime_sends_no_usage_statistics(tmp_path):
    """Its telemetry keeps a session's number in the temporary folder from the import on."""
    script = "import numpy as np, emovere; emovere.load_model('nano').predict(np.zeros((1, 48, 48), np.uint8))"
    clean = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=clean | {"TMPDIR": str(tmp_path)}, timeout=60, check=False
    )
    assert done.returncode == 0
    assert not list(tmp_path.iterdir())


def test_exactly_one_opencv():
    found = {d.metadata["Name"].lower() for d in metadata.distributions() if d.metadata["Name"]}
    assert [name for name in found if name.startswith("opencv")] == ["opencv-python-headless"]


def test_the_public_names_are_what_they_say():
    for name in emovere.__all__:
        assert getattr(emovere, name) is not None
    assert set(emovere._WHERE) == set(emovere.__all__) - {"__version__"}
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        emovere.nonsense  # noqa: B018
