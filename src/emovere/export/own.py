"""From a run on a person's own faces to a network that ``emovere analyze --model`` uses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from emovere.align.crop import SIDE
from emovere.config import to_dict
from emovere.export.onnx import Finished, halve_weights, write_onnx
from emovere.export.run import Exported, calibrate, head_logits
from emovere.train.own.kept import HEAD, load_own, read_faces
from emovere.train.own.parts import CHOOSING, TRAINING

ENOUGH = 50
"""Faces of the choosing part from which a temperature and a threshold are fitted."""


def export_own(folder: Path, path: Path, *, version: str = "1") -> Exported:
    """Export a run's best weights with its own classes. Needs nothing but the run's folder.

    Temperature and conformal threshold are fitted on the choosing part where it holds at least ENOUGH faces; else
    neither is stated. Raises ConfigError where the folder holds no finished run, ModelError or EngineError.
    """
    run = load_own(folder)
    halve_weights(run.network)
    choosing = read_faces(folder).split(CHOOSING)
    fitted = calibrate(head_logits(run.network, choosing.images)[HEAD], choosing.labels)
    enough = len(choosing) >= ENOUGH
    temperature = fitted.temperature if enough else 1.0
    start = run.summary["start"]
    head: dict[str, Any] = {
        "labels": list(run.labels),
        **(fitted.described if enough else {"temperature": temperature}),
        "choosing_accuracy": fitted.accuracy,
    }
    faces = sum(run.summary["data"][TRAINING].values())
    description = {
        "name": run.recipe.name,
        "version": version,
        "side": SIDE,
        "input": "faces: (N, 1, 48, 48) uint8, grey, FER2013's framing",
        "heads": {HEAD: head},
        "network": to_dict(run.recipe.network),
        "parameters": run.summary["parameters"],
        "seed": run.recipe.seed,
        "epochs": run.summary["epochs"],
        "data": f"{faces:,} faces of a person's own folders, begun from {start['name'] if start else 'nothing'}",
        "start": start,
        "held_out": run.summary["held_out"],
        "temperature_and_threshold_fitted_on": f"the {len(choosing)} faces of the choosing part" if enough else None,
        "licence": "not stated: it is its maker's",
    }
    write_onnx(Finished(run.network, {HEAD: temperature}), SIDE, description, path)
    return Exported(path, description)
