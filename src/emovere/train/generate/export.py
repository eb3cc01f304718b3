"""A finished generator as one ONNX file: noise and class in, faces out; nothing else is needed to make faces."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import onnx
import torch
from torch import Tensor, nn

from emovere.config import read_toml
from emovere.datasets.augment.maker import METADATA
from emovere.errors import ConfigError, EngineError, ModelError
from emovere.export.graph import describe, traced
from emovere.export.onnx import halve_weights, store_as_half
from emovere.files import atomic_write
from emovere.train.folder import LAST, read_checkpoint
from emovere.train.generate.network import Maker
from emovere.train.generate.recipe import GeneratorRecipe

PARITY = 2
"""Largest difference of any pixel between torch and the exported file, in grey levels."""


class FinishedMaker(nn.Module):
    """A Maker as it is shipped: (N, noise) float32 and (N,) int64 -> (N, 48, 48) uint8."""

    def __init__(self, maker: Maker) -> None:
        super().__init__()
        self.maker = maker

    def forward(self, noise: Tensor, labels: Tensor) -> Tensor:
        """(N, noise) and (N,) -> (N, 48, 48) uint8."""
        made = self.maker(noise, labels)[:, 0]
        return cast(Tensor, ((made + 1) * 127.5).round().clamp(0, 255).to(torch.uint8))


def load_maker(folder: Path) -> tuple[GeneratorRecipe, Maker, dict[str, Any]]:
    """The recipe, the averaged network and the summary of a run, finished or not: its state as it was last kept.

    Raises ConfigError where the folder holds no such run, ModelError where its weights do not fit its recipe.
    """
    for needed in ("recipe.toml", LAST):
        if not (folder / needed).is_file():
            raise ConfigError(f"{folder}: {needed} is missing; expected the folder of `emovere train generator`")
    recipe = read_toml(GeneratorRecipe, folder / "recipe.toml")
    kept = read_checkpoint(folder / LAST)
    try:
        maker = Maker(recipe.maker, len(kept["labels"]))
        maker.load_state_dict(kept["averaged"])
    except (KeyError, RuntimeError) as error:
        raise ModelError(f"{folder / LAST}: does not fit recipe.toml ({type(error).__name__})") from error
    return recipe, maker.eval(), {"steps": kept["step"], "labels": list(kept["labels"])}


def export_generator(folder: Path, path: Path, *, version: str = "1") -> Path:
    """Write a run's averaged network. Raises ConfigError, ModelError, or EngineError where the file differs."""
    recipe, maker, run = load_maker(folder)
    said = {
        "name": recipe.name,
        "version": version,
        "noise": recipe.maker.noise,
        "labels": run["labels"],
        "parameters": sum(p.numel() for p in maker.parameters()),
        "sources": f"FER2013 (Training split); seed {recipe.seed}, {run['steps']} steps",
    }
    write_generator(maker, said, path)
    return path


def write_generator(maker: Maker, said: Mapping[str, Any], path: Path) -> None:
    """Write the file atomically, large weights as float16. Raises EngineError where it does not agree with torch."""
    halve_weights(maker)
    finished = FinishedMaker(maker).eval()
    example = (torch.randn(2, maker.noise), torch.zeros(2, dtype=torch.int64))
    model = traced(finished, example, ["noise", "labels"], ["faces"], optimize=True)
    store_as_half(model)
    describe(model, {"name": said["name"], "role": METADATA, METADATA: json.dumps(said)})
    del model.graph.value_info[:]
    onnx.checker.check_model(model)
    data = model.SerializeToString()
    check_parity(finished, data)
    with atomic_write(path, "wb") as file:
        file.write(data)


def check_parity(finished: FinishedMaker, data: bytes) -> int:
    """The largest difference between torch and the file on 32 faces. Raises EngineError above PARITY."""
    import onnxruntime as ort

    noise = torch.randn(32, finished.maker.noise, generator=torch.Generator().manual_seed(1))
    labels = torch.arange(32) % finished.maker.classes
    with torch.no_grad():
        expected = finished(noise, labels).int()
    session = ort.InferenceSession(data, providers=["CPUExecutionProvider"])
    (got,) = session.run(["faces"], {"noise": noise.numpy(), "labels": labels.numpy()})
    difference = int((expected - torch.from_numpy(got).int()).abs().max())
    if difference > PARITY:
        raise EngineError(
            f"the exported file differs from torch by {difference} grey levels; expected at most {PARITY}"
        )
    return difference
