"""A finished checking network as one ONNX file: normalisation, network and calibration in one graph."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch

from emovere.align.crop import SIDE
from emovere.config import read_toml
from emovere.errors import ConfigError, EngineError, ModelError
from emovere.export.graph import describe, traced
from emovere.export.onnx import halve_weights, store_as_half
from emovere.files import atomic_write
from emovere.train.check.fit import BEST
from emovere.train.check.network import CheckNetwork, FinishedCheck
from emovere.train.check.recipe import CheckRecipe

INPUT, OUTPUT = "faces", "face"

PARITY = 1e-4
"""Largest difference of any probability between torch and the exported file."""

SOURCES = (
    "FER2013 (Training split, FER+ votes); photographs of Labeled Faces in the Wild, ImageNet, face-mask pictures, "
    "Congress portraits and BSDS500, labelled by YuNet; the mistakes of detectors on them"
)


def export_check(folder: Path, path: Path, *, version: str = "1") -> Path:
    """Write the best weights of a run. Raises ConfigError, ModelError, or EngineError where the file differs."""
    for needed in ("recipe.toml", "run.json", BEST):
        if not (folder / needed).is_file():
            raise ConfigError(f"{folder}: {needed} is missing; expected the folder of a finished `emovere train check`")
    recipe = read_toml(CheckRecipe, folder / "recipe.toml")
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    network = CheckNetwork(recipe.network)
    try:
        kept = torch.load(folder / BEST, map_location="cpu", weights_only=True)
        network.load_state_dict(kept["network"])
    except Exception as error:  # torch raises whatever its unpickler met
        raise ModelError(f"{folder / BEST}: is damaged or does not fit recipe.toml ({type(error).__name__})") from error
    finished = FinishedCheck(network, kept["slope"], kept["offset"])
    said = {
        "name": recipe.name,
        "role": "verifier",
        "version": version,
        "parameters": str(run["parameters"]),
        "sources": f"{SOURCES}; seed {recipe.seed}, {recipe.schedule.epochs} epochs",
        "licence": "Apache-2.0",
        "input": "faces: (N, 1, 48, 48) uint8, grey, FER2013's framing",
    }
    write_check(finished, said, path)
    return path


def write_check(finished: FinishedCheck, said: Mapping[str, str], path: Path) -> None:
    """Write the file atomically, large weights as float16. Raises EngineError where it does not agree with torch."""
    finished.eval()
    halve_weights(finished.network)
    example = torch.randint(0, 256, (2, 1, SIDE, SIDE), dtype=torch.uint8)
    model = traced(finished, (example,), [INPUT], [OUTPUT], optimize=True)
    store_as_half(model)
    describe(model, said)
    del model.graph.value_info[:]
    onnx.checker.check_model(model)
    data = model.SerializeToString()
    check_parity(finished, data)
    with atomic_write(path, "wb") as file:
        file.write(data)


def check_parity(finished: FinishedCheck, data: bytes) -> float:
    """The largest difference between torch and the file on 64 random crops. Raises EngineError above PARITY."""
    import onnxruntime as ort

    crops = np.random.default_rng(1).integers(0, 256, (64, 1, SIDE, SIDE), dtype=np.uint8)
    with torch.no_grad():
        expected = finished(torch.from_numpy(crops)).numpy()
    (got,) = ort.InferenceSession(data, providers=["CPUExecutionProvider"]).run([OUTPUT], {INPUT: crops})
    difference = float(np.abs(expected - got).max())
    if difference > PARITY:
        raise EngineError(f"the exported file differs from torch by {difference:.1e}; expected at most {PARITY:.0e}")
    return difference
