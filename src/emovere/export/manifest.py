"""Entering an exported network in a manifest, so that it is found by its name."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from emovere.export.run import Exported
from emovere.files import atomic_write
from emovere.weights import sha256_of


def register(exported: Exported, manifest: Path) -> str:
    """Copy the file into models/ beside the manifest and write or replace its table there; returns its name.

    Raises OutputError where either cannot be written.
    """
    description = exported.description
    name: str = description["name"]
    target = manifest.parent / "models" / f"{name}.onnx"
    with exported.path.open("rb") as source, atomic_write(target, "wb") as file:
        shutil.copyfileobj(source, file)
    fields: dict[str, Any] = {
        "role": "classifier",
        "file": target.name,
        "size": target.stat().st_size,
        "sha256": sha256_of(target),
        "version": description["version"],
        "licence": description["licence"],
        "card": "MODEL_CARD.md",
        "description": f"{description['data']}; seed {description['seed']}, {description['epochs']} epochs",
        "labels": sorted(description["heads"]),
        "input": description["input"],
        "parameters": description["parameters"],
        "public_accuracy": description["heads"]["fer7"]["public_accuracy"],
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
