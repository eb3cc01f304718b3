"""From a detector's run to a file that is shipped: calibration, the score to use, how its boxes lie."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emovere.config import has_table, read_toml
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, ModelError
from emovere.train.faces.candidates import FAINTEST, as_picture, look
from emovere.train.faces.export import FinishedDetector, write_detector
from emovere.train.faces.fit import Photographs
from emovere.train.faces.labels import Labels, label_scenes, on_grey
from emovere.train.faces.measure import Judged, judge, truth_of
from emovere.train.faces.network import FaceFinder
from emovere.train.faces.recipe import FacesRecipe
from emovere.train.faces.scenes import Scenes, read_scenes
from emovere.train.folder import BEST, read_checkpoint
from emovere.train.networks import parameter_count
from emovere.types import Bool, Faces, Float32, UInt8

FALSE = 2
"""False boxes on the photographs kept for choosing that the score to use may leave."""

FRAMED = 800
"""Faces of FER2013 by which the lie of the boxes is measured, as benchmarks/framing.py does it."""

_ENLARGED, _MARGIN = 4, 144


@dataclass(frozen=True)
class ExportedDetector:
    """What an export wrote."""

    path: Path
    metadata: dict[str, str]


def export_faces(
    folder: Path, scenes: Path, faces: FaceSet, path: Path, *, name: str = "own", version: str = "1"
) -> ExportedDetector:
    """Export a run's best weights, calibrated on the photographs kept for choosing.

    Raises ConfigError where the folder holds no run of ``emovere train faces``, ModelError where its weights do not
    fit its recipe, EngineError where the file does not agree with torch, DatasetError, WeightsError.
    """
    recipe, network = load_network(folder)
    kept, labels = read_scenes(scenes, recipe.network.channels), label_scenes(scenes)
    judged = _on_choosing(network, kept, labels)
    slope, offset = platt(judged.scores, judged.right)
    used = judged.score_with(FALSE)
    run = folder / "run.json"
    known = json.loads(run.read_text(encoding="utf-8")) if run.is_file() else {}
    used_photos = "; ".join(f"{(kept.sources == source).sum():,} of {source}" for source in sorted(set(kept.sources)))
    metadata = {
        "name": name,
        "version": version,
        "role": "detector",
        "parameters": str(parameter_count(network)),
        "box_in_crop": ",".join(f"{value:.1f}" for value in framing(network, recipe, faces.split("Training").images)),
        "score": f"{calibrated(used, slope, offset):.3f}",
        "score_leaves": f"{FALSE} false boxes on {judged.photos} photographs; finds {judged.recall(used):.3f}",
        "sources": f"photographs, of which eight tenths were learned from ({used_photos}); faces of FER2013's Training "
        "split; taught by YuNet 2023mar",
        "seed": str(recipe.seed),
        "epochs": str(known.get("epochs", "")),
        "licence": "Apache-2.0",
        "input": f"image: (N, {recipe.network.channels}, H, W) uint8, H and W multiples of 32",
    }
    write_detector(FinishedDetector(network, slope, offset), recipe.network.channels, metadata, path)
    return ExportedDetector(path, metadata)


def load_network(folder: Path, checkpoint: str = BEST) -> tuple[FacesRecipe, FaceFinder]:
    """The recipe and the best weights of a run. Raises ConfigError or ModelError."""
    for needed in ("recipe.toml", checkpoint):
        if not (folder / needed).is_file():
            raise ConfigError(f"{folder}: {needed} is missing; expected the folder of an `emovere train faces`")
    recipe = read_toml(FacesRecipe, folder / "recipe.toml")
    network = FaceFinder(recipe.network)
    state = read_checkpoint(folder / checkpoint).get("state_dict", {})
    prefix = "network."
    try:
        network.load_state_dict({key.removeprefix(prefix): v for key, v in state.items() if key.startswith(prefix)})
    except RuntimeError as error:
        raise ModelError(f"{folder / checkpoint}: does not fit recipe.toml: {str(error).splitlines()[0]}") from error
    return recipe, network.eval()


def is_faces_run(folder: Path) -> bool:
    """Whether a folder holds a run of a detector."""
    return has_table(folder / "recipe.toml", "scenes")


def _on_choosing(network: FaceFinder, scenes: Scenes, labels: Labels) -> Judged:
    photographs = Photographs(scenes, "choosing")
    found: Sequence[Faces] = [look(network, photographs[place]) for place in range(len(photographs))]
    return judge(found, [truth_of(labels.of(int(row))) for row in photographs.rows])


def platt(scores: Float32, right: Bool) -> tuple[float, float]:
    """Slope and offset that turn logits of scores into those of the chance of being right (Platt 1999).

    Newton's method on the likelihood, with Platt's softened targets. Raises ModelError where nothing is right or
    nothing is wrong.
    """
    yes, no = int(right.sum()), int((~right).sum())
    if not yes or not no:
        raise ModelError("cannot calibrate: expected right and false boxes; train longer or on more photographs")
    x = logit(scores)
    targets = np.where(right, (yes + 1) / (yes + 2), 1 / (no + 2))
    design = np.stack([x, np.ones_like(x)], axis=1)
    weights = np.array([1.0, 0.0])
    for _ in range(50):
        chances = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (chances - targets)
        curve = design.T @ (design * (chances * (1 - chances))[:, None]) + 1e-6 * np.eye(2)
        step = np.linalg.solve(curve, slope)
        weights = weights - step
        if np.abs(step).max() < 1e-8:
            break
    return float(weights[0]), float(weights[1])


def logit(scores: Float32) -> npt.NDArray[np.float64]:
    """The inverse of the sigmoid, kept finite."""
    clipped = np.clip(scores.astype(np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))


def calibrated(score: float, slope: float, offset: float) -> float:
    """A score as the chance of a face."""
    value = float(logit(np.array([max(score, FAINTEST)], np.float32))[0])
    return float(1 / (1 + np.exp(-(slope * value + offset))))


def framing(network: FaceFinder, recipe: FacesRecipe, images: UInt8) -> Float32:
    """Where the network's boxes lie on FER2013's 48 x 48 faces: x1 y1 x2 y2, the median over some of them.

    Raises ModelError where it finds no face among them.
    """
    picked = np.random.default_rng(0).permutation(len(images))[:FRAMED]
    boxes = []
    for image in images[picked]:
        padded = on_grey(image, _ENLARGED, _MARGIN)
        found = look(network, as_picture(np.repeat(padded[:, :, None], recipe.network.channels, axis=2)))
        if len(found) and found.scores[0] >= 0.3:
            boxes.append((found.boxes[0] - _MARGIN + 0.5) / _ENLARGED - 0.5)
    if not boxes:
        raise ModelError("the network finds no face of FER2013; train longer")
    return np.asarray(np.median(boxes, axis=0), np.float32)
