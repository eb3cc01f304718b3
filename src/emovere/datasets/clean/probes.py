"""What a network that learned expressions knows besides: hidden eyes, hidden mouths, drawings.

Linear probes (Alain and Bengio 2016, arXiv 1610.01644) on values inside the network: `benchmarks/cleaning_probes.py`
fits them and writes the file that the package carries. They belong to one network and mean nothing for any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from emovere.types import Float32

NAMES = ("eyes hidden", "mouth hidden", "drawing")

EARLY, LATE = ("relu_4",), "relu_8"
"""Tensors of the network: early ones tell how a picture is made, the late one what stands where."""

TENSORS = (*EARLY, LATE)


def summarised(values: list[Float32]) -> Float32:
    """The values of TENSORS, (N, C, H, W) each, as (N, D) float32.

    Of the early ones mean, spread and peak of each channel; of the late one the means of three by three parts, too.
    """
    parts = []
    for value in values:
        parts += [value.mean(axis=(2, 3)), value.std(axis=(2, 3)), value.max(axis=(2, 3))]
    late = values[-1]
    count, channels, height, width = late.shape
    ninths = late.reshape(count, channels, 3, height // 3, 3, width // 3).mean(axis=(3, 5))
    return np.asarray(np.log1p(np.concatenate([*parts, ninths.reshape(count, -1)], axis=1)), np.float32)


@dataclass(frozen=True, eq=False)
class Probes:
    """One linear probe for each of NAMES."""

    network: str
    """SHA-256 of the network's file."""
    mean: Float32
    """(D,) of the summarised values."""
    scale: Float32
    """(D,) by which they are divided."""
    weights: Float32
    """(3, D)."""
    offsets: Float32
    """(3,)."""

    def read(self, summary: Float32) -> Float32:
        """(N, D) -> (N, 3) probabilities, in the order of NAMES."""
        logits = (summary - self.mean) / self.scale @ self.weights.T + self.offsets
        return np.asarray(1 / (1 + np.exp(-logits.clip(-50, 50))), np.float32)

    def write(self, path: Path) -> None:
        """Write them as an npz file."""
        halves = {name: getattr(self, name).astype(np.float16) for name in ("mean", "scale", "weights")}
        with path.open("wb") as file:
            np.savez_compressed(file, network=np.array(self.network), offsets=self.offsets, **halves)


def load_probes() -> Probes:
    """The probes that the package carries."""
    with np.load(Path(str(resources.files("emovere"))) / "assets" / "models" / "light-probes.npz") as kept:
        values = {name: kept[name].astype(np.float32) for name in ("mean", "scale", "weights", "offsets")}
        return Probes(network=str(kept["network"]), **values)
