"""From a run's folder to a shipped network: weights, calibration, file, manifest entry."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from emovere.align.crop import SIDE
from emovere.config import read_toml, to_dict
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, ModelError
from emovere.evaluate.calibrate import class_thresholds, conformal_threshold, fit_temperature, softmax
from emovere.evaluate.votes import majority
from emovere.export.onnx import Finished, halve_weights, write_onnx
from emovere.train.data import with_classes
from emovere.train.imbalance import adjust_after
from emovere.train.networks import FaceNetwork
from emovere.train.recipe import Recipe, labels_by_head

COVERAGE = 0.9
"""Share of faces whose true label the conformal set is fitted to hold."""


@dataclass(frozen=True)
class Exported:
    """What an export wrote."""

    path: Path
    description: dict[str, Any]


def export_run(folder: Path, faces: FaceSet, path: Path, *, version: str = "1") -> Exported:
    """Export a run's best weights. Temperature and conformal thresholds are fitted on PublicTest.

    Each label gets a threshold of its own where PublicTest holds enough of its faces; ``threshold``, one for all,
    stands beside them for readers that know no other.

    Raises ConfigError where the folder holds no finished run, ModelError where its weights do not fit its recipe,
    EngineError where the file does not agree with torch.
    """
    recipe, network, run = load_run(folder)
    halve_weights(network)
    public = with_classes(faces.split("PublicTest"), recipe.data.classes)
    logits = head_logits(network, public.images)
    labels = labels_by_head(recipe)
    heads: dict[str, Any] = {}
    temperatures = {}
    for name in network.heads:
        truth = public.labels if name == "fer7" else _voted(public)
        decided = truth >= 0
        calibrated = calibrate(logits[name][decided], truth[decided])
        temperatures[name] = calibrated.temperature
        heads[name] = {"labels": list(labels[name]), **calibrated.described, "public_accuracy": calibrated.accuracy}
    teacher = run.get("teacher")
    description = {
        "name": recipe.name,
        "version": version,
        "side": SIDE,
        "input": "faces: (N, 1, 48, 48) uint8, grey, FER2013's framing",
        "heads": heads,
        "network": to_dict(recipe.network),
        "parameters": run["parameters"],
        "seed": recipe.seed,
        "epochs": run["epochs"],
        "data": _data(recipe) + (f", taught by {teacher['name']}" if teacher else ""),
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
    network = FaceNetwork(recipe.network, {name: len(labels) for name, labels in labels_by_head(recipe).items()})
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
    if recipe.imbalance.adjust_after:
        adjust_after(network, recipe.imbalance, list(run["data"]["classes"].values()))
    return recipe, network, run


def head_logits(network: FaceNetwork, images: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[np.float64]]:
    """What a network gives for (N, 48, 48) uint8 faces: (N, K) logits of each head; N from 1 on."""
    faces = torch.from_numpy(np.ascontiguousarray(images))[:, None].float()
    with torch.no_grad():
        outputs = [network(batch) for batch in torch.split(faces, 256)]
    joined = (torch.cat(parts).double().numpy() for parts in zip(*outputs, strict=True))
    return dict(zip(network.heads, joined, strict=True))


@dataclass(frozen=True)
class Calibrated:
    """What was fitted on a head's answers."""

    temperature: float
    threshold: float
    """One for all labels."""
    thresholds: tuple[float, ...]
    """One for each label, where there are enough faces of it."""
    accuracy: float

    @property
    def described(self) -> dict[str, Any]:
        """As the file's description says it."""
        return {
            "temperature": round(self.temperature, 4),
            "coverage": COVERAGE,
            "threshold": rounded_down(self.threshold),
            "thresholds": [rounded_down(one) for one in self.thresholds],
        }


def calibrate(logits: npt.NDArray[np.float64], truth: npt.NDArray[np.int64]) -> Calibrated:
    """Temperature and conformal thresholds for (N, K) logits and (N,) labels; N from 1 on."""
    temperature = float(fit_temperature(logits, truth))
    probs = softmax(logits, temperature)
    return Calibrated(
        temperature,
        threshold=conformal_threshold(probs, truth, COVERAGE),
        thresholds=class_thresholds(probs, truth, COVERAGE),
        accuracy=round(float((logits.argmax(axis=1) == truth).mean()), 5),
    )


def rounded_down(threshold: float) -> float:
    """To 6 digits and never up, so that the face from which a threshold was taken stays in its set."""
    return math.floor(threshold * 1e6) / 1e6


def _voted(faces: FaceSet) -> npt.NDArray[np.int64]:
    if faces.votes is None:
        raise ConfigError("export: the data holds no FER+ votes; name them with --ferplus")
    return majority(faces.votes)


def _data(recipe: Recipe) -> str:
    votes = " with FER+ votes" if "ferplus8" in recipe.network.heads else ""
    limit = f", at most {recipe.data.limit} faces an emotion" if recipe.data.limit else ""
    only = f", {', '.join(recipe.data.classes)} alone" if recipe.data.classes else ""
    return f"FER2013 Training split{votes}{only}{limit}, without copies of held-out faces"
