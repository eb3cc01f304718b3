"""Entering a network in a manifest, so that it is found by its name."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emovere.config import EngineOptions
from emovere.engines.onnxruntime import OnnxRuntime
from emovere.errors import ModelError
from emovere.export.run import Exported
from emovere.files import atomic_write
from emovere.weights import sha256_of

_NEEDED = ("name", "version", "parameters", "sources")


def register(exported: Exported, manifest: Path) -> str:
    """Copy an exported classifier into models/ beside the manifest and write or replace its table there.

    Returns its name. Raises OutputError where either cannot be written.
    """
    description = exported.description
    fields = {
        "role": "classifier",
        "version": description["version"],
        "description": f"{description['data']}; seed {description['seed']}, {description['epochs']} epochs",
        "labels": sorted(description["heads"]),
        "input": description["input"],
        "parameters": description["parameters"],
        "public_accuracy": description["heads"]["fer7"]["public_accuracy"],
    }
    return _enter(description["name"], exported.path, fields, manifest)


def register_file(path: Path, manifest: Path) -> str:
    """The same for a network that says in its own metadata what it is: a detector, unless it names another role.

    Raises EngineError where it cannot be loaded, ModelError where its metadata lack name, version, parameters or
    sources, OutputError.
    """
    said = OnnxRuntime(path, EngineOptions(threads=1)).metadata
    lacking = [key for key in _NEEDED if not said.get(key)]
    if lacking:
        raise ModelError(f"{path}: expected {', '.join(_NEEDED)} in its metadata; {', '.join(lacking)} is missing")
    if not said["parameters"].isdecimal():
        raise ModelError(f"{path}: parameters: expected a number in its metadata; got {said['parameters']!r}")
    fields = {
        "role": said.get("role", "detector"),
        "version": said["version"],
        "description": said["sources"],
        "input": said.get("input", ""),
        "parameters": int(said["parameters"]),
    }
    return _enter(said["name"], path, fields, manifest)


def _enter(name: str, path: Path, fields: Mapping[str, Any], manifest: Path) -> str:
    target = manifest.parent / "models" / f"{name}.onnx"
    if path.resolve() != target.resolve():
        with path.open("rb") as source, atomic_write(target, "wb") as file:
            shutil.copyfileobj(source, file)
    fields = {
        "role": fields["role"],
        "file": target.name,
        "size": target.stat().st_size,
        "sha256": sha256_of(target),
        "version": fields["version"],
        "licence": "Apache-2.0",
        "card": "MODEL_CARD.md",
        **{key: value for key, value in fields.items() if key not in ("role", "version")},
    }
    table = f"[{name}]\n" + "".join(f"{key} = {_value(value)}\n" for key, value in fields.items())
    text = manifest.read_text(encoding="utf-8") if manifest.is_file() else ""
    kept = re.sub(rf"(?ms)^\[{re.escape(name)}\]\n.*?(?=^\[|\Z)", "", text).rstrip()
    with atomic_write(manifest) as out:
        out.write(f"{kept}\n\n{table}" if kept else table)
    return name


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(f'"{item}"' for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
