"""From a run's folder to a shipped network: weights, calibration, file, manifest entry."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from emovere.align.crop import SIDE
from emovere.config import read_toml
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, ModelError
from emovere.evaluate.calibrate import conformal_threshold, fit_temperature
from emovere.evaluate.votes import majority
from emovere.export.onnx import Finished, halve_weights, write_onnx
from emovere.labels import FER7, FERPLUS8
from emovere.train.networks import FaceNetwork
from emovere.train.recipe import Recipe

COVERAGE = 0.9
"""Share of faces whose true label the conformal set is fitted to hold."""


@dataclass(frozen=True)
class Exported:
    """What an export wrote."""

    path: Path
    description: dict[str, Any]


def export_run(folder: Path, faces: FaceSet, path: Path, *, version: str = "1") -> Exported:
    """Export a run's best weights. Temperature and conformal threshold are fitted on PublicTest.

    Raises ConfigError where the folder holds no finished run, ModelError where its weights do not fit its recipe,
    EngineError where the file does not agree with torch.
    """
    recipe, network, run = load_run(folder)
    halve_weights(network)
    public = faces.split("PublicTest")
    heads: dict[str, Any] = {}
    temperatures = {}
    for name, labels, (logits, truth) in _head_truths(network, public):
        temperature = float(fit_temperature(logits, truth))
        scaled = logits / temperature
        probs = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        probs /= probs.sum(axis=1, keepdims=True)
        temperatures[name] = temperature
        heads[name] = {
            "labels": list(labels),
            "temperature": round(temperature, 4),
            "coverage": COVERAGE,
            "threshold": round(float(conformal_threshold(probs, truth, COVERAGE)), 6),
            "public_accuracy": round(float((logits.argmax(axis=1) == truth).mean()), 5),
        }
    teacher = run.get("teacher")
    description = {
        "name": recipe.name,
        "version": version,
        "side": SIDE,
        "input": "faces: (N, 1, 48, 48) uint8, grey, FER2013's framing",
        "heads": heads,
        "parameters": run["parameters"],
        "seed": recipe.seed,
        "epochs": run["epochs"],
        "data": "FER2013 Training split with FER+ votes, without copies of held-out faces"
        + (f", taught by {teacher['name']}" if teacher else ""),
        "teacher": teacher,
        "temperature_and_threshold_fitted_on": "PublicTest",
        "licence": "Apache-2.0",
    }
    write_onnx(Finished(network, temperatures), SIDE, description, path)
    return Exported(path, description)


def load_run(folder: Path) -> tuple[Recipe, FaceNetwork, dict[str, Any]]:
    """The recipe, the best weights and the summary of a run. Raises ConfigError or ModelError."""
    for needed in ("recipe.toml", "best.ckpt", "run.json"):
        if not (folder / needed).is_file():
            raise ConfigError(f"{folder}: {needed} is missing; expected the folder of a finished `emovere train`")
    recipe = read_toml(Recipe, folder / "recipe.toml")
    network = FaceNetwork(recipe.network)
    try:
        state = torch.load(folder / "best.ckpt", map_location="cpu", weights_only=True)["state_dict"]
        prefix = "network."
        network.load_state_dict(
            {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
        )
    except Exception as error:  # torch raises whatever its unpickler met
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"{folder / 'best.ckpt'}: is damaged or does not fit recipe.toml: {reason}") from error
    network.eval()
    run: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return recipe, network, run


_Truth = tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]


def _head_truths(network: FaceNetwork, faces: FaceSet) -> list[tuple[str, tuple[str, ...], _Truth]]:
    images = torch.from_numpy(np.ascontiguousarray(faces.images))[:, None].float()
    with torch.no_grad():
        outputs = [network(batch) for batch in torch.split(images, 256)]
    fer7 = torch.cat([output[0] for output in outputs]).double().numpy()
    ferplus8 = torch.cat([output[1] for output in outputs]).double().numpy()
    if faces.votes is None:
        raise ConfigError("export: the data holds no FER+ votes; name them with --ferplus")
    voted = majority(faces.votes)
    decided = voted >= 0
    return [
        ("fer7", FER7, (fer7, faces.labels)),
        ("ferplus8", FERPLUS8, (ferplus8[decided], voted[decided])),
    ]
