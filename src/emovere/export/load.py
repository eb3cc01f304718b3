"""The way back: a network to train on out of the file that was exported, or out of a run's folder."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, numpy_helper
from torch import nn

from emovere import registry
from emovere.classify.classifier import METADATA, Description, locate_model
from emovere.config import EngineOptions, from_dict
from emovere.engines.base import Engine
from emovere.errors import ConfigError, ModelError
from emovere.export.run import load_run
from emovere.train.networks import FaceNetwork
from emovere.train.own.kept import OWN, load_own
from emovere.train.recipe import NetworkRecipe, labels_by_head
from emovere.weights import sha256_of

PARITY = 1e-3
"""Largest difference of any probability between the file and the network that was made of its weights."""

_UNUSED = "num_batches_tracked"


@dataclass(frozen=True, eq=False)
class Start:
    """A trained network to begin with."""

    name: str
    sha256: str
    """Of the file that holds its weights."""
    recipe: NetworkRecipe
    network: FaceNetwork
    labels: Mapping[str, tuple[str, ...]]
    """Of each head."""


def load_start(source: str, recipe: NetworkRecipe) -> Start:
    """A network by its name, from an ONNX file that ``emovere export`` wrote, or from the folder of a run.

    recipe: the architecture of a file that does not state its own. Raises UnknownModel, WeightsError, ConfigError for a
    folder that holds no run, ModelError where weights do not fit the architecture or do not give the file's answers.
    """
    folder = Path(source)
    if folder.is_dir():
        if (folder / OWN).is_file():
            kept = load_own(folder)
            return Start(
                kept.recipe.name, sha256_of(kept.weights), kept.recipe.network, kept.network, {"own": kept.labels}
            )
        trained, network, _ = load_run(folder)
        return Start(trained.name, sha256_of(folder / "best.ckpt"), trained.network, network, labels_by_head(trained))
    return from_onnx(locate_model(source), recipe)


def from_onnx(path: Path, recipe: NetworkRecipe) -> Start:
    """The network of an exported file, its answers compared with the file's. Raises as ``load_start``."""
    engine: Engine = registry.factory("engines", "onnxruntime")(path, EngineOptions(threads=1))
    described = Description.read(engine.metadata, path)
    said: dict[str, Any] = json.loads(engine.metadata[METADATA])
    try:
        stated = from_dict(NetworkRecipe, said["network"]) if "network" in said else recipe
    except ConfigError as error:
        raise ModelError(
            f"{path}: its description states a network that this version does not know: {error}"
        ) from error
    labels = {name: head.labels for name, head in described.heads.items()}
    network = FaceNetwork(stated, {name: len(names) for name, names in labels.items()})
    _take(network, _weights(path, network), path, "network" in said)
    temperatures = {name: float(head.get("temperature", 1.0)) for name, head in said["heads"].items()}
    _compare(network, temperatures, engine, described.side, path)
    return Start(described.name, sha256_of(path), stated, network, labels)


def _weights(path: Path, network: FaceNetwork) -> dict[str, torch.Tensor]:
    """What the file holds, by the names of the network's state.

    Values that are equal may stand there once for several layers, so that a layer's are told by their place among its
    inputs; a normalisation that was folded into its convolution is unfolded.
    """
    graph = onnx.load(path).graph
    values = {
        weight.name.removeprefix("network.").removesuffix("_half"): torch.from_numpy(
            numpy_helper.to_array(weight).astype(np.float32)
        )
        for weight in graph.initializer
        if weight.data_type in (TensorProto.FLOAT, TensorProto.FLOAT16)
    }
    found = dict(values)
    keys: tuple[str, ...]
    for node in graph.node:
        inputs = [name.removeprefix("network.") for name in node.input[1:]]
        if node.op_type == "BatchNormalization":
            layer = Counter(name.rpartition(".")[0] for name in inputs).most_common(1)[0][0]
            keys = ("weight", "bias", "running_mean", "running_var")
        elif node.op_type in ("Conv", "Gemm"):
            layer, keys = inputs[0].removesuffix(".weight"), ("weight", "bias")
        else:
            continue
        for key, name in zip(keys, inputs, strict=False):
            if name in values:
                found[f"{layer}.{key}"] = values[name]
    return found | _unfolded(network, found)


def _unfolded(network: FaceNetwork, found: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Normalisations that only add the bias of the convolution before them, where the file folded them into it."""
    made: dict[str, torch.Tensor] = {}
    before = ""
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            before = name if module.bias is None else ""
        elif isinstance(module, nn.BatchNorm2d) and f"{name}.weight" not in found and f"{before}.bias" in found:
            ones = torch.ones(module.num_features)
            made[f"{name}.weight"] = ones * math.sqrt(1 + module.eps)
            made[f"{name}.bias"] = found[f"{before}.bias"]
            made[f"{name}.running_mean"], made[f"{name}.running_var"] = torch.zeros_like(ones), ones
    return made


def _take(network: FaceNetwork, weights: dict[str, torch.Tensor], path: Path, stated: bool) -> None:
    wanted = {name: value for name, value in network.state_dict().items() if not name.endswith(_UNUSED)}
    wrong = [name for name, value in wanted.items() if name not in weights or weights[name].shape != value.shape]
    if wrong:
        remedy = "" if stated else "; name the recipe that it was trained by"
        raise ModelError(
            f"{path}: {len(wrong)} of {len(wanted)} weights are missing, of another shape or rounded to whole numbers, "
            f"such as {wrong[0]}{remedy}"
        )
    network.load_state_dict({name: weights[name] for name in wanted}, strict=False)
    network.eval()


def _compare(network: FaceNetwork, temperatures: Mapping[str, float], engine: Engine, side: int, path: Path) -> None:
    faces = np.random.default_rng(1).integers(0, 256, (16, 1, side, side), dtype=np.uint8)
    with torch.no_grad():
        logits = network(torch.from_numpy(faces).float())
    answers = engine.run(list(network.heads), {"faces": faces})
    for name, values, answer in zip(network.heads, logits, answers, strict=True):
        probs = torch.softmax(values / temperatures[name], dim=1).numpy()
        difference = float(np.abs(probs - answer).max())
        if not difference <= PARITY:
            raise ModelError(
                f"{path}: its weights do not give its answers (head {name} differs by {difference:.1e}; expected at "
                f"most {PARITY:.0e}); name the recipe that it was trained by"
            )
